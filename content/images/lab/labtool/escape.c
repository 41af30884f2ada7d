/* chroot-escape: why a chroot is no wall. The lesson of U03 shows this function. */
#define _GNU_SOURCE
#include "labtool.h"

#include <errno.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

int chroot_escape(int argc, char **argv) {
    char *shell[] = {"/bin/sh", NULL}, **command = argc > 1 ? argv + 1 : shell;
    int i;
    if (mkdir(".escape", 0700) && errno != EEXIST) return die("mkdir .escape");
    /* The working directory stays where it is, and that is outside of the new root. */
    if (chroot(".escape")) return die("chroot .escape");
    /* ".." stops at the root only, and the way up does not lead past it. */
    for (i = 0; i < 64; i++)
        if (chdir("..")) return die("chdir ..");
    if (chroot(".")) return die("chroot .");
    execvp(command[0], command);
    return die(command[0]);
}
