/* labtool: small programs that the exercises watch, in one static binary.
 *
 * Every mode says on standard output what it does, so that a learner can follow it, and does one thing only.
 *   memhog MB            touch MB mebibytes, say so, then stay until a signal
 *   cpuhog               use all of one CPU
 *   counter [FILE]       one line per second: a number and the time
 *   siglog [STATUS]      print each signal; SIGTERM ends it with STATUS (default 0)
 *   slowstart N          be busy for N seconds, then say "ready" and stay
 *   forker R MAX         every second R new children, at most MAX in all, each sleeping
 *   zombies N            N children that end and are not waited for
 *   jitter               timer latency of every second: median and 99th percentile in microseconds
 *   chroot-escape [CMD]  leave a chroot: chroot into a subdirectory without chdir, then walk up
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int die(const char *what) {
    fprintf(stderr, "labtool: %s: %s\n", what, strerror(errno));
    return 1;
}

static int stay(void) {
    for (;;) pause();
    return 0;
}

/* A number from 0 to max, or the default when the argument is absent; anything else ends the program. */
static long number(int argc, char **argv, int at, long absent, long max) {
    char *end;
    long value;
    if (argc <= at) return absent;
    errno = 0;
    value = strtol(argv[at], &end, 10);
    if (errno || *end || end == argv[at] || value < 0 || value > max) {
        fprintf(stderr, "labtool: %s: not a number from 0 to %ld\n", argv[at], max);
        exit(2);
    }
    return value;
}

static int memhog(long megabytes) {
    long i;
    for (i = 0; i < megabytes; i++) {
        /* One allocation per mebibyte: the moment of the kill is visible in the last line printed. */
        char *block = malloc(1 << 20);
        if (!block) return die("malloc");
        memset(block, 0x5a, 1 << 20);
        if ((i + 1) % 10 == 0 || i + 1 == megabytes) printf("memhog: %ld MB touched\n", i + 1);
    }
    printf("memhog: holding %ld MB, pid %d\n", megabytes, (int)getpid());
    return stay();
}

static int cpuhog(void) {
    volatile unsigned long turns = 0;
    printf("cpuhog: pid %d\n", (int)getpid());
    for (;;) turns++;
    return 0;
}

static int counter(const char *path) {
    FILE *out = path ? fopen(path, "a") : stdout;
    unsigned long n;
    if (!out) return die(path);
    for (n = 1;; n++) {
        fprintf(out, "%lu %ld\n", n, (long)time(NULL));
        if (fflush(out)) return die("write");
        sleep(1);
    }
}

static int siglog(int status) {
    sigset_t all;
    int got;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    printf("siglog: pid %d waits\n", (int)getpid());
    while (sigwait(&all, &got) == 0) {
        printf("siglog: signal %d (%s)\n", got, strsignal(got));
        if (got == SIGTERM) return status;
    }
    return die("sigwait");
}

static int slowstart(long seconds) {
    time_t until = time(NULL) + seconds;
    while (time(NULL) < until) usleep(100000);
    printf("slowstart: ready\n");
    return stay();
}

static int forker(long rate, long most) {
    long made = 0, i;
    printf("forker: pid %d, %ld per second, at most %ld\n", (int)getpid(), rate, most);
    for (;;) {
        for (i = 0; i < rate && made < most; i++) {
            pid_t child = fork();
            if (child < 0) {
                printf("forker: fork: %s\n", strerror(errno));
                break;
            }
            if (child == 0) return stay();
            made++;
        }
        sleep(1);
    }
}

static int zombies(long count) {
    long i;
    for (i = 0; i < count; i++)
        if (fork() == 0) _exit(0);
    printf("zombies: %ld children, none of them waited for\n", count);
    return stay();
}

static int ascending(const void *a, const void *b) {
    long x = *(const long *)a, y = *(const long *)b;
    return (x > y) - (x < y);
}

static int jitter(void) {
    enum { SAMPLES = 1000 };
    static long late[SAMPLES];
    for (;;) {
        int i;
        for (i = 0; i < SAMPLES; i++) {
            struct timespec before, after, nap = {0, 1000000};
            clock_gettime(CLOCK_MONOTONIC, &before);
            nanosleep(&nap, NULL);
            clock_gettime(CLOCK_MONOTONIC, &after);
            late[i] = (after.tv_sec - before.tv_sec) * 1000000L + (after.tv_nsec - before.tv_nsec) / 1000 - 1000;
        }
        qsort(late, SAMPLES, sizeof late[0], ascending);
        printf("jitter: p50 %ld us, p99 %ld us\n", late[SAMPLES / 2], late[SAMPLES * 99 / 100]);
    }
}

static int chroot_escape(char **command) {
    char *shell[] = {"/bin/sh", NULL};
    int i;
    if (mkdir(".escape", 0700) && errno != EEXIST) return die("mkdir .escape");
    /* The working directory stays where it is: outside the new root. Nothing stops ".." there. */
    if (chroot(".escape")) return die("chroot .escape");
    for (i = 0; i < 64; i++)
        if (chdir("..")) return die("chdir ..");
    if (chroot(".")) return die("chroot .");
    if (!command[0]) command = shell;
    execvp(command[0], command);
    return die(command[0]);
}

static int usage(void) {
    fprintf(stderr, "usage: labtool memhog MB | cpuhog | counter [FILE] | siglog [STATUS] | slowstart N |\n"
                    "               forker R MAX | zombies N | jitter | chroot-escape [CMD...]\n");
    return 2;
}

int main(int argc, char **argv) {
    const char *mode = argc > 1 ? argv[1] : "";
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!strcmp(mode, "memhog") && argc == 3) return memhog(number(argc, argv, 2, 0, 1 << 20));
    if (!strcmp(mode, "cpuhog")) return cpuhog();
    if (!strcmp(mode, "counter")) return counter(argc > 2 ? argv[2] : NULL);
    if (!strcmp(mode, "siglog")) return siglog((int)number(argc, argv, 2, 0, 255));
    if (!strcmp(mode, "slowstart")) return slowstart(number(argc, argv, 2, 1, 3600));
    if (!strcmp(mode, "forker")) return forker(number(argc, argv, 2, 1, 100), number(argc, argv, 3, 100, 10000));
    if (!strcmp(mode, "zombies")) return zombies(number(argc, argv, 2, 1, 10000));
    if (!strcmp(mode, "jitter")) return jitter();
    if (!strcmp(mode, "chroot-escape")) return chroot_escape(argv + 2);
    return usage();
}
