/* A plugin whose table is shorter than ABI 1.0's: built with SHORT_PLUGIN the plugin's own, else
 * its backend's. */
#include <bitgate/abi.h>

#include <string.h>

#define TEXT(literal) \
  { literal, sizeof(literal) - 1 }
#define ID "test.short-table"

BG_PLUGIN_NOTE(short_table, BG_KIND_BACKEND, ID, "1.0.0");

static const bg_backend kBackend = {.struct_size = 24};
static int instance;

static bg_status describe(const bg_sink* json, bg_error* err) {
  (void)err;
  json->write(json->ctx, "{}", 2);
  return BG_OK;
}

static bg_status open_plugin(const bg_host* host, bg_str options, bg_instance** out,
                             bg_error* err) {
  (void)host;
  (void)options;
  (void)err;
  *out = (bg_instance*)&instance;
  return BG_OK;
}

static void close_plugin(bg_instance* opened) { (void)opened; }

static const void* get_interface(bg_instance* opened, bg_str id) {
  (void)opened;
  return id.size == strlen(BG_BACKEND_V1) && memcmp(id.data, BG_BACKEND_V1, id.size) == 0
             ? &kBackend
             : NULL;
}

static const bg_plugin kPlugin = {
#ifdef SHORT_PLUGIN
    .struct_size = 16,
#else
    .struct_size = sizeof(bg_plugin),
#endif
    .abi_minor = BG_ABI_MINOR,
    .kind = BG_KIND_BACKEND,
    .id = TEXT(ID),
    .version = TEXT("1.0.0"),
    .build = TEXT("C11"),
    .describe = describe,
    .open = open_plugin,
    .close = close_plugin,
    .get_interface = get_interface,
};

BG_EXPORT const bg_plugin* bg_plugin_query_v1(uint32_t host_minor, uint32_t index) {
  (void)host_minor;
  return index == 0 ? &kPlugin : NULL;
}
