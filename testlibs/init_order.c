// proves: constructors in dependency order, diamond and cycle; destructors the other way; priorities; atexit between
// build: libd.so -shared -fPIC -DNAME='"d"'
// build: libc1.so -shared -fPIC -DNAME='"c1"'
// build: libc2.so -shared -fPIC -DNAME='"c2"' -Wl,--no-as-needed ./libc1.so
// build: libc1.so -shared -fPIC -DNAME='"c1"' -Wl,--no-as-needed ./libc2.so ./libd.so
// build: libb.so -shared -fPIC -DNAME='"b"' -Wl,--no-as-needed ./libd.so ./libc1.so
// build: liba.so -shared -fPIC -DNAME='"a"' -Wl,--no-as-needed ./libd.so
// build: prog -DNAME='"prog"' -DPROGRAM -Wl,--no-as-needed ./liba.so ./libb.so
#include <stdio.h>
#include <stdlib.h>
__attribute__((constructor)) static void up(int argc, char **argv, char **envp) { printf("+" NAME " %d %d\n", argc, argv[argc] == NULL && envp != NULL); }
__attribute__((constructor(101))) static void early(void) { puts("+early " NAME); }
__attribute__((destructor)) static void down(void) { puts("-" NAME); }
__attribute__((destructor(101))) static void late(void) { puts("-late " NAME); }
#ifdef PROGRAM
static void pre(int argc, char **argv, char **envp) { printf("preinit %d\n", argc); }
__attribute__((section(".preinit_array"), used)) static void (*preinit)(int, char **, char **) = pre;
static void at(void) { puts("atexit"); }
int main(void) { atexit(at); puts("main"); return 3; }
#endif
