// Five-trit tiles on AVX-512 with VNNI and VBMI. A byte is 81 t4 + rest; rest, under 81, goes
// through one permute of 128 entries to four two-bit fields, and 81 t4 is multiplied as it is.
#include <immintrin.h>

#include "kernel_table.hpp"

namespace cpu_simd {
namespace {

constexpr const char* kIsa = "avx512vbmi";
// A lane of 81 t4 grows by at most 162 * 4 * 128 < 2^17 a tile.
constexpr size_t kTilesPerFlush = 16384;
constexpr size_t kHalf = 64;
constexpr int kInverse81 = 2014922929;  // 81 * 2014922929 = 1 modulo 2^32

/// Entry i of the permute: the base-3 digits of i, two bits each, the lowest first.
struct alignas(64) Table {
  uint8_t fields[128];
};
constexpr Table make_table() {
  Table table{};
  for (int i = 0; i < 81; ++i) {
    table.fields[i] = static_cast<uint8_t>(i % 3 | i / 3 % 3 << 2 | i / 9 % 3 << 4 | i / 27 << 6);
  }
  return table;
}
constexpr Table kTable = make_table();

__m512i load(const uint8_t* at) { return _mm512_load_si512(reinterpret_cast<const void*>(at)); }

__m512i broadcast4(const int8_t* x) {
  int32_t word = 0;
  __builtin_memcpy(&word, x, sizeof(word));
  return _mm512_set1_epi32(word);
}

/// vpdpbusd in assembler: from the intrinsic GCC makes two copies of the sums each time.
inline __attribute__((always_inline)) void accumulate(__m512i& sums, __m512i codes,
                                                      __m512i activations) {
  __asm__("vpdpbusd %2, %1, %0" : "+v"(sums) : "v"(codes), "v"(activations));
}

struct Decoder {
  __m512i table_low = load(kTable.fields);
  __m512i table_high = load(kTable.fields + kHalf);
  __m512i once = _mm512_set1_epi8(81);
  __m512i twice = _mm512_set1_epi8(static_cast<char>(162));

  /// The first four codes of each byte as two-bit fields, and 81 times the fifth.
  inline __attribute__((always_inline)) void split(__m512i bytes, __m512i& fields,
                                                   __m512i& fifth) const {
    // What is too small for a subtraction wraps to a large number.
    const __m512i less = _mm512_min_epu8(bytes, _mm512_sub_epi8(bytes, once));
    const __m512i rest = _mm512_min_epu8(less, _mm512_sub_epi8(bytes, twice));
    fifth = _mm512_sub_epi8(bytes, rest);
    fields = _mm512_permutex2var_epi8(table_low, rest, table_high);
  }
};

/// All five sums, exactly: each is a multiple of what it is divided by.
__m512i fold(const __m512i (&sums)[5]) {
  const __m512i low = _mm512_add_epi32(sums[0], _mm512_srai_epi32(sums[1], 2));
  const __m512i high =
      _mm512_add_epi32(_mm512_srai_epi32(sums[2], 4), _mm512_srai_epi32(sums[3], 6));
  const __m512i fifth = _mm512_mullo_epi32(sums[4], _mm512_set1_epi32(kInverse81));
  return _mm512_add_epi32(fifth, _mm512_add_epi32(low, high));
}

void store_half(__m512i sums, int32_t x_sum, size_t rows, int32_t* y) {
  const __mmask16 mask = static_cast<__mmask16>(rows >= 16 ? 0xFFFFU : (1U << rows) - 1);
  _mm512_mask_storeu_epi32(y, mask, _mm512_sub_epi32(sums, _mm512_set1_epi32(x_sum)));
}

void gemv_five_trit(const uint8_t* tiles, size_t tile_count, size_t begin, size_t end,
                    const int8_t* x, int32_t x_sum, int32_t* y) {
  const __m512i masks[4] = {_mm512_set1_epi8(0x03), _mm512_set1_epi8(0x0C), _mm512_set1_epi8(0x30),
                            _mm512_set1_epi8(static_cast<char>(0xC0))};
  const Decoder decoder;
  const uint8_t* at = tiles + begin / kGroupRows * tile_count * kTileBytes;
  for (size_t row = begin; row < end; row += kGroupRows) {
    __m512i total_low = _mm512_setzero_si512();
    __m512i total_high = _mm512_setzero_si512();
    const int8_t* columns = x;
    for (size_t tile = 0; tile < tile_count;) {
      const size_t stop = tile + kTilesPerFlush < tile_count ? tile + kTilesPerFlush : tile_count;
      __m512i low[5] = {};
      __m512i high[5] = {};
      for (; tile < stop; ++tile, at += kTileBytes, columns += 20) {
        __m512i first;
        __m512i second;
        __m512i fifth_first;
        __m512i fifth_second;
        decoder.split(load(at), first, fifth_first);
        decoder.split(load(at + kHalf), second, fifth_second);
#pragma GCC unroll 4
        for (int f = 0; f < 4; ++f) {
          const __m512i four = broadcast4(columns + 4 * f);
          accumulate(low[f], _mm512_and_si512(first, masks[f]), four);
          accumulate(high[f], _mm512_and_si512(second, masks[f]), four);
        }
        const __m512i four = broadcast4(columns + 16);
        accumulate(low[4], fifth_first, four);
        accumulate(high[4], fifth_second, four);
      }
      total_low = _mm512_add_epi32(total_low, fold(low));
      total_high = _mm512_add_epi32(total_high, fold(high));
    }
    store_half(total_low, x_sum, end - row, y + row);
    if (end - row > 16) store_half(total_high, x_sum, end - row - 16, y + row + 16);
  }
}

void unpack_five_trit(const uint8_t* group, size_t tile_count, uint8_t* quads) {
  const __m512i field = _mm512_set1_epi8(3);
  const Decoder decoder;
  for (size_t half = 0; half < 2 * tile_count; ++half, group += kHalf) {
    __m512i fields;
    __m512i fifth;
    decoder.split(load(group), fields, fifth);
    uint8_t* to = quads + half / 2 * 5 * kQuadBytes + half % 2 * kHalf;
    _mm512_store_si512(to, _mm512_and_si512(fields, field));
    _mm512_store_si512(to + kQuadBytes, _mm512_and_si512(_mm512_srli_epi16(fields, 2), field));
    _mm512_store_si512(to + 2 * kQuadBytes, _mm512_and_si512(_mm512_srli_epi16(fields, 4), field));
    _mm512_store_si512(to + 3 * kQuadBytes, _mm512_and_si512(_mm512_srli_epi16(fields, 6), field));
    // 81 and 162 end in the bits of 1 and 2.
    _mm512_store_si512(to + 4 * kQuadBytes, _mm512_and_si512(fifth, field));
  }
}

}  // namespace

const KernelTable kAvx512VbmiKernels = {
    .five_trit = {kIsa, 20, "_5trit", gemv_five_trit, unpack_five_trit},
};

}  // namespace cpu_simd
