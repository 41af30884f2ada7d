/* The floor: one terminal joined to one WebSocket by one thread, with nothing between them.
 *
 * Each connection to 127.0.0.1:PORT gets a bash of its own; binary messages are its input, its output
 * comes back as binary messages. No framing of ours, no flow control but the kernel's.
 * gcc -O2 -o floor floor.c -lutil; ./floor PORT
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAIRS = 512, CHUNK = 65536 };

struct pair { int socket, pty; size_t held; unsigned char in[CHUNK * 2]; };
static struct pair *pairs[PAIRS];

static uint32_t rol(uint32_t v, int n) { return v << n | v >> (32 - n); }

/* SHA-1 of a short text (RFC 3174): a handshake's key and the protocol's constant. */
static void sha1(const char *text, unsigned char out[20]) {
    uint32_t h[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0}, w[80];
    unsigned char block[128] = {0};
    size_t length = strlen(text), blocks = length + 9 > 64 ? 2 : 1;
    memcpy(block, text, length);
    block[length] = 0x80;
    block[blocks * 64 - 2] = length * 8 >> 8;
    block[blocks * 64 - 1] = length * 8;
    for (size_t b = 0; b < blocks; b++) {
        for (int i = 0; i < 16; i++) {
            const unsigned char *p = block + b * 64 + i * 4;
            w[i] = (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
        }
        for (int i = 16; i < 80; i++) w[i] = rol(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
        uint32_t a = h[0], c1 = h[1], c2 = h[2], d = h[3], e = h[4];
        for (int i = 0; i < 80; i++) {
            uint32_t f, k;
            if (i < 20) f = (c1 & c2) | (~c1 & d), k = 0x5A827999;
            else if (i < 40) f = c1 ^ c2 ^ d, k = 0x6ED9EBA1;
            else if (i < 60) f = (c1 & c2) | (c1 & d) | (c2 & d), k = 0x8F1BBCDC;
            else f = c1 ^ c2 ^ d, k = 0xCA62C1D6;
            uint32_t t = rol(a, 5) + f + e + k + w[i];
            e = d; d = c2; c2 = rol(c1, 30); c1 = a; a = t;
        }
        h[0] += a; h[1] += c1; h[2] += c2; h[3] += d; h[4] += e;
    }
    for (int i = 0; i < 20; i++) out[i] = h[i / 4] >> (24 - i % 4 * 8);
}

static void base64(const unsigned char *in, char *out) {
    static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int i = 0; i < 21; i += 3) {
        uint32_t v = in[i] << 16 | in[i + 1] << 8 | (i + 2 < 20 ? in[i + 2] : 0);
        for (int j = 0; j < 4; j++) *out++ = set[v >> (18 - 6 * j) & 63];
    }
    out[-1] = '=';
    *out = 0;
}

static void all(int fd, const void *data, size_t size) {
    const char *at = data;
    while (size) {
        ssize_t n = write(fd, at, size);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
            struct pollfd one = {fd, POLLOUT, 0};
            poll(&one, 1, -1);
            continue;
        }
        if (n <= 0) return;
        at += n;
        size -= n;
    }
}

static int shake(int socket) {
    char head[8192], key[128], answer[256];
    size_t got = 0;
    while (got < sizeof head - 1) {
        ssize_t n = read(socket, head + got, sizeof head - 1 - got);
        if (n <= 0) return -1;
        head[got += n] = 0;
        if (strstr(head, "\r\n\r\n")) break;
    }
    char *at = strcasestr(head, "sec-websocket-key:");
    if (!at || sscanf(at + 18, " %60[^\r\n]", key) != 1) return -1;
    unsigned char digest[21] = {0};
    char accept[32];
    strcat(key, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    sha1(key, digest);
    base64(digest, accept);
    int size = snprintf(answer, sizeof answer, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                        "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", accept);
    all(socket, answer, size);
    return 0;
}

static void join(int socket) {
    int one = 1, slot = 0;
    while (slot < PAIRS && pairs[slot]) slot++;
    if (slot == PAIRS || shake(socket) < 0) { close(socket); return; }
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct pair *pair = calloc(1, sizeof *pair);
    struct winsize size = {24, 80, 0, 0};
    pair->socket = socket;
    if (forkpty(&pair->pty, NULL, NULL, &size) == 0) {
        for (int fd = 3; fd < 1024; fd++) close(fd);
        setenv("TERM", "xterm-256color", 1);
        execl("/bin/bash", "bash", "--norc", "--noprofile", (char *)NULL);
        _exit(127);
    }
    fcntl(socket, F_SETFL, O_NONBLOCK);
    pairs[slot] = pair;
}

static void part(int slot) {
    close(pairs[slot]->socket);
    close(pairs[slot]->pty);
    free(pairs[slot]);
    pairs[slot] = NULL;
    while (waitpid(-1, NULL, WNOHANG) > 0) {}
}

/* Browser to pty: unmask every whole message. Answers -1 when the browser is gone. */
static int inward(struct pair *pair) {
    ssize_t n = read(pair->socket, pair->in + pair->held, sizeof pair->in - pair->held);
    if (n < 0 && errno == EAGAIN) return 0;
    if (n <= 0) return -1;
    pair->held += n;
    for (;;) {
        unsigned char *p = pair->in;
        if (pair->held < 6) return 0;
        size_t length = p[1] & 127, at = 2;
        if (length == 126) length = p[2] << 8 | p[3], at = 4;
        if ((p[0] & 15) == 8) return -1;
        if (pair->held < at + 4 + length) return 0;
        for (size_t i = 0; i < length; i++) p[at + 4 + i] ^= p[at + i % 4];
        all(pair->pty, p + at + 4, length);
        pair->held -= at + 4 + length;
        memmove(p, p + at + 4 + length, pair->held);
    }
}

/* Pty to browser: what one read gives is one message. */
static int outward(struct pair *pair) {
    static unsigned char out[CHUNK + 4];
    ssize_t n = read(pair->pty, out + 4, CHUNK - 1);
    if (n <= 0) return -1;
    if (n < 126) {
        out[2] = 0x82;
        out[3] = n;
        all(pair->socket, out + 2, n + 2);
    } else {
        out[0] = 0x82;
        out[1] = 126;
        out[2] = n >> 8;
        out[3] = n;
        all(pair->socket, out, n + 4);
    }
    return 0;
}

int main(int argc, char **argv) {
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    place.sin_port = htons(argc > 1 ? atoi(argv[1]) : 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    signal(SIGPIPE, SIG_IGN);
    if (bind(listener, (struct sockaddr *)&place, sizeof place) || listen(listener, 128)) return 1;
    for (;;) {
        static struct pollfd fds[1 + 2 * PAIRS];
        static int slots[1 + 2 * PAIRS];
        int count = 1;
        fds[0] = (struct pollfd){listener, POLLIN, 0};
        for (int slot = 0; slot < PAIRS; slot++) {
            if (!pairs[slot]) continue;
            slots[count] = slots[count + 1] = slot;
            fds[count++] = (struct pollfd){pairs[slot]->socket, POLLIN, 0};
            fds[count++] = (struct pollfd){pairs[slot]->pty, POLLIN, 0};
        }
        poll(fds, count, -1);
        for (int i = 1; i < count; i += 2) {
            int gone = fds[i].revents && inward(pairs[slots[i]]) < 0;
            if (!gone && fds[i + 1].revents) gone = outward(pairs[slots[i]]) < 0;
            if (gone) part(slots[i]);
        }
        if (fds[0].revents) join(accept(listener, NULL, NULL));
    }
}
