/*
 * The sub-commands, each in a file of its own: cmd_NAME.c. `shmstat` without one of these words is
 * cmd_view. A new one is declared here and gets a line in the table of shmstat.c.
 *
 * argv[0] is the command's word. They parse their own options (command_line.h; optind is 1 at the
 * start). Returns the exit status: 0, 1 with *error set (printed by main, if it is set), 2
 * for wrong usage after a message of getopt's or of *error.
 */
#ifndef SHMSTAT_CMD_COMMANDS_H
#define SHMSTAT_CMD_COMMANDS_H

#include "shmstat/out/error.h"

int cmd_view(int argc, char **argv, struct error *error);
int cmd_save(int argc, char **argv, struct error *error);
int cmd_diff(int argc, char **argv, struct error *error);
int cmd_advise(int argc, char **argv, struct error *error);
int cmd_dups(int argc, char **argv, struct error *error);
int cmd_compare(int argc, char **argv, struct error *error);
int cmd_record(int argc, char **argv, struct error *error);
int cmd_watch(int argc, char **argv, struct error *error);

#endif
