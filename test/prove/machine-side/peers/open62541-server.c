/*
 * An OPC UA server of open62541: open62541-server PORT [CERTIFICATE KEY TRUSTED], the three in DER; with them it offers
 * the secure policies too, and its application URI is urn:latchkey:open62541. What it shows comes in lines:
 *   folder NAMESPACE-URI NAME           once, and first
 *   node ID TYPE COUNT read|write       COUNT 0 is one value
 *   set ID VALUE...                     of nodes that no client writes
 * It says "ready" once, "wrote ID VALUE..." for each write, and ends when its input does.
 */
#include <open62541/plugin/log_stdout.h>
#include <open62541/server.h>
#include <open62541/server_config_default.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#define MOST_NODES 512
#define LOOK_MS 2

static const struct { const char *name; int index; } KINDS[] = {
  {"Boolean", UA_TYPES_BOOLEAN}, {"Byte", UA_TYPES_BYTE}, {"Int32", UA_TYPES_INT32}, {"UInt16", UA_TYPES_UINT16},
  {"UInt32", UA_TYPES_UINT32}, {"UInt64", UA_TYPES_UINT64}, {"Double", UA_TYPES_DOUBLE},
  {"String", UA_TYPES_STRING}, {"LocalizedText", UA_TYPES_LOCALIZEDTEXT}, {"Guid", UA_TYPES_GUID},
};

typedef struct { char id[128]; const UA_DataType *type; size_t count; } Node;

static UA_Server *server;
static UA_UInt16 space;
static char folder[64];
static Node nodes[MOST_NODES];
static size_t nodeCount;

static void must(UA_StatusCode status, const char *what) {
  if (status == UA_STATUSCODE_GOOD) return;
  fprintf(stderr, "%s: %s\n", what, UA_StatusCode_name(status));
  exit(1);
}

static Node *nodeOf(const char *id) {
  for (size_t n = 0; n < nodeCount; n++)
    if (strcmp(nodes[n].id, id) == 0) return &nodes[n];
  fprintf(stderr, "there is no node %s\n", id);
  exit(1);
}

static void parse(void *into, const UA_DataType *type, const char *text) {
  switch (type->typeKind) {
    case UA_DATATYPEKIND_BOOLEAN: *(UA_Boolean *)into = atoi(text) != 0; return;
    case UA_DATATYPEKIND_BYTE: *(UA_Byte *)into = (UA_Byte)atoi(text); return;
    case UA_DATATYPEKIND_UINT16: *(UA_UInt16 *)into = (UA_UInt16)atoi(text); return;
    case UA_DATATYPEKIND_INT32: *(UA_Int32 *)into = atoi(text); return;
    case UA_DATATYPEKIND_UINT32: *(UA_UInt32 *)into = (UA_UInt32)strtoul(text, NULL, 10); return;
    case UA_DATATYPEKIND_UINT64: *(UA_UInt64 *)into = strtoull(text, NULL, 10); return;
    case UA_DATATYPEKIND_DOUBLE: *(UA_Double *)into = atof(text); return;
    case UA_DATATYPEKIND_STRING: *(UA_String *)into = UA_STRING_ALLOC(text); return;
    case UA_DATATYPEKIND_LOCALIZEDTEXT: *(UA_LocalizedText *)into = UA_LOCALIZEDTEXT_ALLOC("en", text); return;
    case UA_DATATYPEKIND_GUID: must(UA_Guid_parse((UA_Guid *)into, UA_STRING((char *)text)), text); return;
  }
}

/* Says which words were written. */
static void wrote(UA_Server *at, const UA_NodeId *session, void *sessionContext, const UA_NodeId *id, void *context,
                  const UA_NumericRange *range, const UA_DataValue *data) {
  const Node *node = context;
  const UA_Variant *value = &data->value;
  printf("wrote %s", node->id);
  for (size_t n = 0; n < (node->count ? value->arrayLength : 1); n++)
    printf(" %u", value->type == &UA_TYPES[UA_TYPES_BOOLEAN] ? *(UA_Boolean *)value->data : ((UA_UInt16 *)value->data)[n]);
  printf("\n");
}

static void addFolder(char *uri, const char *name) {
  UA_ObjectAttributes attributes = UA_ObjectAttributes_default;
  snprintf(folder, sizeof folder, "%s", name);
  space = UA_Server_addNamespace(server, uri);
  attributes.displayName = UA_LOCALIZEDTEXT("en", folder);
  must(UA_Server_addObjectNode(server, UA_NODEID_STRING(space, folder), UA_NODEID_NUMERIC(0, UA_NS0ID_OBJECTSFOLDER),
                               UA_NODEID_NUMERIC(0, UA_NS0ID_ORGANIZES), UA_QUALIFIEDNAME(space, folder),
                               UA_NODEID_NUMERIC(0, UA_NS0ID_FOLDERTYPE), attributes, NULL, NULL), folder);
}

static void addNode(const char *id, const char *kind, size_t count, int isWritten) {
  if (nodeCount == MOST_NODES) exit(1);
  Node *node = &nodes[nodeCount++];
  snprintf(node->id, sizeof node->id, "%s", id);
  node->count = count;
  for (size_t n = 0; n < sizeof KINDS / sizeof *KINDS; n++)
    if (strcmp(KINDS[n].name, kind) == 0) node->type = &UA_TYPES[KINDS[n].index];
  if (!node->type) exit(1);
  char *name = strrchr(node->id, '.') ? strrchr(node->id, '.') + 1 : node->id;
  UA_UInt32 dimension = (UA_UInt32)count;
  UA_VariableAttributes attributes = UA_VariableAttributes_default;
  attributes.displayName = UA_LOCALIZEDTEXT("en", name);
  attributes.dataType = node->type->typeId;
  attributes.valueRank = count ? UA_VALUERANK_ONE_DIMENSION : UA_VALUERANK_SCALAR;
  attributes.arrayDimensions = &dimension;
  attributes.arrayDimensionsSize = count ? 1 : 0;
  attributes.accessLevel = UA_ACCESSLEVELMASK_READ | (isWritten ? UA_ACCESSLEVELMASK_WRITE : 0);
  void *empty = UA_Array_new(count ? count : 1, node->type);
  if (count) UA_Variant_setArray(&attributes.value, empty, count, node->type);
  else UA_Variant_setScalar(&attributes.value, empty, node->type);
  UA_NodeId own = UA_NODEID_STRING(space, node->id);
  must(UA_Server_addVariableNode(server, own, UA_NODEID_STRING(space, folder), UA_NODEID_NUMERIC(0, UA_NS0ID_HASCOMPONENT),
                                 UA_QUALIFIEDNAME(space, name), UA_NODEID_NUMERIC(0, UA_NS0ID_BASEDATAVARIABLETYPE),
                                 attributes, node, NULL), id);
  UA_Array_delete(empty, count ? count : 1, node->type);
  UA_ValueCallback callback = {.onWrite = wrote};
  if (isWritten) must(UA_Server_setVariableNode_valueCallback(server, own, callback), id);
}

static void set(const char *id, char *rest) {
  const Node *node = nodeOf(id);
  size_t count = node->count ? node->count : 1;
  char *values = UA_Array_new(count, node->type);
  for (size_t n = 0; n < count; n++) {
    char *text = count == 1 ? rest : strsep(&rest, " ");
    parse(values + n * node->type->memSize, node->type, text ? text : "0");
  }
  UA_Variant value;
  if (node->count) UA_Variant_setArray(&value, values, count, node->type);
  else UA_Variant_setScalar(&value, values, node->type);
  must(UA_Server_writeValue(server, UA_NODEID_STRING(space, (char *)node->id), value), id);
  UA_Array_delete(values, count, node->type);
}

static void take(char *line) {
  char *word = strsep(&line, " "), *first = strsep(&line, " ");
  if (strcmp(word, "folder") == 0) addFolder(first, line);
  else if (strcmp(word, "set") == 0) set(first, line);
  else if (strcmp(word, "node") == 0) {
    char *kind = strsep(&line, " "), *count = strsep(&line, " ");
    addNode(first, kind, strtoul(count, NULL, 10), strcmp(line, "write") == 0);
  }
}

static UA_ByteString bytesOf(const char *path) {
  UA_ByteString bytes = UA_BYTESTRING_NULL;
  FILE *file = fopen(path, "rb");
  if (!file) exit(1);
  fseek(file, 0, SEEK_END);
  must(UA_ByteString_allocBuffer(&bytes, (size_t)ftell(file)), path);
  rewind(file);
  if (fread(bytes.data, 1, bytes.length, file) != bytes.length) exit(1);
  fclose(file);
  return bytes;
}

static void configure(int argc, char **argv) {
  UA_ServerConfig *config = UA_Server_getConfig(server);
  UA_UInt16 port = (UA_UInt16)atoi(argv[1]);
  if (argc < 5) must(UA_ServerConfig_setMinimal(config, port, NULL), "the server");
  else {
    UA_ByteString certificate = bytesOf(argv[2]), key = bytesOf(argv[3]), trusted = bytesOf(argv[4]);
    must(UA_ServerConfig_setDefaultWithSecurityPolicies(config, port, &certificate, &key, &trusted, 1, NULL, 0, NULL, 0),
         "the secure server");
  }
  UA_String_clear(&config->applicationDescription.applicationUri);
  config->applicationDescription.applicationUri = UA_STRING_ALLOC("urn:latchkey:open62541");
  for (size_t n = 0; n < config->endpointsSize; n++) {
    UA_String_clear(&config->endpoints[n].server.applicationUri);
    config->endpoints[n].server.applicationUri = UA_STRING_ALLOC("urn:latchkey:open62541");
  }
}

/* Takes what has come of the input, a line at a time; 0 at its end. */
static int takeInput(void) {
  static char held[65536];
  static size_t length;
  ssize_t came = read(0, held + length, sizeof held - 1 - length);
  if (came <= 0) return 0;
  length += (size_t)came;
  held[length] = 0;
  char *from = held;
  for (char *end; (end = strchr(from, '\n')); from = end + 1) {
    *end = 0;
    take(from);
  }
  length = strlen(from);
  memmove(held, from, length);
  return 1;
}

int main(int argc, char **argv) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (argc < 2) return 2;
  setvbuf(stdout, NULL, _IOLBF, 0);
  server = UA_Server_new();
  configure(argc, argv);
  must(UA_Server_run_startup(server), "the start");
  printf("ready\n");
  struct pollfd input = {.fd = 0, .events = POLLIN};
  for (;;) {
    UA_Server_run_iterate(server, 0);
    if (poll(&input, 1, LOOK_MS) > 0 && !takeInput()) return 0;
  }
}
