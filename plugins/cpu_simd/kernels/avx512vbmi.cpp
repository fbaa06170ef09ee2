// Five-trit tiles on AVX-512 with VNNI and VBMI. The low six bits of a byte v give its fifth code
// through a permute of 64 entries. v plus that code is the same number for all three of them, half
// of it, rounded up, is under 128, and a second permute turns it into the other four codes.
#include <immintrin.h>

#include "kernel_table.hpp"

namespace cpu_simd {
namespace {

constexpr const char* kIsa = "avx512vbmi";
// A lane of the fourth field grows by at most 64 * 2 * 4 * 128 = 2^16 a tile.
constexpr size_t kTilesPerFlush = 16384;
constexpr size_t kHalf = 64;

struct alignas(64) Tables {
  uint8_t fifth[64];    ///< by the low six bits, 3 (r % 21) + 2 - t4
  uint8_t fields[128];  ///< by (v + t4 + 1) / 2: the digits of r, two bits each, the lowest first
};
constexpr Tables make_tables() {
  Tables tables{};
  for (int low = 0; low < 63; ++low) tables.fifth[low] = static_cast<uint8_t>(2 - low % 3);
  for (int r = 0; r < 81; ++r) {
    tables.fields[(3 * r + r / 21 + 3) / 2] =
        static_cast<uint8_t>(r % 3 | r / 3 % 3 << 2 | r / 9 % 3 << 4 | r / 27 << 6);
  }
  return tables;
}
constexpr Tables kTables = make_tables();

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
  __m512i table_fifth = load(kTables.fifth);
  __m512i table_low = load(kTables.fields);
  __m512i table_high = load(kTables.fields + kHalf);

  /// The first four codes of each byte as two-bit fields, and the fifth.
  inline __attribute__((always_inline)) void split(__m512i bytes, __m512i& fields,
                                                   __m512i& fifth) const {
    fifth = _mm512_permutexvar_epi8(bytes, table_fifth);
    fields = _mm512_permutex2var_epi8(table_low, _mm512_avg_epu8(bytes, fifth), table_high);
  }
};

/// All five sums; those of the fields where they lie are 1, 4, 16 and 64 times too large, exactly.
__m512i fold(const __m512i (&sums)[5]) {
  const __m512i low = _mm512_add_epi32(sums[0], _mm512_srai_epi32(sums[1], 2));
  const __m512i high =
      _mm512_add_epi32(_mm512_srai_epi32(sums[2], 4), _mm512_srai_epi32(sums[3], 6));
  return _mm512_add_epi32(sums[4], _mm512_add_epi32(low, high));
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
  const size_t groups = (end - begin + kGroupRows - 1) / kGroupRows;
  const uint8_t* at = tiles + begin / kGroupRows * tile_count * kTileBytes;
  const uint8_t* const last = at + (groups * tile_count - 1) * kTileBytes;
  __m512i first;
  __m512i second;
  __m512i fifth_first;
  __m512i fifth_second;
  decoder.split(load(at), first, fifth_first);
  decoder.split(load(at + kHalf), second, fifth_second);
  for (size_t row = begin; row < end; row += kGroupRows) {
    __m512i total_low = _mm512_setzero_si512();
    __m512i total_high = _mm512_setzero_si512();
    const int8_t* columns = x;
    for (size_t tile = 0; tile < tile_count;) {
      const size_t stop = tile + kTilesPerFlush < tile_count ? tile + kTilesPerFlush : tile_count;
      __m512i low[5] = {};
      __m512i high[5] = {};
      for (; tile < stop; ++tile, columns += 20) {
        const __m512i fifth_four = broadcast4(columns + 16);
        accumulate(low[4], fifth_first, fifth_four);
        accumulate(high[4], fifth_second, fifth_four);
        // The next tile, of the next group too, is split while this one is multiplied: the permutes
        // one after the other would keep the multiplier waiting.
        at = at == last ? last : at + kTileBytes;
        __m512i next_first;
        __m512i next_second;
        decoder.split(load(at), next_first, fifth_first);
        decoder.split(load(at + kHalf), next_second, fifth_second);
#pragma GCC unroll 4
        for (int f = 0; f < 4; ++f) {
          const __m512i four = broadcast4(columns + 4 * f);
          accumulate(low[f], _mm512_and_si512(first, masks[f]), four);
          accumulate(high[f], _mm512_and_si512(second, masks[f]), four);
        }
        first = next_first;
        second = next_second;
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
    _mm512_store_si512(to + 4 * kQuadBytes, fifth);
  }
}

}  // namespace

const KernelTable kAvx512VbmiKernels = {
    .five_trit = {kIsa, 20, "_5trit", gemv_five_trit, unpack_five_trit},
};

}  // namespace cpu_simd
