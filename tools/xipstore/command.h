/* The sub-commands. Each returns the exit status: 0, 1 after messages, 2 for wrong usage. */
#ifndef XIPSTORE_COMMAND_H
#define XIPSTORE_COMMAND_H

int command_add(char **programs);
int command_refresh(char **programs);
int command_list(char **none);
int command_status(char **none);
int command_limit(char **size);
int command_show(char **programs);
int command_bindings(char **programs);
int command_verify(char **none);
int command_gc(char **none);
int command_rerandomize(char **none);
int command_serve(char **none);
int command_why(char **programs);

#endif
