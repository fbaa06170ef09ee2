/* A complete reporter in C11, on bitgate/abi.h alone: one line for each case and the verdict. */
#include <bitgate/abi.h>

#include <stdlib.h>
#include <string.h>

struct bg_instance {
  const bg_host* host;
  const bg_output* output;
};

/* The receipt is JSON: a value is found by walking to it. Its end comes before that of the text. */
static const char* space(const char* at) { return at + strspn(at, " \t\r\n"); }

static const char* after_string(const char* at) {
  for (++at; *at != '\0' && *at != '"'; ++at) {
    if (*at == '\\' && at[1] != '\0') ++at;
  }
  return *at == '"' ? at + 1 : at;
}

static const char* after_value(const char* at) {
  int depth = 0;
  while (*at != '\0') {
    if (*at == '"') {
      at = after_string(at);
    } else {
      depth += (*at == '{' || *at == '[') - (*at == '}' || *at == ']');
      ++at;
    }
    if (depth == 0 && strchr(",}] \t\r\n", *at) != NULL) break;
  }
  return at;
}

static const char* member(const char* object, const char* name) {
  const size_t size = strlen(name);
  const char* at = *object == '{' ? space(object + 1) : "";
  while (*at == '"') {
    const char* end = after_string(at);
    if (*space(end) != ':') break;
    const char* value = space(space(end) + 1);
    if ((size_t)(end - at) == size + 2 && memcmp(at + 1, name, size) == 0) return value;
    at = space(after_value(value));
    if (*at == ',') at = space(at + 1);
  }
  return "";
}

static void print(bg_instance* self, const char* words, size_t size) {
  self->output->write(self->host->ctx, BG_STDOUT, (bg_str){words, size});
}

/* A text is printed as JSON writes it, in quotes: so no name can forge a line. */
static void print_value(bg_instance* self, const char* value) {
  print(self, value, (size_t)(after_value(value) - value));
}

static bg_status fail(bg_error* err, bg_status code, const char* message) {
  if (err != NULL) {
    err->code = code;
    strncpy(err->message, message, sizeof err->message - 1); /* the host zeroed it */
  }
  return code;
}

static bg_status begin(bg_instance* self, bg_str plan, bg_error* err) { return BG_OK; }
static bg_status event(bg_instance* self, bg_str event, bg_error* err) { return BG_OK; }

static bg_status finish(bg_instance* self, bg_str receipt, bg_error* err) {
  char* text = malloc(receipt.size + 1);
  if (text == NULL) return fail(err, BG_OUT_OF_MEMORY, "out of memory");
  memcpy(text, receipt.data, receipt.size);
  text[receipt.size] = '\0';
  const char* cases = member(text, "cases");
  const char* at = *cases == '[' ? space(cases + 1) : "";
  while (*at == '{') {
    print_value(self, member(at, "status"));
    print(self, "  ", 2);
    print_value(self, member(at, "id"));
    print(self, "\n", 1);
    at = space(after_value(at));
    if (*at == ',') at = space(at + 1);
  }
  print(self, "verdict: ", 9);
  print_value(self, member(member(text, "verdict"), "status"));
  print(self, "\n", 1);
  free(text);
  return BG_OK;
}

static const bg_reporter reporter = {sizeof(bg_reporter), 0, begin, event, finish};

static bg_status describe(const bg_sink* json, bg_error* err) {
  static const char words[] =
      "{\"title\": \"One line for each case, in C\", \"options\": "
      "{\"type\": \"object\", \"additionalProperties\": false}}";
  json->write(json->ctx, words, sizeof words - 1);
  return BG_OK;
}
static bg_status open(const bg_host* host, bg_str options, bg_instance** out, bg_error* err) {
  const bg_str id = {BG_OUTPUT_V1, sizeof BG_OUTPUT_V1 - 1};
  const bg_output* output = host->get_interface(host->ctx, id);
  if (output == NULL) return fail(err, BG_UNSUPPORTED, "the host offers no " BG_OUTPUT_V1);
  *out = malloc(sizeof **out);
  if (*out == NULL) return fail(err, BG_OUT_OF_MEMORY, "out of memory");
  **out = (bg_instance){host, output};
  return BG_OK;
}
static void close(bg_instance* self) { free(self); }
static const void* get_interface(bg_instance* self, bg_str id) {
  const size_t size = sizeof BG_REPORTER_V1 - 1;
  return id.size == size && memcmp(id.data, BG_REPORTER_V1, size) == 0 ? &reporter : NULL;
}

#define STR(literal) \
  { literal, sizeof(literal) - 1 }
static const bg_plugin plugin = {.struct_size = sizeof(bg_plugin),
                                 .abi_minor = BG_ABI_MINOR,
                                 .kind = BG_KIND_REPORTER,
                                 .id = STR(BITGATE_PLUGIN_ID),
                                 .version = STR(BITGATE_PLUGIN_VERSION),
                                 .build = STR(BG_BUILD),
                                 .describe = describe,
                                 .open = open,
                                 .close = close,
                                 .get_interface = get_interface};
BG_PLUGIN_NOTE(example_summary_c, BG_KIND_REPORTER, BITGATE_PLUGIN_ID, BITGATE_PLUGIN_VERSION);

BG_EXPORT const bg_plugin* bg_plugin_query_v1(uint32_t host_minor, uint32_t index) {
  return index == 0 ? &plugin : NULL;
}
