/* Modes that show the passing of time and the coming of signals. */
#define _GNU_SOURCE
#include "labtool.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int counter(int argc, char **argv) {
    FILE *out = argc > 1 ? fopen(argv[1], "a") : stdout;
    unsigned long n;
    if (!out) return die(argv[1]);
    for (n = 1;; n++) {
        fprintf(out, "%lu %ld\n", n, (long)time(NULL));
        if (fflush(out)) return die("write");
        sleep(1);
    }
}

static int ascending(const void *a, const void *b) {
    long x = *(const long *)a, y = *(const long *)b;
    return (x > y) - (x < y);
}

int jitter(int argc, char **argv) {
    enum { SAMPLES = 1000 };
    static long late[SAMPLES];
    (void)argc, (void)argv;
    for (;;) {
        int i;
        for (i = 0; i < SAMPLES; i++) {
            struct timespec before, after, nap = {0, 1000000};
            clock_gettime(CLOCK_MONOTONIC, &before);
            nanosleep(&nap, NULL);
            clock_gettime(CLOCK_MONOTONIC, &after);
            late[i] = (long)(after.tv_sec - before.tv_sec) * 1000000L;
            late[i] += (after.tv_nsec - before.tv_nsec) / 1000 - 1000;
        }
        qsort(late, SAMPLES, sizeof late[0], ascending);
        printf("jitter: p50 %ld us, p99 %ld us\n", late[SAMPLES / 2], late[SAMPLES * 99 / 100]);
    }
}

int siglog(int argc, char **argv) {
    int status = (int)number(argc, argv, 1, 0, 0, 255), got;
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    printf("siglog: pid %d waits\n", (int)getpid());
    while (sigwait(&all, &got) == 0) {
        printf("siglog: signal %d (%s)\n", got, strsignal(got));
        if (got == SIGTERM) return status;
    }
    return die("sigwait");
}

int slowstart(int argc, char **argv) {
    unsigned left = (unsigned)number(argc, argv, 1, 1, 0, 3600);
    printf("slowstart: starting\n");
    while (left) left = sleep(left);
    printf("slowstart: ready\n");
    return stay();
}
