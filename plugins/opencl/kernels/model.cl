// The other operations of a transformer; t tokens, one a row. Elements and sums are f32.

// Indices that would reach beyond a tensor give zeros.
#define DEFINE_EMBED(name, table_t, kind)                                                           \
  kernel void name(uint tokens, uint rows, uint cols, global const table_t* restrict table,         \
                   global const int* restrict ids, global float* restrict y) {                      \
    const uint col = get_global_id(0);                                                              \
    const uint token = get_global_id(1);                                                            \
    if (token >= tokens || col >= cols) return;                                                     \
    const uint row = (uint)ids[token];                                                              \
    y[(size_t)token * cols + col] = row < rows ? load_##kind(table, (size_t)row * cols + col) : 0; \
  }
DEFINE_EMBED(embed_f32, float, f32)
DEFINE_EMBED(embed_f16, half, f16)
DEFINE_EMBED(embed_bf16, ushort, bf16)

// A group for each row; x and y may be one tensor.
kernel void rms_norm(uint rows, uint cols, float epsilon, global const float* x, global const float* weight,
                     global float* y) {
  local float scratch[GROUP];
  const uint item = get_local_id(0);
  const size_t row = (size_t)get_group_id(0) * cols;
  const uint end = rows == 0 ? 0 : cols;
  float8 wide = 0;
  uint i = 8 * item;
  for (; i + 8 <= end; i += 8 * GROUP) {
    const float8 some = vload8(0, x + row + i);
    wide += some * some;
  }
  const float4 four = wide.lo + wide.hi;
  float sum = (four.x + four.y) + (four.z + four.w);
  for (; i < end; ++i) sum += x[row + i] * x[row + i];
  sum = reduce_sum(sum, scratch);
  const float root = sqrt(sum / (float)cols + epsilon);
  for (uint j = item; j < end; j += GROUP) y[row + j] = x[row + j] / root * weight[j];
}

// Turns each head's planes (j, j + half) by an angle of its position. The table holds, for each position, the
// cosines and then the sines of all planes. Grid: pairs of a row, rows; x and y may be one tensor.
kernel void rope(uint rows, uint cols, uint planes, uint context, global const float* restrict table,
                 global const float* x, global const int* restrict positions, global float* y) {
  const uint pair = get_global_id(0);
  const uint row = get_global_id(1);
  if (row >= rows || pair >= cols / 2) return;
  const uint plane = pair % planes;
  const size_t low = (size_t)row * cols + pair / planes * 2 * planes + plane;
  const size_t high = low + planes;
  const uint position = min((uint)positions[row], context - 1);
  global const float* turns = table + (size_t)position * 2 * planes;
  const float cosine = turns[plane];
  const float sine = turns[planes + plane];
  const float a = x[low];
  const float b = x[high];
  y[low] = a * cosine - b * sine;
  y[high] = a * sine + b * cosine;
}

// The cache first: rows of k and v to their positions. Grid: columns, rows.
#define DEFINE_STORE_ROWS(name, cache_t, put)                                                                     \
  kernel void name(uint rows, uint cols, uint context, global const int* restrict positions,                      \
                   global const float* restrict k, global const float* restrict v, global cache_t* restrict keys, \
                   global cache_t* restrict values) {                                                             \
    const uint col = get_global_id(0);                                                                            \
    const uint row = get_global_id(1);                                                                            \
    if (row >= rows || col >= cols) return;                                                                       \
    const uint position = (uint)positions[row];                                                                   \
    if (position >= context) return;                                                                              \
    const size_t from = (size_t)row * cols + col;                                                                 \
    const size_t to = (size_t)position * cols + col;                                                              \
    put(k[from], to, keys);                                                                                       \
    put(v[from], to, values);                                                                                     \
  }
#define PUT_F32(value, at, to) ((to)[at] = (value))
DEFINE_STORE_ROWS(store_rows_f32, float, PUT_F32)
DEFINE_STORE_ROWS(store_rows_f16, half, vstore_half_rte)

// A group for each head of each row: scores of all rows up to the position, their softmax, the sum of values.
// `scores` has `context` places for each group.
#define DEFINE_ATTENTION(name, cache_t, kind)                                                              \
  kernel void name(uint rows, uint heads, uint kv_heads, uint head, uint context,                          \
                   global const int* restrict positions, global const float* restrict q,                   \
                   global const cache_t* restrict keys, global const cache_t* restrict values,             \
                   global float* restrict scores, global float* restrict y) {                              \
    local float scratch[GROUP];                                                                            \
    const uint item = get_local_id(0);                                                                     \
    const uint a = get_group_id(0);                                                                        \
    const uint row = get_group_id(1);                                                                      \
    const uint end = rows == 0 ? 0 : min((uint)positions[row], context - 1) + 1;                           \
    const size_t query = ((size_t)row * heads + a) * head;                                                 \
    const size_t column = (size_t)(a / (heads / kv_heads)) * head;                                         \
    const size_t stride = (size_t)kv_heads * head;                                                         \
    global float* mine = scores + ((size_t)row * heads + a) * context;                                     \
    const float factor = 1.0f / sqrt((float)head);                                                         \
    float largest = -INFINITY;                                                                             \
    for (uint r = item; r < end; r += GROUP) {                                                             \
      float sum = 0;                                                                                       \
      for (uint j = 0; j < head; ++j) sum += q[query + j] * load_##kind(keys, r * stride + column + j);    \
      mine[r] = sum * factor;                                                                              \
      largest = fmax(largest, mine[r]);                                                                    \
    }                                                                                                      \
    largest = reduce_max(largest, scratch);                                                                \
    float total = 0;                                                                                       \
    for (uint r = item; r < end; r += GROUP) {                                                             \
      mine[r] = exp(mine[r] - largest);                                                                    \
      total += mine[r];                                                                                    \
    }                                                                                                      \
    total = reduce_sum(total, scratch);                                                                    \
    barrier(CLK_GLOBAL_MEM_FENCE);                                                                         \
    for (uint j = item; j < (rows == 0 ? 0 : head); j += GROUP) {                                          \
      float sum = 0;                                                                                       \
      for (uint r = 0; r < end; ++r) sum += mine[r] * load_##kind(values, r * stride + column + j);        \
      y[query + j] = sum / total;                                                                          \
    }                                                                                                      \
  }
DEFINE_ATTENTION(attention_f32, float, f32)
DEFINE_ATTENTION(attention_f16, half, f16)

kernel void relu2_gate(ulong count, global const float* gate, global const float* up, global float* y) {
  const size_t i = get_global_id(0);
  if (i >= count) return;
  const float positive = gate[i] < 0 ? 0 : gate[i];  // a NaN stays one
  y[i] = positive * positive * up[i];
}

kernel void silu_gate(ulong count, global const float* gate, global const float* up, global float* y) {
  const size_t i = get_global_id(0);
  if (i < count) y[i] = gate[i] / (1 + exp(-gate[i])) * up[i];
}

kernel void add(ulong count, global const float* a, global const float* b, global float* y) {
  const size_t i = get_global_id(0);
  if (i < count) y[i] = a[i] + b[i];
}

// The first of the largest: larger values win, then smaller places. A group for each row.
kernel void argmax(uint rows, uint cols, global const float* restrict x, global int* restrict ids) {
  local float values[GROUP];
  local uint places[GROUP];
  const uint item = get_local_id(0);
  const size_t row = (size_t)get_group_id(0) * cols;
  const uint end = rows == 0 ? 0 : cols;
  float best = -INFINITY;
  uint place = cols;
  for (uint i = item; i < end; i += GROUP) {
    if (place == cols || x[row + i] > best) {
      best = x[row + i];
      place = i;
    }
  }
  values[item] = best;
  places[item] = place;
  barrier(CLK_LOCAL_MEM_FENCE);
  if (rows == 0 || item != 0) return;
  for (uint other = 1; other < GROUP; ++other) {
    if (places[other] == cols) continue;
    const bool better = values[other] > best || (values[other] == best && places[other] < place);
    if (!better) continue;
    best = values[other];
    place = places[other];
  }
  ids[get_group_id(0)] = (int)place;
}
