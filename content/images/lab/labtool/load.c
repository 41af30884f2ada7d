/* Modes that use up one resource: memory, CPU, processes, entries of the process table. */
#define _GNU_SOURCE
#include "labtool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MEBIBYTE = 1 << 20 };

int memhog(int argc, char **argv) {
    long megabytes = number(argc, argv, 1, 0, 0, MEBIBYTE), i;
    for (i = 0; i < megabytes; i++) {
        /* One allocation per mebibyte: the moment of the kill is visible in the last line printed. */
        char *block = malloc(MEBIBYTE);
        if (!block) return die("malloc");
        memset(block, 0x5a, MEBIBYTE);
        if ((i + 1) % 10 == 0 || i + 1 == megabytes) printf("memhog: %ld MB touched\n", i + 1);
    }
    printf("memhog: holding %ld MB, pid %d\n", megabytes, (int)getpid());
    return stay();
}

int cpuhog(int argc, char **argv) {
    long processes = number(argc, argv, 1, 1, 1, 64), i;
    volatile unsigned long turns = 0;
    for (i = 1; i < processes; i++) {
        pid_t child = fork();
        if (child < 0) return die("fork");
        if (child == 0) break;
    }
    printf("cpuhog: pid %d\n", (int)getpid());
    for (;;) turns++;
    return 0;
}

/* One life of a forker: every nap it reaps its dead, then forks one child. Tokens in a pipe that all members share
 * bound the whole family: no fork without a token, and a dead child's token goes back. */
static void multiply(const int tokens[2], unsigned nap) {
    char token = 't';
    for (;;) {
        pid_t child;
        unsigned left = nap;
        while (left) left = sleep(left);
        while (waitpid(-1, NULL, WNOHANG) > 0)
            if (write(tokens[1], &token, 1) != 1) return;
        if (read(tokens[0], &token, 1) != 1) continue; /* The family is as large as it may be. */
        child = fork();
        if (child == 0) {
            prctl(PR_SET_NAME, "forker-child");
        } else if (child < 0) {
            printf("forker: pid %d: fork: %s\n", (int)getpid(), strerror(errno));
            if (write(tokens[1], &token, 1) != 1) return;
        }
    }
}

int forker(int argc, char **argv) {
    long nap = number(argc, argv, 1, 2, 1, 3600), most = number(argc, argv, 2, 100, 1, 10000), i;
    int tokens[2];
    if (pipe2(tokens, O_NONBLOCK)) return die("pipe2");
    for (i = 1; i < most; i++)
        if (write(tokens[1], "t", 1) != 1) return die("write");
    prctl(PR_SET_NAME, "forker");
    printf("forker: pid %d: every %ld s each of us forks, up to %ld\n", (int)getpid(), nap, most);
    multiply(tokens, (unsigned)nap);
    return die("write");
}

int zombies(int argc, char **argv) {
    long count = number(argc, argv, 1, 0, 1, 10000), i;
    for (i = 0; i < count; i++) {
        pid_t child = fork();
        if (child < 0) return die("fork");
        if (child == 0) _exit(0);
    }
    printf("zombies: %ld children, none of them waited for\n", count);
    return stay();
}
