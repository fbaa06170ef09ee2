// Products of real weights, accumulated in f32: a group for each element of y, eight columns an item at a time.
// Grid: GROUP * rows of w, rows of x.
float8 load8_f32(global const float* from, size_t at) { return vload8(0, from + at); }
float8 load8_f16(global const half* from, size_t at) { return vload_half8(0, from + at); }
float8 load8_bf16(global const ushort* from, size_t at) {
  return as_float8(convert_uint8(vload8(0, from + at)) << 16);
}
float load_f32(global const float* from, size_t at) { return from[at]; }
float load_f16(global const half* from, size_t at) { return vload_half(at, from); }
float load_bf16(global const ushort* from, size_t at) { return of_bf16(from[at]); }

#define DEFINE_FLOAT_MATMUL(name, w_t, w_kind, x_t, x_kind)                                             \
  kernel void name(uint batch, uint rows, uint cols, global const w_t* restrict w,                      \
                   global const x_t* restrict x, global float* restrict y) {                            \
    local float scratch[GROUP];                                                                         \
    const uint row = get_group_id(0);                                                                   \
    const uint b = get_group_id(1);                                                                     \
    const size_t w_row = (size_t)row * cols;                                                            \
    const size_t x_row = (size_t)b * cols;                                                              \
    const uint end = batch == 0 ? 0 : cols;                                                             \
    float8 wide = 0;                                                                                    \
    uint k = 8 * get_local_id(0);                                                                       \
    for (; k + 8 <= end; k += 8 * GROUP) {                                                              \
      wide += load8_##w_kind(w, w_row + k) * load8_##x_kind(x, x_row + k);                              \
    }                                                                                                   \
    const float4 four = wide.lo + wide.hi;                                                              \
    float sum = (four.x + four.y) + (four.z + four.w);                                                  \
    for (; k < end; ++k) sum += load_##w_kind(w, w_row + k) * load_##x_kind(x, x_row + k);              \
    sum = reduce_sum(sum, scratch);                                                                     \
    if (batch != 0 && get_local_id(0) == 0) y[(size_t)b * rows + row] = sum;                            \
  }
DEFINE_FLOAT_MATMUL(matmul_f32, float, f32, float, f32)
DEFINE_FLOAT_MATMUL(matmul_f16, half, f16, half, f16)
DEFINE_FLOAT_MATMUL(matmul_bf16, ushort, bf16, ushort, bf16)
DEFINE_FLOAT_MATMUL(matmul_f16_f32, half, f16, float, f32)
DEFINE_FLOAT_MATMUL(matmul_bf16_f32, ushort, bf16, float, f32)
