/*
 * HTTP requests from a process that is quicker than any server in Node: one connection per line of a file, each asks
 * again as soon as it has its answer.
 *
 *   requests PORT MS FILE     lines of FILE: a path, a space, a bearer token
 *
 * Prints {"answers", "ms", "bytes"} of the body of one answer; ends with 1 when an answer is not 200.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#define MAX_CONNECTIONS 256
#define MAX_REQUEST 4096
#define MAX_ANSWER (1 << 20)

typedef struct {
  int fd, length, got;
  char request[MAX_REQUEST];
  char answer[MAX_ANSWER];
} connection_t;

static connection_t *connections;
static int count;
static long answers, body_bytes;

static double now_ms(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return at.tv_sec * 1e3 + at.tv_nsec / 1e6;
}

static void fail(const char *what) {
  fprintf(stderr, "requests: %s\n", what);
  exit(1);
}

static int open_connection(int port) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0) fail(strerror(errno));
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

static void read_requests(const char *path, int port) {
  static char line[MAX_REQUEST];
  FILE *file = fopen(path, "r");
  if (file == NULL) fail(strerror(errno));
  connections = calloc(MAX_CONNECTIONS, sizeof *connections);
  for (; count < MAX_CONNECTIONS && fgets(line, sizeof line, file) != NULL; count++) {
    connection_t *at = &connections[count];
    char *space = strchr(line, ' ');
    if (space == NULL) fail("a line without a token");
    *space = 0;
    space[1 + strcspn(space + 1, "\n")] = 0;
    at->fd = open_connection(port);
    at->length =
        snprintf(at->request, MAX_REQUEST,
                 "GET %s HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer %s\r\n\r\n", line, space + 1);
  }
  fclose(file);
}

static void ask(connection_t *at) {
  at->got = 0;
  if (write(at->fd, at->request, at->length) != at->length) fail("a request was not taken");
}

/* Whether an answer is there as a whole: its head, and as many bytes as that says. */
static int is_whole(connection_t *at) {
  at->answer[at->got] = 0;
  char *body = strstr(at->answer, "\r\n\r\n");
  if (body == NULL) return 0;
  if (strncmp(at->answer, "HTTP/1.1 200", 12) != 0) fail(at->answer);
  char *length = strcasestr(at->answer, "\r\ncontent-length:");
  if (length == NULL || length > body) fail("an answer without a length");
  body_bytes = atol(length + 17);
  return at->got >= body + 4 - at->answer + body_bytes;
}

static void take(connection_t *at) {
  int got = read(at->fd, at->answer + at->got, MAX_ANSWER - 1 - at->got);
  if (got <= 0) fail("the server ended a connection");
  at->got += got;
  if (!is_whole(at)) return;
  answers++;
  ask(at);
}

int main(int argc, char **argv) {
  struct epoll_event events[MAX_CONNECTIONS];
  if (argc != 4) {
    fprintf(stderr, "usage: requests PORT MS FILE\n");
    return 2;
  }
  int poller = epoll_create1(0);
  read_requests(argv[3], atoi(argv[1]));
  for (int index = 0; index < count; index++) {
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = index};
    epoll_ctl(poller, EPOLL_CTL_ADD, connections[index].fd, &event);
    ask(&connections[index]);
  }
  double began = now_ms(), end = began + atof(argv[2]);
  while (now_ms() < end) {
    int ready = epoll_wait(poller, events, MAX_CONNECTIONS, 100);
    for (int index = 0; index < ready; index++) take(&connections[events[index].data.u32]);
  }
  printf("{\"answers\":%ld,\"ms\":%.3f,\"bytes\":%ld}\n", answers, now_ms() - began, body_bytes);
  return 0;
}
