/* labtool: small programs that the exercises watch, in one binary.
 *
 * Every mode says on standard output what it does, so that a learner can follow it, and does one thing only.
 * Started under the name "server" it is `labtool web`, as busybox is what it is called.
 */
#include "labtool.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct mode {
    const char *name;
    int (*run)(int argc, char **argv);
    int least, most; /* arguments after the name */
    const char *arguments, *help;
};

static const struct mode MODES[] = {
    {"memhog", memhog, 1, 1, "MB", "touch MB mebibytes one after the other, then hold them"},
    {"cpuhog", cpuhog, 0, 1, "[N]", "N processes, each using all of one CPU"},
    {"forker", forker, 0, 2, "[S [MAX]]", "every S seconds every member forks, up to MAX in all"},
    {"zombies", zombies, 1, 1, "N", "N children that end and are not waited for"},
    {"counter", counter, 0, 1, "[FILE]", "one line per second: a number and the time"},
    {"jitter", jitter, 0, 0, "", "how late timers are, each second: median and 99th percentile"},
    {"siglog", siglog, 0, 1, "[STATUS]", "print each signal; SIGTERM ends it with STATUS"},
    {"slowstart", slowstart, 0, 1, "[S]", "say \"ready\" after S seconds, then stay"},
    {"web", web, 0, 4, "[PORT [ADDRESS [VERSION [HOST:PORT]]]]",
     "HTTP: / /healthz /version /hostname /slow, and /upstream, which asks HOST:PORT"},
    {"chroot-escape", chroot_escape, 0, 64, "[CMD...]", "leave a chroot, then run CMD or a shell"},
};
enum { COUNT = sizeof MODES / sizeof MODES[0] };

int die(const char *what) {
    fprintf(stderr, "labtool: %s: %s\n", what, strerror(errno));
    return 1;
}

int stay(void) {
    for (;;) pause();
    return 0;
}

long number(int argc, char **argv, int at, long absent, long least, long most) {
    char *end;
    long value;
    if (argc <= at) return absent;
    errno = 0;
    value = strtol(argv[at], &end, 10);
    if (errno || *end || end == argv[at] || value < least || value > most) {
        fprintf(stderr, "labtool: %s: not a number from %ld to %ld\n", argv[at], least, most);
        exit(MISUSED);
    }
    return value;
}

static void explain(FILE *out) {
    int i;
    fprintf(out, "usage: labtool MODE [ARGUMENT...]\n\n");
    for (i = 0; i < COUNT; i++)
        fprintf(out, "  %s %s\n      %s\n", MODES[i].name, MODES[i].arguments, MODES[i].help);
}

static const struct mode *find(const char *name) {
    int i;
    for (i = 0; i < COUNT; i++)
        if (!strcmp(MODES[i].name, name)) return &MODES[i];
    return NULL;
}

int main(int argc, char **argv) {
    const char *slash = argc ? strrchr(argv[0], '/') : NULL;
    const struct mode *mode;
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc && !strcmp(slash ? slash + 1 : argv[0], "server")) {
        mode = find("web");
    } else {
        if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) return explain(stdout), 0;
        mode = argc > 1 ? find(argv[1]) : NULL;
        argc--, argv++;
    }
    if (!mode) {
        if (argc > 0) fprintf(stderr, "labtool: %s: no such mode\n\n", argv[0]);
        return explain(stderr), MISUSED;
    }
    if (argc - 1 < mode->least || argc - 1 > mode->most) {
        fprintf(stderr, "usage: labtool %s %s\n", mode->name, mode->arguments);
        return MISUSED;
    }
    return mode->run(argc, argv);
}
