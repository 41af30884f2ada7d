/* web: an HTTP server small enough to read. One process per connection, one answer per connection. */
#define _GNU_SOURCE
#include "labtool.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PORT = 8080, BACKLOG = 64, LINE = 1024, BODY = 4096, PATIENCE = 10, SLOW = 2 };

static const char *version, *upstream; /* upstream is NULL, or HOST:PORT */

static void leave(int signal) {
    (void)signal;
    _exit(0);
}

static void answer(int client, int status, const char *reason, const char *body) {
    dprintf(client,
            "HTTP/1.1 %d %s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %zu\r\n"
            "Connection: close\r\n\r\n%s",
            status, reason, strlen(body), body);
}

/* A connection to HOST:PORT, or -1. */
static int dial(const char *where) {
    char host[LINE];
    const char *colon = strrchr(where, ':');
    struct addrinfo wanted = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *found, *each;
    int peer = -1;
    if (!colon || colon - where >= LINE) return -1;
    snprintf(host, sizeof host, "%.*s", (int)(colon - where), where);
    if (getaddrinfo(host, colon + 1, &wanted, &found)) return -1;
    for (each = found; each && peer < 0; each = each->ai_next) {
        peer = socket(each->ai_family, each->ai_socktype | SOCK_CLOEXEC, each->ai_protocol);
        if (peer >= 0 && connect(peer, each->ai_addr, each->ai_addrlen)) {
            close(peer);
            peer = -1;
        }
    }
    freeaddrinfo(found);
    return peer;
}

/* Up to size - 1 bytes until the peer ends or `end` has come. */
static void read_until(int peer, const char *end, char *text, size_t size) {
    size_t length = 0;
    ssize_t got;
    text[0] = 0;
    while (length + 1 < size && (got = read(peer, text + length, size - 1 - length)) > 0) {
        text[length += (size_t)got] = 0;
        if (end && strstr(text, end)) return;
    }
}

static void ask_upstream(int client) {
    char text[BODY], *body;
    int peer = upstream ? dial(upstream) : -1;
    if (peer < 0) {
        answer(client, 502, "Bad Gateway", upstream ? "upstream: no answer\n" : "upstream: none was named\n");
        return;
    }
    dprintf(peer, "GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", upstream);
    read_until(peer, NULL, text, sizeof text);
    body = strstr(text, "\r\n\r\n");
    if (body && !strncmp(text, "HTTP/1.", 7))
        answer(client, 200, "OK", body + 4);
    else
        answer(client, 502, "Bad Gateway", "upstream: not an HTTP answer\n");
}

static void serve(int client) {
    char request[LINE], path[LINE], host[LINE] = "", body[BODY];
    read_until(client, "\r\n\r\n", request, sizeof request);
    gethostname(host, sizeof host - 1);
    if (sscanf(request, "GET %1023s HTTP/1.", path) != 1) {
        answer(client, 400, "Bad Request", "only GET is spoken here\n");
    } else if (!strcmp(path, "/")) {
        snprintf(body, sizeof body, "hello from %s, version %s\n", host, version);
        answer(client, 200, "OK", body);
    } else if (!strcmp(path, "/healthz")) {
        answer(client, 200, "OK", "ok\n");
    } else if (!strcmp(path, "/version")) {
        snprintf(body, sizeof body, "%s\n", version);
        answer(client, 200, "OK", body);
    } else if (!strcmp(path, "/hostname")) {
        snprintf(body, sizeof body, "%s\n", host);
        answer(client, 200, "OK", body);
    } else if (!strcmp(path, "/slow")) {
        sleep(SLOW);
        answer(client, 200, "OK", "at last\n");
    } else if (!strcmp(path, "/upstream")) {
        ask_upstream(client);
    } else {
        answer(client, 404, "Not Found", "no such page\n");
    }
}

static int listening(const char *address, int port) {
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    int one = 1, server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (server < 0) return die("socket"), -1;
    if (inet_pton(AF_INET, address, &here.sin_addr) != 1) {
        fprintf(stderr, "labtool: %s: not an IPv4 address\n", address);
        exit(MISUSED);
    }
    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(server, (struct sockaddr *)&here, sizeof here)) return die("bind"), -1;
    if (listen(server, BACKLOG)) return die("listen"), -1;
    return server;
}

int web(int argc, char **argv) {
    int port = (int)number(argc, argv, 1, PORT, 1, 65535), server;
    const char *address = argc > 2 ? argv[2] : "0.0.0.0";
    version = argc > 3 ? argv[3] : "v1";
    upstream = argc > 4 ? argv[4] : NULL;
    signal(SIGTERM, leave);
    signal(SIGINT, leave);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_IGN); /* The kernel reaps. */
    if ((server = listening(address, port)) < 0) return 1;
    printf("web: pid %d listens at %s:%d\n", (int)getpid(), address, port);
    for (;;) {
        int client = accept4(server, NULL, NULL, SOCK_CLOEXEC);
        pid_t child;
        if (client < 0) {
            if (errno != EINTR && errno != ECONNABORTED) return die("accept");
            continue;
        }
        if ((child = fork()) == 0) {
            signal(SIGALRM, SIG_DFL);
            alarm(PATIENCE); /* A client that says nothing keeps nobody here. */
            serve(client);
            shutdown(client, SHUT_WR);
            _exit(0);
        }
        if (child < 0) answer(client, 503, "Service Unavailable", "no process for you\n");
        close(client);
    }
}
