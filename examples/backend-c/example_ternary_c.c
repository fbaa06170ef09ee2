/* A complete backend for ternary weights in C11, on bitgate/abi.h alone: one thread of the CPU.
 * The first part is this backend's own, the second is what any backend in host memory needs. */
#include <bitgate/abi.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct bg_tensor {
  uint64_t rows, cols, size;
  uint64_t code_bytes;   /* of two-bit codes at the front, of which 3 is illegal */
  unsigned char bytes[]; /* the canonical layout of the format, see bitgate/formats.hpp */
};

typedef struct step { /* one operation of a program */
  void (*kernel)(const struct step*);
  const char* name;
  const bg_tensor *in, *x;
  bg_tensor* out;
  uint64_t calls;
} step;

static int is(bg_str a, const char* b) { return a.size == strlen(b) && !memcmp(a.data, b, a.size); }

static bg_status fail(bg_error* err, bg_status code, const char* message) {
  if (err != NULL) {
    err->code = code;
    strncpy(err->message, message, sizeof err->message - 1); /* the host zeroed it */
  }
  return code;
}

/* i2_s: each block of 128 weights is 32 bytes; a byte holds weights p, p+32, p+64 and p+96 of its
 * block from the high bits down, as code = weight + 1. The scale follows the codes. */
static uint64_t place(uint64_t i) { return i / 128 * 32 + i % 32; }
static unsigned shift(uint64_t i) { return (unsigned)(6 - i % 128 / 32 * 2); }

static void quantize(const step* s) { /* values that are -scale, 0 or +scale */
  const float* x = (const float*)s->in->bytes;
  const uint64_t count = s->in->rows * s->in->cols;
  float scale = 0;
  memset(s->out->bytes, 0, s->out->size);
  for (uint64_t i = 0; i < count; ++i) {
    const float size = fabsf(x[i]);
    if (size > scale) scale = size;
    const unsigned code = size < 1e-6F ? 1 : x[i] < 0 ? 0 : 2;
    s->out->bytes[place(i)] |= (unsigned char)(code << shift(i));
  }
  memcpy(s->out->bytes + count / 4, &scale, sizeof scale);
}

static void matmul(const step* s) { /* y[b][m] = sum over k of w[m][k] * x[b][k], exact in int32 */
  const uint64_t rows = s->in->rows, cols = s->in->cols;
  for (uint64_t b = 0; b < s->x->rows; ++b) {
    for (uint64_t m = 0; m < rows; ++m) {
      const unsigned char* packed = s->in->bytes + m * cols / 4;
      const int8_t* x = (const int8_t*)s->x->bytes + b * cols;
      int32_t total = 0;
      for (uint64_t block = 0; block < cols; block += 128, packed += 32) {
        for (int group = 0; group < 4; ++group, x += 32) {
          for (int p = 0; p < 32; ++p) total += ((packed[p] >> (6 - 2 * group) & 3) - 1) * x[p];
        }
      }
      ((int32_t*)s->out->bytes)[b * rows + m] = total;
    }
  }
}

static uint64_t byte_size(const bg_tensor_desc* d) { /* 0 if there is no such tensor */
  uint64_t count = 0;
  if (d->rank != 2 || __builtin_mul_overflow(d->dims[0], d->dims[1], &count)) return 0;
  if (count == 0 || count > (uint64_t)1 << 40) return 0;
  if (is(d->format, "f32") || is(d->format, "i32")) return count * 4;
  if (is(d->format, "i8")) return count + d->dims[0] * 4; /* a scale for each row */
  return is(d->format, "i2_s") && d->dims[1] % 128 == 0 ? count / 4 + 32 : 0;
}

static int fits(const bg_operand* operand, const char* format, uint64_t rows, uint64_t cols) {
  const bg_tensor_desc* d = operand->desc;
  return is(d->format, format) && byte_size(d) > 0 && d->dims[0] == rows && d->dims[1] == cols;
}

static bg_status supports(bg_session* session, const bg_op* op, bg_error* err) {
  const bg_operand *in = op->inputs, *out = op->outputs;
  const int one = op->input_count == 1 && op->output_count == 1 && is(op->kind, "quantize");
  const int two = op->input_count == 2 && op->output_count == 1 && is(op->kind, "matmul");
  const uint64_t rows = one || two ? in[0].desc->dims[0] : 0;
  const uint64_t cols = one || two ? in[0].desc->dims[1] : 0;
  if (one && fits(&in[0], "f32", rows, cols) && fits(out, "i2_s", rows, cols)) {
    for (uint64_t i = 0; i < op->attribute_count; ++i) {
      const bg_attribute* a = &op->attributes[i];
      if (is(a->name, "rounding") && is(a->text, "ternary")) return BG_OK;
    }
    return fail(err, BG_UNSUPPORTED, "quantize: only the rounding 'ternary'");
  }
  if (two && fits(&in[0], "i2_s", rows, cols) && cols <= 1 << 24) {
    const uint64_t batch = in[1].desc->dims[0];
    if (fits(&in[1], "i8", batch, cols) && fits(out, "i32", batch, rows)) return BG_OK;
  }
  return fail(err, BG_UNSUPPORTED, "only quantize f32 to i2_s, and matmul i2_s by i8 to i32");
}

static step step_of(const bg_op* op) {
  const bg_operand *in = op->inputs, *out = op->outputs;
  if (op->input_count == 1) {
    return (step){quantize, "plain/quantize_i2_s", in[0].tensor, NULL, out->tensor, 0};
  }
  return (step){matmul, "plain/matmul_i2_s", in[0].tensor, in[1].tensor, out->tensor, 0};
}

/* ---- the second part: storage, programs and tables ------------------------------------------- */

struct bg_program {
  uint64_t count;
  step steps[];
};
/* One instance and any number of sessions, none of which has a state. */
struct bg_instance {
  int unused;
};
struct bg_session {
  int unused;
};
static bg_instance the_instance;
static bg_session the_session;

static bg_str text(const char* words) { return (bg_str){words, strlen(words)}; }

static bg_status create(bg_session* s, const bg_tensor_desc* d, bg_tensor** out, bg_error* err) {
  const uint64_t size = byte_size(d);
  if (size == 0) return fail(err, BG_UNSUPPORTED, "the format can't hold this shape");
  *out = calloc(1, sizeof **out + size);
  if (*out == NULL) return fail(err, BG_OUT_OF_MEMORY, "out of memory");
  (*out)->rows = d->dims[0];
  (*out)->cols = d->dims[1];
  (*out)->size = size;
  (*out)->code_bytes = is(d->format, "i2_s") ? size - 32 : 0;
  return BG_OK;
}
static void destroy(bg_session* s, bg_tensor* tensor) { free(tensor); }

static bg_status write(bg_session* s, bg_tensor* to, const void* data, uint64_t n, bg_error* err) {
  if (n != to->size) return fail(err, BG_INVALID_ARGUMENT, "not the tensor's size");
  const unsigned char* codes = data;
  for (uint64_t i = 0; i < to->code_bytes; ++i) {
    if (codes[i] & codes[i] >> 1 & 0x55)
      return fail(err, BG_INVALID_ARGUMENT, "i2_s: illegal code 3");
  }
  memcpy(to->bytes, data, n);
  return BG_OK;
}
static bg_status read(bg_session* s, bg_tensor* from, void* data, uint64_t n, bg_error* err) {
  if (n != from->size) return fail(err, BG_INVALID_ARGUMENT, "not the tensor's size");
  memcpy(data, from->bytes, n);
  return BG_OK;
}

static bg_status prepare(bg_session* s, const bg_op* const* ops, uint64_t count, bg_program** out,
                         bg_error* err) {
  for (uint64_t i = 0; i < count; ++i) {
    const bg_status status = supports(s, ops[i], err);
    if (status != BG_OK) return status;
  }
  bg_program* made = malloc(sizeof *made + count * sizeof *made->steps);
  if (made == NULL) return fail(err, BG_OUT_OF_MEMORY, "out of memory");
  made->count = count;
  for (uint64_t i = 0; i < count; ++i) made->steps[i] = step_of(ops[i]);
  *out = made;
  return BG_OK;
}
static void discard(bg_session* s, bg_program* program) { free(program); }

static bg_status kernel(bg_session* s, bg_program* p, uint32_t i, bg_kernel* out, bg_error* err) {
  if (i >= p->count) return fail(err, BG_INVALID_ARGUMENT, "no kernel of that number");
  out->name = text(p->steps[i].name);
  out->calls = p->steps[i].calls;
  return BG_OK;
}

static bg_status run(bg_session* s, bg_program* p, uint32_t repeat, const bg_run_args* args,
                     bg_error* err) {
  for (uint32_t r = 0; r < repeat; ++r) {
    for (step* at = p->steps; at < p->steps + p->count; ++at) {
      at->kernel(at);
      ++at->calls; /* counted where it is started */
    }
  }
  return BG_OK;
}
static bg_status synchronize(bg_session* s, bg_error* err) { return BG_OK; }

static bg_status device_count(bg_instance* instance, uint32_t* out, bg_error* err) {
  *out = 1;
  return BG_OK;
}
static bg_status device_info(bg_instance* instance, uint32_t i, bg_device* out, bg_error* err) {
  if (i > 0) return fail(err, BG_INVALID_ARGUMENT, "no device of that number");
  const bg_device device = {sizeof device, 0, text("cpu/plain"), text("one thread of C"), 1, 0, 0};
  const uint32_t size = out->struct_size < sizeof device ? out->struct_size : sizeof device;
  memcpy(out, &device, size); /* a host of another minor version may know less of the struct */
  out->struct_size = size;
  return BG_OK;
}
static bg_status session_open(bg_instance* instance, bg_str device,
                              const bg_session_options* options, bg_session** out, bg_error* err) {
  if (!is(device, "cpu/plain")) return fail(err, BG_UNAVAILABLE, "the device is cpu/plain");
  *out = &the_session;
  return BG_OK;
}
static void session_close(bg_session* s) {}

static const bg_backend backend = {sizeof(bg_backend),
                                   0,
                                   device_count,
                                   device_info,
                                   session_open,
                                   session_close,
                                   supports,
                                   create,
                                   destroy,
                                   write,
                                   read,
                                   prepare,
                                   discard,
                                   kernel,
                                   run,
                                   synchronize};

static bg_status describe(const bg_sink* json, bg_error* err) {
  const bg_str words = text(
      "{\"title\": \"Ternary weights, in C\", \"options\": "
      "{\"type\": \"object\", \"additionalProperties\": false}}");
  json->write(json->ctx, words.data, words.size);
  return BG_OK;
}
static bg_status open(const bg_host* host, bg_str options, bg_instance** out, bg_error* err) {
  *out = &the_instance;
  return BG_OK;
}
static void close(bg_instance* instance) {}
static const void* get_interface(bg_instance* instance, bg_str id) {
  return is(id, BG_BACKEND_V1) ? &backend : NULL;
}

#define STR(literal) \
  { literal, sizeof(literal) - 1 }
static const bg_plugin plugin = {.struct_size = sizeof(bg_plugin),
                                 .abi_minor = BG_ABI_MINOR,
                                 .kind = BG_KIND_BACKEND,
                                 .id = STR(BITGATE_PLUGIN_ID),
                                 .version = STR(BITGATE_PLUGIN_VERSION),
                                 .build = STR(BG_BUILD),
                                 .describe = describe,
                                 .open = open,
                                 .close = close,
                                 .get_interface = get_interface};
BG_PLUGIN_NOTE(example_ternary_c, BG_KIND_BACKEND, BITGATE_PLUGIN_ID, BITGATE_PLUGIN_VERSION);

BG_EXPORT const bg_plugin* bg_plugin_query_v1(uint32_t host_minor, uint32_t index) {
  return index == 0 ? &plugin : NULL;
}
