/*
 * A Modbus server of libmodbus: c-server tcp PORT, or c-server rtu PATH (a serial port, 115200 8E1, unit 1).
 * Register N of each table holds what servers.ts expects there. Says {"ready":true} once.
 */
#include <modbus.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <signal.h>
#include <unistd.h>

#define SIZE 1000

static void fill(modbus_mapping_t *map) {
  for (int n = 0; n < SIZE; n++) {
    map->tab_registers[n] = (n * 257 + 11) % 65536;
    map->tab_input_registers[n] = (n * 31 + 7) % 65536;
    map->tab_bits[n] = n % 3 == 0;
    map->tab_input_bits[n] = n % 5 == 0;
  }
}

static void serve(modbus_t *modbus, modbus_mapping_t *map) {
  uint8_t query[MODBUS_TCP_MAX_ADU_LENGTH];
  for (;;) {
    int length = modbus_receive(modbus, query);
    if (length < 0) return;
    if (length > 0) modbus_reply(modbus, query, length, map);
  }
}

int main(int argc, char **argv) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  char isTcp = argc == 3 && strcmp(argv[1], "tcp") == 0;
  if (argc != 3) return 2;
  modbus_t *modbus = isTcp ? modbus_new_tcp("127.0.0.1", atoi(argv[2])) : modbus_new_rtu(argv[2], 115200, 'E', 8, 1);
  modbus_mapping_t *map = modbus_mapping_new(SIZE, SIZE, SIZE, SIZE);
  if (!modbus || !map) return 1;
  fill(map);
  if (!isTcp) {
    modbus_set_slave(modbus, 1);
    if (modbus_connect(modbus) < 0) return 1;
  }
  int listener = isTcp ? modbus_tcp_listen(modbus, 4) : -1;
  printf("{\"ready\":true}\n");
  fflush(stdout);
  for (;;) {
    if (isTcp && modbus_tcp_accept(modbus, &listener) < 0) return 1;
    serve(modbus, map);
    if (isTcp) modbus_close(modbus);
  }
}
