/* What labtool's files share. A mode is a function: argv[0] is its own name, and it returns labtool's status. */
#ifndef LABTOOL_H
#define LABTOOL_H

enum { MISUSED = 2 };

/* Say on standard error what failed, with errno's text; always 1. */
int die(const char *what);

/* Sleep until a signal ends the program. */
int stay(void);

/* argv[at] as a number from least to most, or `absent` when there is no such argument; anything else ends the
 * program with MISUSED. */
long number(int argc, char **argv, int at, long absent, long least, long most);

int memhog(int argc, char **argv);
int cpuhog(int argc, char **argv);
int forker(int argc, char **argv);
int zombies(int argc, char **argv);

int counter(int argc, char **argv);
int jitter(int argc, char **argv);
int siglog(int argc, char **argv);
int slowstart(int argc, char **argv);

int web(int argc, char **argv);
int chroot_escape(int argc, char **argv);

#endif
