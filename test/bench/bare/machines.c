/*
 * A shop floor of Modbus TCP machines in one process: machine N listens on a loopback port of its own. libmodbus speaks
 * the protocol, epoll waits. It is cheap on purpose: what it costs is not there for the program that is measured.
 *
 *   machines COUNT FLOATS
 *
 * Registers of a machine: floats 0 to FLOATS - 1 (two registers each, high word first), then one state word, 3 or 2.
 * A float is made when it is read, so every read of it brings another value, and every value says when it was read:
 * float I holds ((milliseconds + 977 * I) mod 2^18) / 64, exact in single precision. Milliseconds are CLOCK_MONOTONIC.
 *
 * Commands, one per line of standard input; each is answered with one line of JSON:
 *   window FROM TO    forget what was counted; count what is read from FROM to TO, in ms
 *   toggle EVERY      each machine changes its state word every so many ms, right after a read: the worst moment for
 *                     a program that polls. 0 ends it
 *   report            {"reads", "floats"} of the window, and every change of a state word as [machine, ms, word]
 */
#include <modbus.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define READ_HOLDING 3
#define PREFIX 6 /* bytes of a Modbus TCP header up to its length */
#define HEADER 7 /* the same with the unit; the function code follows */
#define MAX_FDS 16384
#define MAX_TOGGLES 65536
#define EVENTS 256
#define STEP 977
#define RANGE (1 << 18)
#define PER_MS 64.0f
#define WORKING 3
#define RESTING 2

typedef struct {
  uint16_t word;
  double due;
} machine_t;

typedef struct {
  int machine;
  double ms;
  uint16_t word;
} toggle_t;

/* What is behind a file descriptor. */
typedef struct {
  int machine;
  char listens;
} socket_t;

static int count, floats, poller;
static machine_t *machines;
static socket_t sockets[MAX_FDS];
static modbus_t *modbus;
static modbus_mapping_t *map;

static double from_ms, to_ms, every_ms;
static long reads_counted, floats_counted;
static toggle_t toggles[MAX_TOGGLES];
static int toggle_count;

static double now_ms(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return at.tv_sec * 1e3 + at.tv_nsec / 1e6;
}

static void fail(const char *what) {
  fprintf(stderr, "machines: %s: %s\n", what, strerror(errno));
  exit(1);
}

static void watch(int fd, socket_t what) {
  struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
  if (fd >= MAX_FDS) fail("too many connections");
  sockets[fd] = what;
  if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) < 0) fail("epoll_ctl");
}

/* Listens on a port that the system chooses; answers it. */
static int open_listener(int machine) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof at;
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&at, size) < 0 || listen(fd, 16) < 0) fail("listen");
  if (getsockname(fd, (struct sockaddr *)&at, &size) < 0) fail("getsockname");
  watch(fd, (socket_t){machine, 1});
  return ntohs(at.sin_port);
}

static void take_connection(int listener) {
  int on = 1, fd = accept(listener, NULL, NULL);
  if (fd < 0) return;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  watch(fd, (socket_t){sockets[listener].machine, 0});
}

/* High word first; what libmodbus has for it swaps the bytes in some versions. */
static void put_float(uint16_t *registers, float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  registers[0] = bits >> 16;
  registers[1] = bits;
}

/* Makes the floats that a read asks for, and counts them. */
static void measure(const machine_t *machine, int first, int registers, double ms) {
  char counted = ms >= from_ms && ms < to_ms;
  for (int index = first / 2; index < floats && index * 2 < first + registers; index++) {
    put_float(map->tab_registers + index * 2, (((long long)ms + STEP * index) % RANGE) / PER_MS);
    floats_counted += counted;
  }
  map->tab_registers[floats * 2] = machine->word;
  reads_counted += counted;
}

static void toggle_if_due(int index) {
  machine_t *machine = &machines[index];
  double ms = now_ms();
  if (every_ms == 0 || ms < machine->due || toggle_count == MAX_TOGGLES) return;
  machine->due += every_ms;
  machine->word = machine->word == WORKING ? RESTING : WORKING;
  toggles[toggle_count++] = (toggle_t){index, ms, machine->word};
}

/* One request; its length, 0 at the end. Not modbus_receive, which waits with select and so takes no fd above 1023. */
static int receive(int fd, uint8_t *query) {
  if (recv(fd, query, PREFIX, MSG_WAITALL) != PREFIX) return 0;
  int length = query[4] << 8 | query[5];
  if (length > MODBUS_TCP_MAX_ADU_LENGTH - PREFIX) return 0;
  return recv(fd, query + PREFIX, length, MSG_WAITALL) == length ? PREFIX + length : 0;
}

static void serve(int fd) {
  uint8_t query[MODBUS_TCP_MAX_ADU_LENGTH];
  int machine = sockets[fd].machine, length = receive(fd, query);
  if (length == 0) {
    close(fd);
    return;
  }
  modbus_set_socket(modbus, fd);
  int first = query[HEADER + 1] << 8 | query[HEADER + 2];
  int registers = query[HEADER + 3] << 8 | query[HEADER + 4];
  char reads = query[HEADER] == READ_HOLDING;
  if (reads) measure(&machines[machine], first, registers, now_ms());
  if (modbus_reply(modbus, query, length, map) < 0) {
    close(fd);
    return;
  }
  if (reads && first + registers > floats * 2) toggle_if_due(machine);
}

static void report(void) {
  printf("{\"reads\":%ld,\"floats\":%ld,\"toggles\":[", reads_counted, floats_counted);
  for (int index = 0; index < toggle_count; index++)
    printf("%s[%d,%.3f,%d]", index ? "," : "", toggles[index].machine, toggles[index].ms, toggles[index].word);
  printf("]}\n");
}

static void obey(const char *line) {
  if (sscanf(line, "window %lf %lf", &from_ms, &to_ms) == 2) {
    reads_counted = floats_counted = toggle_count = 0;
    printf("{}\n");
  } else if (sscanf(line, "toggle %lf", &every_ms) == 1) {
    for (int index = 0; index < count; index++) machines[index].due = now_ms() + every_ms * index / count;
    printf("{}\n");
  } else if (strncmp(line, "report", 6) == 0) {
    report();
  } else {
    printf("{\"error\":\"no such command\"}\n");
  }
  fflush(stdout);
}

static void open_all(void) {
  struct rlimit files = {MAX_FDS, MAX_FDS};
  setrlimit(RLIMIT_NOFILE, &files);
  setvbuf(stdin, NULL, _IONBF, 0); /* what stdio held back, epoll would not see */
  machines = calloc(count, sizeof *machines);
  modbus = modbus_new_tcp("127.0.0.1", 0);
  map = modbus_mapping_new(0, 0, floats * 2 + 1, 0);
  poller = epoll_create1(0);
  if (!machines || !modbus || !map || poller < 0) fail("start");
  watch(STDIN_FILENO, (socket_t){0, 0});
  printf("{\"ready\":true,\"ports\":[");
  for (int index = 0; index < count; index++) {
    machines[index].word = RESTING;
    printf("%s%d", index ? "," : "", open_listener(index));
  }
  printf("]}\n");
  fflush(stdout);
}

int main(int argc, char **argv) {
  struct epoll_event events[EVENTS];
  char line[256];
  if (argc != 3 || (count = atoi(argv[1])) < 1 || (floats = atoi(argv[2])) < 1) {
    fprintf(stderr, "usage: machines COUNT FLOATS\n");
    return 2;
  }
  open_all();
  for (;;) {
    int ready = epoll_wait(poller, events, EVENTS, -1);
    for (int index = 0; index < ready; index++) {
      int fd = events[index].data.fd;
      if (fd == STDIN_FILENO) {
        if (fgets(line, sizeof line, stdin) == NULL) return 0;
        obey(line);
      } else if (sockets[fd].listens) {
        take_connection(fd);
      } else {
        serve(fd);
      }
    }
  }
}
