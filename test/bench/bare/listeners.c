/*
 * Listeners to server-sent events, a thousand and more in one process. It counts, and parses no more than that needs.
 *
 *   listeners PORT PATH COUNT FILE     lines of FILE: bearer tokens, used in turn
 *
 * Says {"ready"} when each listener has had a first byte. Each line of standard input is answered by
 * {"events", "fewest", "open"}: events of all listeners since the last answer, of the one that had fewest, and how many
 * listeners are still connected. An event is counted by its `data:`, so comments and ids alone are none.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#define MAX_LISTENERS 4096
#define MAX_TOKENS 4096
#define MAX_TOKEN 2048
#define EVENTS 256
#define CHUNK 65536

static const char MARK[] = "data:";

typedef struct {
  int fd;
  int matched; /* letters of MARK at the end of what came */
  char heard;
  long events;
} listener_t;

static listener_t listeners[MAX_LISTENERS];
static char tokens[MAX_TOKENS][MAX_TOKEN];
static int count, token_count, heard_count, open_count, poller;

static void fail(const char *what) {
  fprintf(stderr, "listeners: %s\n", what);
  exit(1);
}

static void read_tokens(const char *path) {
  FILE *file = fopen(path, "r");
  if (file == NULL) fail(strerror(errno));
  while (token_count < MAX_TOKENS && fgets(tokens[token_count], MAX_TOKEN, file) != NULL) {
    tokens[token_count][strcspn(tokens[token_count], "\n")] = 0;
    token_count++;
  }
  fclose(file);
  if (token_count == 0) fail("no token");
}

static void open_listener(int index, int port, const char *path) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  struct epoll_event event = {.events = EPOLLIN, .data.u32 = index};
  static char request[MAX_TOKEN + 512];
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0) fail(strerror(errno));
  int length = snprintf(request, sizeof request,
                        "GET %s HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: text/event-stream\r\n"
                        "authorization: Bearer %s\r\n\r\n",
                        path, tokens[index % token_count]);
  if (write(fd, request, length) != length) fail("a request was not taken");
  listeners[index].fd = fd;
  epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
  open_count++;
}

static void note_first(listener_t *at, const char *bytes, int length) {
  if (at->heard) return;
  if (length < 12 || strncmp(bytes, "HTTP/1.1 200", 12) != 0) {
    fprintf(stderr, "%.*s\n", length, bytes);
    fail("a listener was refused");
  }
  at->heard = 1;
  heard_count++;
}

static void take(listener_t *at) {
  static char bytes[CHUNK];
  int length = read(at->fd, bytes, CHUNK);
  if (length <= 0) {
    close(at->fd);
    open_count--;
    return;
  }
  note_first(at, bytes, length);
  for (int index = 0; index < length; index++) {
    at->matched = bytes[index] == MARK[at->matched] ? at->matched + 1 : bytes[index] == MARK[0];
    if (MARK[at->matched] != 0) continue;
    at->events++;
    at->matched = 0;
  }
}

static void report(void) {
  long events = 0, fewest = listeners[0].events;
  for (int index = 0; index < count; index++) {
    events += listeners[index].events;
    if (listeners[index].events < fewest) fewest = listeners[index].events;
    listeners[index].events = 0;
  }
  printf("{\"events\":%ld,\"fewest\":%ld,\"open\":%d}\n", events, fewest, open_count);
  fflush(stdout);
}

/* Handles what is there; 0 when standard input has ended. */
static int turn(void) {
  struct epoll_event events[EVENTS];
  char line[64];
  int ready = epoll_wait(poller, events, EVENTS, -1);
  for (int index = 0; index < ready; index++) {
    if (events[index].data.u32 < MAX_LISTENERS) {
      take(&listeners[events[index].data.u32]);
    } else {
      if (fgets(line, sizeof line, stdin) == NULL) return 0;
      report();
    }
  }
  return 1;
}

int main(int argc, char **argv) {
  struct rlimit files = {MAX_LISTENERS + 64, MAX_LISTENERS + 64};
  struct epoll_event input = {.events = EPOLLIN, .data.u32 = MAX_LISTENERS};
  if (argc != 5 || (count = atoi(argv[3])) < 1 || count > MAX_LISTENERS) {
    fprintf(stderr, "usage: listeners PORT PATH COUNT FILE\n");
    return 2;
  }
  setrlimit(RLIMIT_NOFILE, &files);
  setvbuf(stdin, NULL, _IONBF, 0); /* what stdio held back, epoll would not see */
  read_tokens(argv[4]);
  poller = epoll_create1(0);
  epoll_ctl(poller, EPOLL_CTL_ADD, STDIN_FILENO, &input);
  for (int index = 0; index < count; index++) {
    open_listener(index, atoi(argv[1]), argv[2]);
    while (heard_count <= index) /* one after the other: a server takes only so many at once */
      if (!turn()) return 0;
  }
  printf("{\"ready\":true}\n");
  fflush(stdout);
  while (turn()) continue;
  return 0;
}
