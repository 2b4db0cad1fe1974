/*
 * Counts what arrives at the broker, on libmosquitto: values of signals, changes of availability, events. It is cheap
 * on purpose, and the same for the gateway and for the bare programs.
 *
 *   counter PORT
 *
 * A value says when it was read (machines.c), so each is counted in the window in which it was read, however late it
 * comes. Topics end in `mNNNN/signals`, `mNNNN/availability`, `events`; everything else is passed over.
 *
 * Commands, one per line of standard input; each is answered with one line of JSON:
 *   forget            everything: another program publishes from now on
 *   window FROM TO    count from zero the values that are read from FROM to TO, in ms of CLOCK_MONOTONIC
 *   report            values and messages of the window; machines heard and events since `forget`; ages in ms: `read`
 *                     from a read to its arrival, `change` from the read before it, which is the age of a change that
 *                     came right after that read; availability since the window was set as
 *                     [machine, ms, what]: 1 it works, 0 it rests, -1 anything else
 */
#include <mosquitto.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_MACHINES 4096
#define MAX_AGES 1000000
#define MAX_STATES 65536
#define STEP 977
#define RANGE (1 << 18)
#define PER_MS 64.0
#define TICK_MS 200 /* of poll: libmosquitto keeps its connection alive in between */

typedef struct {
  float ms[MAX_AGES];
  int count;
} ages_t;

typedef struct {
  int machine;
  double ms;
  signed char what;
} state_t;

static double from_ms, to_ms;
static long values, messages, events, machines_heard;
static char heard[MAX_MACHINES];
static double last_read[MAX_MACHINES]; /* of float 0; 0: none */
static ages_t read_ages, change_ages;
static state_t states[MAX_STATES];
static int state_count;

static double now_ms(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return at.tv_sec * 1e3 + at.tv_nsec / 1e6;
}

static void add(ages_t *ages, double ms) {
  if (ages->count < MAX_AGES) ages->ms[ages->count++] = ms;
}

static int ends_with(const char *text, const char *end) {
  size_t length = strlen(text), tail = strlen(end);
  return length >= tail && strcmp(text + length - tail, end) == 0;
}

/* Of `…/m0012/signals`; -1 when there is none. */
static int machine_of(const char *topic) {
  const char *last = strrchr(topic, '/');
  while (last > topic && last[-1] != '/') last--;
  int machine = *last == 'm' ? atoi(last + 1) : -1;
  return machine < MAX_MACHINES ? machine : -1;
}

/* When float `index` was made, on this clock; the value says it modulo RANGE. */
static double made_at(double value, int index, double now) {
  long stamp = (long)(value * PER_MS) - (long)STEP * index;
  long age = ((long)now - stamp) % RANGE;
  return (long)now - (age < 0 ? age + RANGE : age);
}

static void take_value(int machine, int index, double value, double now) {
  double made = made_at(value, index, now);
  char counted = made >= from_ms && made < to_ms;
  values += counted;
  if (index != 0) return;
  if (counted) {
    messages++;
    add(&read_ages, now - made);
    if (last_read[machine] != 0) add(&change_ages, now - last_read[machine]);
  }
  last_read[machine] = made;
}

/* Values as `"id":"m0012/io.f7","value":1234.5`. */
static void take_signals(int machine, const char *payload, int length) {
  static const char ID[] = "\"id\":\"", FLOAT[] = ".f", VALUE[] = "\"value\":";
  const char *end = payload + length, *at = payload;
  double now = now_ms();
  if (!heard[machine]) machines_heard++;
  heard[machine] = 1;
  while ((at = memmem(at, end - at, ID, sizeof ID - 1)) != NULL) {
    at += sizeof ID - 1;
    const char *quote = memchr(at, '"', end - at);
    if (quote == NULL) return;
    const char *name = memmem(at, quote - at, FLOAT, sizeof FLOAT - 1);
    if (name == NULL) continue;
    const char *value = memmem(quote, end - quote, VALUE, sizeof VALUE - 1);
    if (value == NULL) return;
    at = value + sizeof VALUE - 1;
    take_value(machine, atoi(name + sizeof FLOAT - 1), strtod(at, NULL), now);
  }
}

static int has(const char *payload, int length, const char *text) {
  return memmem(payload, length, text, strlen(text)) != NULL;
}

static void take_availability(int machine, const char *payload, int length) {
  if (state_count == MAX_STATES) return;
  int works = has(payload, length, "\"itemState\":\"Executing\"");
  int rests = has(payload, length, "\"itemState\":\"NotExecuting\"");
  states[state_count++] = (state_t){machine, now_ms(), works ? 1 : rests ? 0 : -1};
}

static void on_message(struct mosquitto *client, void *data, const struct mosquitto_message *message) {
  (void)client, (void)data;
  if (message->payloadlen == 0) return;
  if (ends_with(message->topic, "/events")) events++;
  int machine = machine_of(message->topic);
  if (machine < 0) return;
  if (ends_with(message->topic, "/signals")) take_signals(machine, message->payload, message->payloadlen);
  if (ends_with(message->topic, "/availability")) take_availability(machine, message->payload, message->payloadlen);
}

static int by_size(const void *one, const void *other) {
  float a = *(const float *)one, b = *(const float *)other;
  return (a > b) - (a < b);
}

static void print_ages(const char *name, ages_t *ages) {
  int last = ages->count - 1;
  qsort(ages->ms, ages->count, sizeof *ages->ms, by_size);
  printf(",\"%s\":{\"count\":%d", name, ages->count);
  if (last >= 0)
    printf(",\"p50\":%.3f,\"p99\":%.3f,\"most\":%.3f", ages->ms[last / 2], ages->ms[last * 99 / 100], ages->ms[last]);
  printf("}");
}

static void report(void) {
  printf("{\"atMs\":%.3f,\"values\":%ld,\"messages\":%ld,\"events\":%ld,\"heard\":%ld", now_ms(), values, messages,
         events, machines_heard);
  print_ages("read", &read_ages);
  print_ages("change", &change_ages);
  printf(",\"states\":[");
  for (int index = 0; index < state_count; index++)
    printf("%s[%d,%.3f,%d]", index ? "," : "", states[index].machine, states[index].ms, states[index].what);
  printf("]}\n");
}

static void start_counting(void) {
  values = messages = state_count = read_ages.count = change_ages.count = 0;
}

static void obey(const char *line) {
  if (sscanf(line, "window %lf %lf", &from_ms, &to_ms) == 2) {
    start_counting();
    printf("{}\n");
  } else if (strncmp(line, "forget", 6) == 0) {
    from_ms = to_ms = events = machines_heard = 0;
    memset(heard, 0, sizeof heard);
    memset(last_read, 0, sizeof last_read);
    start_counting();
    printf("{}\n");
  } else if (strncmp(line, "report", 6) == 0) {
    report();
  } else {
    printf("{\"error\":\"no such command\"}\n");
  }
  fflush(stdout);
}

static struct mosquitto *subscribe(int port) {
  mosquitto_lib_init();
  struct mosquitto *client = mosquitto_new(NULL, true, NULL);
  mosquitto_message_callback_set(client, on_message);
  int code = mosquitto_connect(client, "127.0.0.1", port, 60);
  if (code == MOSQ_ERR_SUCCESS) code = mosquitto_subscribe(client, NULL, "#", 1);
  if (code == MOSQ_ERR_SUCCESS) return client;
  fprintf(stderr, "counter: %s\n", mosquitto_strerror(code));
  exit(1);
}

int main(int argc, char **argv) {
  char line[256];
  if (argc != 2) {
    fprintf(stderr, "usage: counter PORT\n");
    return 2;
  }
  struct mosquitto *client = subscribe(atoi(argv[1]));
  setvbuf(stdin, NULL, _IONBF, 0); /* what stdio held back, poll would not see */
  printf("{\"ready\":true}\n");
  fflush(stdout);
  for (;;) {
    struct pollfd waits[2] = {{.fd = 0, .events = POLLIN}, {.fd = mosquitto_socket(client), .events = POLLIN}};
    if (mosquitto_want_write(client)) waits[1].events |= POLLOUT;
    poll(waits, 2, TICK_MS);
    int code = mosquitto_loop_misc(client);
    if (code == MOSQ_ERR_SUCCESS && waits[1].revents & POLLIN) code = mosquitto_loop_read(client, 100);
    if (code == MOSQ_ERR_SUCCESS && waits[1].revents & POLLOUT) code = mosquitto_loop_write(client, 1);
    if (code != MOSQ_ERR_SUCCESS) {
      fprintf(stderr, "counter: %s\n", mosquitto_strerror(code));
      return 1;
    }
    if (waits[0].revents == 0) continue;
    if (fgets(line, sizeof line, stdin) == NULL) return 0;
    obey(line);
  }
}
