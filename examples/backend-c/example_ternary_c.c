/* A complete backend for ternary weights in C11: one thread of the CPU. bitgate/host_backend.h
 * keeps the tensors and fills the tables of bitgate/abi.h. */
#include <bitgate/host_backend.h>

#include <math.h>

/* i2_s: each block of 128 weights is 32 bytes; a byte holds weights p, p+32, p+64 and p+96 of its
 * block from the high bits down, as code = weight + 1. The scale follows the codes. */
static uint64_t place(uint64_t i) { return i / 128 * 32 + i % 32; }
static unsigned shift(uint64_t i) { return (unsigned)(6 - i % 128 / 32 * 2); }

static void quantize(const bg_host_step* s) { /* values that are -scale, 0 or +scale */
  const float* x = (const float*)s->in[0]->bytes;
  const uint64_t count = s->in[0]->rows * s->in[0]->cols;
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

/* y[b][m] = sum over k of w[m][k] * x[b][k], exact in int32 */
static void matmul(const bg_host_step* s) {
  const bg_tensor *w = s->in[0], *x = s->in[1];
  int32_t* y = (int32_t*)s->out->bytes;
  for (uint64_t b = 0; b < x->rows; ++b) {
    for (uint64_t m = 0; m < w->rows; ++m) {
      const unsigned char* packed = w->bytes + m * w->cols / 4;
      const int8_t* values = (const int8_t*)x->bytes + b * w->cols;
      int32_t total = 0;
      for (uint64_t block = 0; block < w->cols; block += 128, packed += 32) {
        for (int group = 0; group < 4; ++group, values += 32) {
          for (int p = 0; p < 32; ++p)
            total += ((packed[p] >> (6 - 2 * group) & 3) - 1) * values[p];
        }
      }
      y[b * w->rows + m] = total;
    }
  }
}

static bg_status supports(const bg_op* op, bg_error* err) {
  const bg_operand *in = op->inputs, *out = op->outputs;
  const int one = op->input_count == 1 && op->output_count == 1 && bg_is(op->kind, "quantize");
  const int two = op->input_count == 2 && op->output_count == 1 && bg_is(op->kind, "matmul");
  const uint64_t rows = one || two ? in[0].desc->dims[0] : 0;
  const uint64_t cols = one || two ? in[0].desc->dims[1] : 0;
  if (one && bg_host_fits(&in[0], "f32", rows, cols) && bg_host_fits(out, "i2_s", rows, cols)) {
    if (bg_is(bg_attribute_text(op, "rounding"), "ternary")) return BG_OK;
    return bg_fail(err, BG_UNSUPPORTED, "quantize: only the rounding 'ternary'");
  }
  if (two && bg_host_fits(&in[0], "i2_s", rows, cols) && cols <= 1 << 24) {
    const uint64_t batch = in[1].desc->dims[0];
    if (bg_host_fits(&in[1], "i8", batch, cols) && bg_host_fits(out, "i32", batch, rows)) {
      return BG_OK;
    }
  }
  return bg_fail(err, BG_UNSUPPORTED, "only quantize f32 to i2_s, and matmul i2_s by i8 to i32");
}

static bg_host_step step(const bg_op* op) {
  const bg_operand* in = op->inputs;
  bg_tensor* out = op->outputs[0].tensor;
  if (op->input_count == 1) {
    return (bg_host_step){quantize, "plain/quantize_i2_s", {in[0].tensor}, out, 0};
  }
  return (bg_host_step){matmul, "plain/matmul_i2_s", {in[0].tensor, in[1].tensor}, out, 0};
}

static const bg_host_backend example_ternary_c = {"Ternary weights, in C", "cpu/plain",
                                                  "one thread of C", supports, step};

BG_HOST_BACKEND(example_ternary_c, BITGATE_PLUGIN_ID, BITGATE_PLUGIN_VERSION)
