// Real numbers to codes, and back.

// One row of f32 to int8 codes by its own maximum: pairs of int16 and their sums as ternary.cl takes them.
// A group for each row.
#define I8_AT(at, inverse) ((at) < cols ? (int)rint(from[at] * (inverse)) : 0)
kernel void quantize_i8(uint rows, uint cols, uint chunks, global const float* restrict x,
                        global uint* restrict pairs, global int* restrict sums, global float* restrict scales) {
  local float scratch[GROUP];
  const uint row = get_group_id(0);
  const uint item = get_local_id(0);
  const uint end = rows == 0 ? 0 : cols;
  global const float* from = x + (size_t)row * cols;
  float largest = 0;
  for (uint i = item; i < end; i += GROUP) largest = fmax(largest, fabs(from[i]));
  largest = fmax(reduce_max(largest, scratch), 1e-5f);
  const float inverse = DIVIDE(127.0f, largest);
  if (rows != 0 && item == 0) scales[row] = DIVIDE(largest, 127.0f);
  for (uint chunk = item; chunk < (rows == 0 ? 0 : chunks); chunk += GROUP) {
    int sum = 0;
    for (uint pair = 0; pair < CHUNK_PAIRS; ++pair) {
      const uint at = chunk * CHUNK + pair / 8 * 16 + pair % 8;
      const int low = I8_AT(at, inverse);
      const int high = I8_AT(at + 8, inverse);
      sum += low + high;
      pairs[((size_t)row * chunks + chunk) * CHUNK_PAIRS + pair] =
          as_uint((short2)((short)low, (short)high));
    }
    sums[(size_t)row * chunks + chunk] = sum;
  }
}

kernel void dequantize_i8(uint rows, uint cols, uint chunks, global const uint* restrict pairs,
                          global const float* restrict scales, global float* restrict y) {
  const uint row = get_global_id(1);
  const uint col = get_global_id(0);
  if (row >= rows || col >= cols) return;
  const short2 pair = as_short2(
      pairs[((size_t)row * chunks + col / CHUNK) * CHUNK_PAIRS + col % CHUNK / 16 * 8 + col % 8]);
  y[(size_t)row * cols + col] = (float)(col % 16 < 8 ? pair.x : pair.y) * scales[row];
}

// Floats of 16 bits. A NaN stays one, with the same upper bits.
ushort bf16_of(float value) {
  const uint bits = as_uint(value);
  if (isnan(value)) return (ushort)(bits >> 16 | 0x40u);
  return (ushort)((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}
float of_bf16(ushort bits) { return as_float((uint)bits << 16); }

kernel void quantize_f16(ulong count, global const float* restrict x, global half* restrict y) {
  const size_t i = get_global_id(0);
  if (i < count) vstore_half_rte(x[i], i, y);
}
kernel void dequantize_f16(ulong count, global const half* restrict x, global float* restrict y) {
  const size_t i = get_global_id(0);
  if (i < count) y[i] = vload_half(i, x);
}
kernel void quantize_bf16(ulong count, global const float* restrict x, global ushort* restrict y) {
  const size_t i = get_global_id(0);
  if (i < count) y[i] = bf16_of(x[i]);
}
kernel void dequantize_bf16(ulong count, global const ushort* restrict x, global float* restrict y) {
  const size_t i = get_global_id(0);
  if (i < count) y[i] = of_bf16(x[i]);
}

// Scale of a whole tensor in two steps: PARTS groups each look at a part of it, one group at what they found.
// "Ternary" takes the largest magnitude, "absmean" the mean in double.
#define RANGE(count)                                        \
  const uint parts = get_num_groups(0);                     \
  const ulong length = (count + parts - 1) / parts;         \
  const ulong begin = get_group_id(0) * length;             \
  const ulong end = min(begin + length, (ulong)(count));
kernel void largest_part(ulong count, global const float* restrict x, global float* restrict parts_out) {
  local float scratch[GROUP];
  RANGE(count)
  float largest = 0;
  for (ulong i = begin + get_local_id(0); i < end; i += GROUP) largest = fmax(largest, fabs(x[i]));
  largest = reduce_max(largest, scratch);
  if (count != 0 && get_local_id(0) == 0) parts_out[get_group_id(0)] = largest;
}
kernel void largest_scale(uint parts, ulong count, global const float* restrict found, global float* restrict scale) {
  local float scratch[GROUP];
  float largest = 0;
  for (uint i = get_local_id(0); i < parts; i += GROUP) largest = fmax(largest, found[i]);
  largest = reduce_max(largest, scratch);
  if (parts != 0 && get_local_id(0) == 0) scale[0] = largest;
}
#if FP64
kernel void abs_sum_part(ulong count, global const float* restrict x, global double* restrict parts_out) {
  local double scratch[GROUP];
  RANGE(count)
  double8 wide = 0;
  ulong i = begin + 8 * get_local_id(0);
  for (; i + 8 <= end; i += 8 * GROUP) wide += convert_double8(fabs(vload8(0, x + i)));
  double sum = wide.s0 + wide.s1 + wide.s2 + wide.s3 + wide.s4 + wide.s5 + wide.s6 + wide.s7;
  for (; i < end; ++i) sum += fabs(x[i]);  // of the one item whose eight reach beyond
  sum = reduce_sum_double(sum, scratch);
  if (count != 0 && get_local_id(0) == 0) parts_out[get_group_id(0)] = sum;
}
kernel void mean_scale(uint parts, ulong count, global const double* restrict found, global float* restrict scale) {
  local double scratch[GROUP];
  double sum = 0;
  for (uint i = get_local_id(0); i < parts; i += GROUP) sum += found[i];
  sum = reduce_sum_double(sum, scratch);
  if (parts != 0 && get_local_id(0) == 0) scale[0] = fmax((float)(sum / (double)count), 1e-5f);
}
#endif

// Codes by a threshold: |x| > half the scale, or with `absmean` 0 |x| >= 1e-6. Behind the tensor's edge they
// are 0. Grid: words of a row, rows up to whole blocks.
kernel void quantize_ternary(uint rows, uint cols, uint words, uint absmean, global const float* restrict x,
                             global const float* restrict scale, global uint* restrict w) {
  const uint row = get_global_id(1);
  const uint first = get_global_id(0) * 16;
  if (rows == 0 || get_global_id(0) >= words) return;
  const float half_scale = scale[0] * 0.5f;
  uint word = 0;
  for (uint p = 0; p < 16; ++p) {
    const float value = row < rows && first + p < cols ? x[(size_t)row * cols + first + p] : 0.0f;
    const bool counts = absmean ? fabs(value) > half_scale : fabs(value) >= 1e-6f;
    const uint code = !counts ? 1u : value > 0 ? 2u : 0u;
    word |= code << (2 * (p % 8) + 16 * (p / 8));
  }
  w[word_index(row, get_global_id(0), words)] = word;
}

kernel void fill_block_scales(uint count, global const float* restrict scale, global half* restrict scales) {
  const size_t i = get_global_id(0);
  if (i < count) vstore_half_rte(scale[0], i, scales);
}
