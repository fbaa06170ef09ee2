/* A backend in plain C over abi.h alone: f32 matrix products on one thread. Macros make it lie
 * about itself, one lie a build, so that tests see each one refused:
 *
 *   PLAIN_ID, PLAIN_VERSION   what it calls itself
 *   PLAIN_TABLE_ID, PLAIN_TABLE_VERSION, PLAIN_TABLE_KIND   what only its table says
 *   PLAIN_STRUCT_SIZE, PLAIN_BACKEND_SIZE, PLAIN_TIMER_SIZE   sizes of its tables
 *   PLAIN_NO_NOTE             no identity note
 *   PLAIN_CONSTRUCTOR         a constructor that writes the file named by that macro and aborts
 *   PLAIN_TELLS_ENVIRONMENT   logs its environment when opened */
#include <bitgate/abi.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifndef PLAIN_ID
#define PLAIN_ID "test.plain"
#endif
#ifndef PLAIN_TABLE_ID
#define PLAIN_TABLE_ID PLAIN_ID
#endif
#ifndef PLAIN_VERSION
#define PLAIN_VERSION "1.0.0"
#endif
#ifndef PLAIN_TABLE_VERSION
#define PLAIN_TABLE_VERSION PLAIN_VERSION
#endif
#ifndef PLAIN_TABLE_KIND
#define PLAIN_TABLE_KIND BG_KIND_BACKEND
#endif
#ifndef PLAIN_STRUCT_SIZE
#define PLAIN_STRUCT_SIZE sizeof(bg_plugin)
#endif
#ifndef PLAIN_BACKEND_SIZE
#define PLAIN_BACKEND_SIZE sizeof(bg_backend)
#endif
#ifndef PLAIN_TIMER_SIZE
#define PLAIN_TIMER_SIZE sizeof(bg_device_timer)
#endif

#define TEXT(literal) \
  { literal, sizeof(literal) - 1 }

#ifdef PLAIN_CONSTRUCTOR
__attribute__((constructor)) static void betray(void) {
  FILE* file = fopen(PLAIN_CONSTRUCTOR, "w");
  if (file != NULL) fclose(file);
  abort();
}
#endif

#ifndef PLAIN_NO_NOTE
BG_PLUGIN_NOTE(plain, BG_KIND_BACKEND, PLAIN_ID, PLAIN_VERSION);
#endif

struct bg_instance {
  const bg_host* host;
};

struct bg_session {
  bg_instance* instance;
  uint64_t begin; /* of the work since the last synchronize; 0 if there was none */
  uint64_t busy;  /* nanoseconds of the work before it */
};

struct bg_tensor {
  uint64_t rows;
  uint64_t cols;
  float values[];
};

struct bg_program {
  const bg_tensor* w;
  const bg_tensor* x;
  bg_tensor* y;
  uint64_t calls;
};

static int same(bg_str text, const char* word) {
  return text.size == strlen(word) && memcmp(text.data, word, text.size) == 0;
}

static bg_status fail(bg_error* err, bg_status status, const char* message) {
  if (err != NULL) {
    err->code = status;
    snprintf(err->message, sizeof(err->message), "%s", message);
  }
  return status;
}

#ifdef PLAIN_TELLS_ENVIRONMENT
extern char** environ;

static void tell_environment(const bg_host* host) {
  for (char** entry = environ; *entry != NULL; ++entry) {
    const bg_str text = {*entry, strlen(*entry)};
    host->log(host->ctx, BG_LOG_INFO, text);
  }
}
#endif

static bg_status device_count(bg_instance* instance, uint32_t* out, bg_error* err) {
  (void)instance;
  (void)err;
  *out = 1;
  return BG_OK;
}

static bg_status device_info(bg_instance* instance, uint32_t index, bg_device* out, bg_error* err) {
  (void)instance;
  const bg_device device = {.id = TEXT("plain/cpu"), .name = TEXT("one thread of C"), .units = 1};
  if (index != 0) return fail(err, BG_INVALID_ARGUMENT, "there is one device");
  const uint32_t size = out->struct_size;
  memcpy(out, &device, size < sizeof(device) ? size : sizeof(device));
  out->struct_size = size;
  return BG_OK;
}

static bg_status session_open(bg_instance* instance, bg_str device,
                              const bg_session_options* options, bg_session** out, bg_error* err) {
  if (!same(device, "plain/cpu")) return fail(err, BG_UNAVAILABLE, "no such device");
  if (options->threads != 1) return fail(err, BG_INVALID_ARGUMENT, "one thread is all there is");
  *out = malloc(sizeof(**out));
  if (*out == NULL) return fail(err, BG_OUT_OF_MEMORY, "out of memory");
  (*out)->instance = instance;
  return BG_OK;
}

static void session_close(bg_session* session) { free(session); }

static bg_status supports(bg_session* session, const bg_op* op, bg_error* err) {
  (void)session;
  if (!same(op->kind, "matmul") || op->input_count != 2 || op->output_count != 1) {
    return fail(err, BG_UNSUPPORTED, "only matmul");
  }
  for (uint64_t i = 0; i < op->input_count; ++i) {
    if (!same(op->inputs[i].desc->format, "f32")) return fail(err, BG_UNSUPPORTED, "only f32");
  }
  return BG_OK;
}

static bg_status tensor_create(bg_session* session, const bg_tensor_desc* desc, bg_tensor** out,
                               bg_error* err) {
  (void)session;
  if (desc->rank != 2 || !same(desc->format, "f32")) {
    return fail(err, BG_UNSUPPORTED, "only f32 matrices");
  }
  bg_tensor* tensor = malloc(sizeof(*tensor) + desc->dims[0] * desc->dims[1] * sizeof(float));
  if (tensor == NULL) return fail(err, BG_OUT_OF_MEMORY, "out of memory");
  tensor->rows = desc->dims[0];
  tensor->cols = desc->dims[1];
  *out = tensor;
  return BG_OK;
}

static void tensor_destroy(bg_session* session, bg_tensor* tensor) {
  (void)session;
  free(tensor);
}

static bg_status tensor_write(bg_session* session, bg_tensor* tensor, const void* data,
                              uint64_t size, bg_error* err) {
  (void)session;
  if (size != tensor->rows * tensor->cols * sizeof(float)) {
    return fail(err, BG_INVALID_ARGUMENT, "the tensor has another size");
  }
  memcpy(tensor->values, data, size);
  return BG_OK;
}

static bg_status tensor_read(bg_session* session, bg_tensor* tensor, void* data, uint64_t size,
                             bg_error* err) {
  (void)session;
  if (size != tensor->rows * tensor->cols * sizeof(float)) {
    return fail(err, BG_INVALID_ARGUMENT, "the tensor has another size");
  }
  memcpy(data, tensor->values, size);
  return BG_OK;
}

static bg_status program_prepare(bg_session* session, const bg_op* const* ops, uint64_t count,
                                 bg_program** out, bg_error* err) {
  if (count != 1) return fail(err, BG_UNSUPPORTED, "one operation a program");
  const bg_status status = supports(session, ops[0], err);
  if (status != BG_OK) return status;
  bg_program* program = malloc(sizeof(*program));
  if (program == NULL) return fail(err, BG_OUT_OF_MEMORY, "out of memory");
  program->w = ops[0]->inputs[0].tensor;
  program->x = ops[0]->inputs[1].tensor;
  program->y = ops[0]->outputs[0].tensor;
  program->calls = 0;
  *out = program;
  return BG_OK;
}

static void program_destroy(bg_session* session, bg_program* program) {
  (void)session;
  free(program);
}

static bg_status program_kernel(bg_session* session, bg_program* program, uint32_t index,
                                bg_kernel* out, bg_error* err) {
  (void)session;
  if (index != 0) return fail(err, BG_INVALID_ARGUMENT, "there is one kernel");
  const bg_str name = TEXT("plain/f32_matmul");
  out->name = name;
  out->calls = program->calls;
  return BG_OK;
}

static void multiply(bg_program* program) {
  const uint64_t cols = program->w->cols;
  for (uint64_t b = 0; b < program->x->rows; ++b) {
    for (uint64_t m = 0; m < program->w->rows; ++m) {
      float sum = 0;
      for (uint64_t k = 0; k < cols; ++k) {
        sum += program->w->values[m * cols + k] * program->x->values[b * cols + k];
      }
      program->y->values[b * program->w->rows + m] = sum;
    }
  }
  ++program->calls;
}

static uint64_t now(void) {
  struct timespec time;
  timespec_get(&time, TIME_UTC);
  return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static bg_status run(bg_session* session, bg_program* program, uint32_t repeat,
                     const bg_run_args* args, bg_error* err) {
  if (session->begin == 0) session->begin = now();
  (void)args;
  (void)err;
  for (uint32_t i = 0; i < repeat; ++i) multiply(program);
  return BG_OK;
}

static bg_status synchronize(bg_session* session, bg_error* err) {
  session->busy = session->begin == 0 ? 0 : now() - session->begin;
  session->begin = 0;
  (void)err;
  return BG_OK;
}

static const bg_backend kBackend = {
    .struct_size = PLAIN_BACKEND_SIZE,
    .device_count = device_count,
    .device_info = device_info,
    .session_open = session_open,
    .session_close = session_close,
    .supports = supports,
    .tensor_create = tensor_create,
    .tensor_destroy = tensor_destroy,
    .tensor_write = tensor_write,
    .tensor_read = tensor_read,
    .program_prepare = program_prepare,
    .program_destroy = program_destroy,
    .program_kernel = program_kernel,
    .run = run,
    .synchronize = synchronize,
};

#ifdef BG_DEVICE_TIMER_V1 /* since 1.1 */
static bg_status timer_start(bg_session* session, bg_error* err) {
  (void)session;
  (void)err;
  return BG_OK;
}

static bg_status timer_read(bg_session* session, bg_device_times* out, bg_error* err) {
  (void)err;
  const bg_device_times times = {
      .struct_size = out->struct_size, .known = BG_TIME_QUEUED, .execution_ns = session->busy};
  memcpy(out, &times, out->struct_size < sizeof(times) ? out->struct_size : sizeof(times));
  return BG_OK;
}

static const bg_device_timer kTimer = {
    .struct_size = PLAIN_TIMER_SIZE,
    .start = timer_start,
    .read = timer_read,
};
#endif

static bg_status describe(const bg_sink* json, bg_error* err) {
  (void)err;
  static const char text[] =
      "{\"title\": \"Plain C\","
      " \"options\": {\"type\": \"object\", \"additionalProperties\": false, \"properties\": {}}}";
  json->write(json->ctx, text, sizeof(text) - 1);
  return BG_OK;
}

static bg_status open_plugin(const bg_host* host, bg_str options, bg_instance** out,
                             bg_error* err) {
  (void)options;
  *out = malloc(sizeof(**out));
  if (*out == NULL) return fail(err, BG_OUT_OF_MEMORY, "out of memory");
  (*out)->host = host;
#ifdef PLAIN_TELLS_ENVIRONMENT
  tell_environment(host);
#endif
  return BG_OK;
}

static void close_plugin(bg_instance* instance) { free(instance); }

static const void* get_interface(bg_instance* instance, bg_str id) {
  (void)instance;
#ifdef BG_DEVICE_TIMER_V1
  if (same(id, BG_DEVICE_TIMER_V1)) return &kTimer;
#endif
  return same(id, BG_BACKEND_V1) ? &kBackend : NULL;
}

static const bg_plugin kPlugin = {
    .struct_size = PLAIN_STRUCT_SIZE,
    .abi_minor = BG_ABI_MINOR,
    .min_host_minor = BG_MIN_HOST_MINOR,
    .kind = PLAIN_TABLE_KIND,
    .id = TEXT(PLAIN_TABLE_ID),
    .version = TEXT(PLAIN_TABLE_VERSION),
    .build = TEXT(BG_BUILD),
    .describe = describe,
    .open = open_plugin,
    .close = close_plugin,
    .get_interface = get_interface,
};

BG_EXPORT const bg_plugin* bg_plugin_query_v1(uint32_t host_minor, uint32_t index) {
  (void)host_minor;
  return index == 0 ? &kPlugin : NULL;
}
