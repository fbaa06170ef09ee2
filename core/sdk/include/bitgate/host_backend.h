/* bitgate/host_backend.h - for backends in C that compute in host memory with one thread: storage
 * for tensors, programs made of functions, and the tables of bitgate/abi.h. Such a backend writes
 * `supports`, `step` and its kernels, and nothing else. In C++, see host_session.hpp.
 *
 *   static const bg_host_backend mine = {"Title", "cpu/mine", "for people", supports, step};
 *   BG_HOST_BACKEND(mine, "com.example.mine", "1.0.0")
 */
#ifndef BITGATE_HOST_BACKEND_H
#define BITGATE_HOST_BACKEND_H

#include <bitgate/abi.h>

#ifndef __cplusplus
#include <stdlib.h>
#include <string.h>

/* A tensor in the canonical layout of its format, see bitgate/formats.hpp; zero until written. */
struct bg_tensor {
  uint64_t rows, cols, size;
  uint64_t packed; /* bytes of two-bit codes at the front, of which 3 is illegal */
  _Alignas(16) unsigned char bytes[]; /* for any type of element */
};

/* One operation of a program: `kernel` runs it once on these tensors. */
typedef struct bg_host_step {
  void (*kernel)(const struct bg_host_step*);
  const char* name; /* of the kernel, as receipts show it; a literal */
  const bg_tensor* in[2];
  bg_tensor* out;
  uint64_t calls; /* counted where kernels are started */
} bg_host_step;

/* What is special about a backend. */
typedef struct bg_host_backend {
  const char* title;       /* of the plugin */
  const char* device;      /* id of its one device */
  const char* device_name; /* for people */
  /* BG_OK, or bg_fail(err, BG_UNSUPPORTED, why). Operands have formats and shapes that bg_host_size
   * knows. */
  bg_status (*supports)(const bg_op*, bg_error* err);
  /* The step that runs an operation which `supports` said yes to. */
  bg_host_step (*step)(const bg_op*);
} bg_host_backend;

static inline bg_str bg_text(const char* words) { return (bg_str){words, strlen(words)}; }

static inline int bg_is(bg_str text, const char* words) {
  return text.size == strlen(words) && memcmp(text.data, words, text.size) == 0;
}

/* The text of an operation's attribute; empty if it has none of that name. */
static inline bg_str bg_attribute_text(const bg_op* op, const char* name) {
  for (uint64_t i = 0; i < op->attribute_count; ++i) {
    if (bg_is(op->attributes[i].name, name)) return op->attributes[i].text;
  }
  return (bg_str){NULL, 0};
}

/* Fills `err` and returns `status`. */
static inline bg_status bg_fail(bg_error* err, bg_status status, const char* message) {
  if (err != NULL) {
    const size_t most = sizeof err->message - 1;
    const size_t size = strlen(message) < most ? strlen(message) : most;
    err->code = status;
    memcpy(err->message, message, size);
    err->message[size] = '\0';
  }
  return status;
}

/* Bytes of a matrix in f32, i32, f16, bf16, i8 or i2_s; 0 if it is another format, or can't hold
 * the shape. */
static inline uint64_t bg_host_size(const bg_tensor_desc* d) {
  uint64_t count = 0;
  if (d->rank != 2 || __builtin_mul_overflow(d->dims[0], d->dims[1], &count)) return 0;
  if (count == 0 || count > (uint64_t)1 << 40) return 0;
  if (bg_is(d->format, "f32") || bg_is(d->format, "i32")) return count * 4;
  if (bg_is(d->format, "f16") || bg_is(d->format, "bf16")) return count * 2;
  if (bg_is(d->format, "i8")) return count + d->dims[0] * 4; /* a scale for each row */
  return bg_is(d->format, "i2_s") && d->dims[1] % 128 == 0 ? count / 4 + 32 : 0;
}

/* Whether an operand is a matrix of this format and shape. */
static inline int bg_host_fits(const bg_operand* operand, const char* format, uint64_t rows,
                               uint64_t cols) {
  const bg_tensor_desc* d = operand->desc;
  return bg_is(d->format, format) && bg_host_size(d) > 0 && d->dims[0] == rows &&
         d->dims[1] == cols;
}

/* ---- behind BG_HOST_BACKEND ------------------------------------------------------------------
 * An instance and its sessions have no state: they are the bg_host_backend. */

struct bg_program {
  uint64_t count;
  bg_host_step steps[];
};

static inline const bg_host_backend* bg_host_of(const void* handle) {
  return (const bg_host_backend*)handle;
}

static inline bg_status bg_host_device_count(bg_instance* instance, uint32_t* out, bg_error* err) {
  (void)instance, (void)err;
  *out = 1;
  return BG_OK;
}

static inline bg_status bg_host_device_info(bg_instance* instance, uint32_t index, bg_device* out,
                                            bg_error* err) {
  if (index > 0) return bg_fail(err, BG_INVALID_ARGUMENT, "no device of that number");
  const bg_device device = {.struct_size = sizeof device,
                            .id = bg_text(bg_host_of(instance)->device),
                            .name = bg_text(bg_host_of(instance)->device_name),
                            .units = 1};
  const uint32_t size = out->struct_size < sizeof device ? out->struct_size : sizeof device;
  memcpy(out, &device, size); /* a host of another minor version may know less of the struct */
  out->struct_size = size;
  return BG_OK;
}

static inline bg_status bg_host_session_open(bg_instance* instance, bg_str device,
                                             const bg_session_options* options, bg_session** out,
                                             bg_error* err) {
  if (!bg_is(device, bg_host_of(instance)->device)) {
    return bg_fail(err, BG_UNAVAILABLE, "no device of that id");
  }
  if (options->threads != 1) return bg_fail(err, BG_INVALID_ARGUMENT, "the device has one thread");
  *out = (bg_session*)instance;
  return BG_OK;
}
static inline void bg_host_session_close(bg_session* session) { (void)session; }

static inline bg_status bg_host_supports(bg_session* session, const bg_op* op, bg_error* err) {
  for (uint64_t i = 0; i < op->input_count + op->output_count; ++i) {
    const bg_operand* operand =
        i < op->input_count ? &op->inputs[i] : &op->outputs[i - op->input_count];
    if (bg_host_size(operand->desc) == 0) {
      return bg_fail(err, BG_UNSUPPORTED, "the format is unknown or can't hold the shape");
    }
  }
  return bg_host_of(session)->supports(op, err);
}

static inline bg_status bg_host_tensor_create(bg_session* session, const bg_tensor_desc* desc,
                                              bg_tensor** out, bg_error* err) {
  (void)session;
  const uint64_t size = bg_host_size(desc);
  if (size == 0) {
    return bg_fail(err, BG_UNSUPPORTED, "the format is unknown or can't hold the shape");
  }
  bg_tensor* made = calloc(1, sizeof *made + size);
  if (made == NULL) return bg_fail(err, BG_OUT_OF_MEMORY, "out of memory");
  made->rows = desc->dims[0];
  made->cols = desc->dims[1];
  made->size = size;
  made->packed = bg_is(desc->format, "i2_s") ? size - 32 : 0;
  *out = made;
  return BG_OK;
}
static inline void bg_host_tensor_destroy(bg_session* session, bg_tensor* tensor) {
  (void)session;
  free(tensor);
}

static inline bg_status bg_host_tensor_write(bg_session* session, bg_tensor* to, const void* data,
                                             uint64_t size, bg_error* err) {
  (void)session;
  if (size != to->size) return bg_fail(err, BG_INVALID_ARGUMENT, "not the tensor's size");
  const unsigned char* codes = data;
  for (uint64_t i = 0; i < to->packed; ++i) {
    if (codes[i] & codes[i] >> 1 & 0x55) {
      return bg_fail(err, BG_INVALID_ARGUMENT, "i2_s: illegal code 3");
    }
  }
  memcpy(to->bytes, data, size);
  return BG_OK;
}
static inline bg_status bg_host_tensor_read(bg_session* session, bg_tensor* from, void* data,
                                            uint64_t size, bg_error* err) {
  (void)session;
  if (size != from->size) return bg_fail(err, BG_INVALID_ARGUMENT, "not the tensor's size");
  memcpy(data, from->bytes, size);
  return BG_OK;
}

static inline bg_status bg_host_prepare(bg_session* session, const bg_op* const* ops,
                                        uint64_t count, bg_program** out, bg_error* err) {
  for (uint64_t i = 0; i < count; ++i) {
    const bg_status status = bg_host_supports(session, ops[i], err);
    if (status != BG_OK) return status;
  }
  bg_program* made = malloc(sizeof *made + count * sizeof *made->steps);
  if (made == NULL) return bg_fail(err, BG_OUT_OF_MEMORY, "out of memory");
  made->count = count;
  for (uint64_t i = 0; i < count; ++i) made->steps[i] = bg_host_of(session)->step(ops[i]);
  *out = made;
  return BG_OK;
}
static inline void bg_host_program_destroy(bg_session* session, bg_program* program) {
  (void)session;
  free(program);
}

static inline bg_status bg_host_program_kernel(bg_session* session, bg_program* program,
                                               uint32_t index, bg_kernel* out, bg_error* err) {
  (void)session;
  if (index >= program->count) {
    return bg_fail(err, BG_INVALID_ARGUMENT, "no kernel of that number");
  }
  out->name = bg_text(program->steps[index].name);
  out->calls = program->steps[index].calls;
  return BG_OK;
}

static inline bg_status bg_host_run(bg_session* session, bg_program* program, uint32_t repeat,
                                    const bg_run_args* args, bg_error* err) {
  (void)session, (void)args, (void)err;
  for (uint32_t i = 0; i < repeat; ++i) {
    for (bg_host_step* step = program->steps; step < program->steps + program->count; ++step) {
      step->kernel(step);
      ++step->calls;
    }
  }
  return BG_OK;
}
static inline bg_status bg_host_synchronize(bg_session* session, bg_error* err) {
  (void)session, (void)err; /* `run` computes before it returns */
  return BG_OK;
}

static inline bg_status bg_host_describe(const bg_host_backend* backend, const bg_sink* json) {
  const bg_str parts[] = {
      bg_text("{\"title\": \""), bg_text(backend->title),
      bg_text("\", \"options\": {\"type\": \"object\", \"additionalProperties\": false}}")};
  for (int i = 0; i < 3; ++i) json->write(json->ctx, parts[i].data, parts[i].size);
  return BG_OK;
}

static inline void bg_host_close(bg_instance* instance) { (void)instance; }

static inline const void* bg_host_interface(bg_instance* instance, bg_str id) {
  (void)instance;
  static const bg_backend table = {.struct_size = sizeof(bg_backend),
                                   .device_count = bg_host_device_count,
                                   .device_info = bg_host_device_info,
                                   .session_open = bg_host_session_open,
                                   .session_close = bg_host_session_close,
                                   .supports = bg_host_supports,
                                   .tensor_create = bg_host_tensor_create,
                                   .tensor_destroy = bg_host_tensor_destroy,
                                   .tensor_write = bg_host_tensor_write,
                                   .tensor_read = bg_host_tensor_read,
                                   .program_prepare = bg_host_prepare,
                                   .program_destroy = bg_host_program_destroy,
                                   .program_kernel = bg_host_program_kernel,
                                   .run = bg_host_run,
                                   .synchronize = bg_host_synchronize};
  return bg_is(id, BG_BACKEND_V1) ? &table : NULL;
}

/* Makes `backend`, a bg_host_backend, the plugin `plugin_id` of this library: its identity note and
 * the exported query. The title goes into JSON as it is. Once in a library. */
#define BG_HOST_BACKEND(backend, plugin_id, plugin_version)                                   \
  static bg_status bg_host_describe_it(const bg_sink* json, bg_error* err) {                  \
    (void)err;                                                                                \
    return bg_host_describe(&backend, json);                                                  \
  }                                                                                           \
  static bg_status bg_host_open_it(const bg_host* host, bg_str options, bg_instance** out,    \
                                   bg_error* err) {                                           \
    (void)host, (void)options, (void)err;                                                     \
    *out = (bg_instance*)&backend;                                                            \
    return BG_OK;                                                                             \
  }                                                                                           \
  BG_PLUGIN_NOTE(backend, BG_KIND_BACKEND, plugin_id, plugin_version);                        \
  BG_EXPORT const bg_plugin* bg_plugin_query_v1(uint32_t host_minor, uint32_t index) {        \
    (void)host_minor;                                                                         \
    static const bg_plugin plugin = {.struct_size = sizeof(bg_plugin),                        \
                                     .abi_minor = BG_ABI_MINOR,                               \
                                     .min_host_minor = BG_MIN_HOST_MINOR,                     \
                                     .kind = BG_KIND_BACKEND,                                 \
                                     .id = {plugin_id, sizeof(plugin_id) - 1},                \
                                     .version = {plugin_version, sizeof(plugin_version) - 1}, \
                                     .build = {BG_BUILD, sizeof(BG_BUILD) - 1},               \
                                     .describe = bg_host_describe_it,                         \
                                     .open = bg_host_open_it,                                 \
                                     .close = bg_host_close,                                  \
                                     .get_interface = bg_host_interface};                     \
    return index == 0 ? &plugin : NULL;                                                       \
  }

#endif /* not C++ */
#endif
