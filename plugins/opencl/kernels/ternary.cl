// Products of ternary weights and int8 activations.
//
// A word of weights holds 16 codes w + 1, two bits each: code p < 8 in bits 2p, code 8 + p in bits 16 + 2p, so
// that one shift and one mask give two codes as two int16. The matching pair of activations, x[p] and x[8 + p],
// lies in one word too. Then sum(w x) = sum(code x) - sum(x), with sum(x) kept for each chunk of 128 columns.
#if WIDE
#define HALVES 2u
#define LANES 8u
typedef uint8 words_t;
typedef short16 pairs_t;
typedef int8 sums_t;
typedef float8 floats_t;
#define LOAD_WORDS(from) vload8(0, from)
#define AS_PAIRS as_short16
#define WIDEN(pairs) (convert_int8((pairs).even) + convert_int8((pairs).odd))
#define AS_FLOATS convert_float8
#define STORE(value, to) vstore8(value, 0, to)
#define LANE(value, lane) ((value)[lane])
#else
#define HALVES 1u
#define LANES 1u
typedef uint words_t;
typedef short2 pairs_t;
typedef int sums_t;
typedef float floats_t;
#define LOAD_WORDS(from) (*(from))
#define AS_PAIRS as_short2
#define WIDEN(pairs) ((int)(pairs).x + (int)(pairs).y)
#define AS_FLOATS (float)
#define STORE(value, to) (*(to) = (value))
#define LANE(value, lane) (value)
#endif

// Sums of code * x over one chunk, for TILE rows of activations.
#define CHUNK_SUMS(TILE, w, x, stride, part)                                      \
  for (uint i = 0; i < CHUNK_WORDS; ++i) {                                        \
    words_t word[HALVES];                                                         \
    _Pragma("unroll") for (uint h = 0; h < HALVES; ++h) word[h] = LOAD_WORDS((w) + i * BLOCK_ROWS + h * LANES); \
    _Pragma("unroll") for (uint j = 0; j < 8; ++j) {                              \
      _Pragma("unroll") for (uint h = 0; h < HALVES; ++h) {                       \
        const pairs_t codes = AS_PAIRS(word[h] >> (2 * j) & 0x00030003u);         \
        _Pragma("unroll") for (uint t = 0; t < TILE; ++t) {                       \
          part[t][h] += codes * AS_PAIRS((words_t)((x)[t * (stride) + i * 8 + j])); \
        }                                                                         \
      }                                                                           \
    }                                                                             \
  }

// Whole vectors to y where all rows exist, else one by one.
#define STORE_ROWS(value, y, first, rows)                                \
  if ((first) + LANES <= (rows)) {                                       \
    STORE(value, (y) + (first));                                         \
  } else {                                                               \
    for (uint lane = 0; lane < LANES; ++lane) {                          \
      if ((first) + lane < (rows)) (y)[(first) + lane] = LANE(value, lane); \
    }                                                                    \
  }
// Matrix product of TILE rows of activations at once, which are there up to whole tiles. Every chunk's sums
// go through ADD, the total of a row through RESULT.
// Grid: rows up to whole blocks / (LANES * HALVES), SLICES, tiles.
#define DEFINE_MATMUL(name, TILE, total_t, y_t, ADD, RESULT)                                           \
  kernel void name(uint batch, uint rows, uint chunks, global const uint* restrict w,                  \
                   global const uint* restrict x, global const int* restrict x_sums,                   \
                   global const void* restrict w_scales, global const float* restrict x_scales,        \
                   global y_t* restrict y) {                                                           \
    const uint first = get_global_id(0) * LANES * HALVES;                                              \
    const uint tile = get_global_id(2) * TILE;                                                         \
    global const uint* from = w + word_index(first, 0, chunks * CHUNK_WORDS);                          \
    total_t total[TILE][HALVES];                                                                       \
    _Pragma("unroll") for (uint t = 0; t < TILE; ++t) {                                                \
      _Pragma("unroll") for (uint h = 0; h < HALVES; ++h) total[t][h] = 0;                             \
    }                                                                                                  \
    const uint end = batch == 0 ? 0 : chunks;                                                          \
    for (uint chunk = get_local_id(1); chunk < end; chunk += SLICES) {                                 \
      pairs_t part[TILE][HALVES];                                                                      \
      _Pragma("unroll") for (uint t = 0; t < TILE; ++t) {                                              \
        _Pragma("unroll") for (uint h = 0; h < HALVES; ++h) part[t][h] = 0;                            \
      }                                                                                                \
      CHUNK_SUMS(TILE, from + (size_t)chunk * CHUNK_WORDS * BLOCK_ROWS,                                \
                 x + ((size_t)tile * chunks + chunk) * CHUNK_PAIRS, (size_t)chunks * CHUNK_PAIRS,      \
                 part)                                                                                 \
      _Pragma("unroll") for (uint t = 0; t < TILE; ++t) {                                              \
        const int shift = x_sums[(size_t)(tile + t) * chunks + chunk];                                 \
        _Pragma("unroll") for (uint h = 0; h < HALVES; ++h) {                                          \
          const sums_t sums = WIDEN(part[t][h]) - shift;                                               \
          total[t][h] += ADD(sums, first + h * LANES, chunk);                                          \
        }                                                                                              \
      }                                                                                                \
    }                                                                                                  \
    JOIN_SLICES(TILE, total_t, total)                                                                  \
    for (uint t = 0; t < TILE; ++t) {                                                                  \
      if (get_local_id(1) != 0 || tile + t >= batch) continue;                                         \
      for (uint h = 0; h < HALVES; ++h) {                                                              \
        const uint row = first + h * LANES;                                                            \
        STORE_ROWS(RESULT(total[t][h], tile + t), y + (size_t)(tile + t) * rows, row, rows)            \
      }                                                                                                \
    }                                                                                                  \
  }

// The slices of a row meet in local memory, one row of activations after the other.
#if WIDE
#define JOIN_SLICES(TILE, total_t, total)
#else
#define JOIN_SLICES(TILE, total_t, total)                                   \
  local total_t shared[SLICES][BLOCK_ROWS];                                 \
  for (uint t = 0; t < TILE; ++t) {                                         \
    shared[get_local_id(1)][get_local_id(0)] = total[t][0];                 \
    barrier(CLK_LOCAL_MEM_FENCE);                                           \
    for (uint s = 1; s < SLICES; ++s) {                                     \
      if (get_local_id(1) == 0) total[t][0] += shared[s][get_local_id(0)];  \
    }                                                                       \
    barrier(CLK_LOCAL_MEM_FENCE);                                           \
  }
#endif

// Scales of LANES rows for one chunk, f16 in memory.
floats_t block_scales(global const half* scales, uint row, uint chunk, uint chunks) {
  const uint blocks = chunks * CHUNK / SCALE_BLOCK;
  const size_t at = (size_t)row * blocks + chunk * CHUNK / SCALE_BLOCK;
#if WIDE
  floats_t out;
  for (uint lane = 0; lane < LANES; ++lane) out[lane] = vload_half(at + (size_t)lane * blocks, scales);
  return out;
#else
  return vload_half(at, scales);
#endif
}

#define ADD_SUMS(sums, row, chunk) (sums)
#define ADD_SCALED(sums, row, chunk) \
  (AS_FLOATS(sums) * block_scales((global const half*)w_scales, row, chunk, chunks))
#define SUM(total, b) (total)
#define SCALED(total, b) (AS_FLOATS(total) * (((global const float*)w_scales)[0] * x_scales[b]))
#define HALF_SCALED(total, b) ((total) * x_scales[b])

DEFINE_MATMUL(ternary_gemv, 1, sums_t, int, ADD_SUMS, SUM)
DEFINE_MATMUL(ternary_gemm, 4, sums_t, int, ADD_SUMS, SUM)
DEFINE_MATMUL(ternary_scaled_gemv, 1, sums_t, float, ADD_SUMS, SCALED)
DEFINE_MATMUL(ternary_scaled_gemm, 4, sums_t, float, ADD_SUMS, SCALED)
DEFINE_MATMUL(ternary_block_gemv, 1, floats_t, float, ADD_SCALED, HALF_SCALED)
DEFINE_MATMUL(ternary_block_gemm, 4, floats_t, float, ADD_SCALED, HALF_SCALED)

// Values of a ternary tensor: a word of 16 codes each. Grid: words of a row, rows.
kernel void dequantize_ternary(uint rows, uint cols, uint words, uint has_blocks, global const uint* restrict w,
                               global const void* restrict scales, global float* restrict y) {
  const uint row = get_global_id(1);
  const uint first = get_global_id(0) * 16;
  if (row >= rows || first >= cols) return;
  const uint word = w[word_index(row, get_global_id(0), words)];
  const float scale =
      has_blocks ? vload_half((size_t)row * (cols / SCALE_BLOCK) + first / SCALE_BLOCK, (global const half*)scales)
                 : ((global const float*)scales)[0];
  for (uint p = 0; p < 16 && first + p < cols; ++p) {
    const uint code = word >> (2 * (p % 8) + 16 * (p / 8)) & 3u;
    y[(size_t)row * cols + first + p] = (float)((int)code - 1) * scale;
  }
}
