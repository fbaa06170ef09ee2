// Five-trit tiles on AVX-512 with VNNI and VBMI. The low six bits of a byte v give its fifth code
// through a permute of 64 entries. v plus that code is the same number for all three of them, half
// of it, rounded up, is under 128, and a second permute turns it into the other four codes.
#include <immintrin.h>

#include "avx512_tiles.hpp"
#include "kernel_table.hpp"

namespace cpu_simd {
namespace {

constexpr const char* kIsa = "avx512vbmi";

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

struct FiveTritTile {
  static constexpr int kQuads = 5;

  struct Half {
    __m512i fields;  ///< the first four codes of each byte, two bits each
    __m512i fifth;
    __m512i field;

    inline __attribute__((always_inline)) __m512i quad(int index) {
      if (index == 4) return fifth;
      const __m512i codes = _mm512_and_si512(fields, field);
      fields = _mm512_srli_epi16(fields, 2);
      return codes;
    }
  };

  __m512i table_fifth = load(kTables.fifth);
  __m512i table_low = load(kTables.fields);
  __m512i table_high = load(kTables.fields + kHalf);
  __m512i field = _mm512_set1_epi8(3);

  inline __attribute__((always_inline)) Half half(__m512i bytes) const {
    const __m512i fifth = _mm512_permutexvar_epi8(bytes, table_fifth);
    const __m512i index = _mm512_avg_epu8(bytes, fifth);
    return {_mm512_permutex2var_epi8(table_low, index, table_high), fifth, field};
  }
};

__m512i fold(const __m512i (&sums)[5]) { return _mm512_add_epi32(sums[4], fold_fields(sums)); }

void gemv_five_trit(const uint8_t* tiles, size_t tile_count, size_t begin, size_t end,
                    const int8_t* x, int32_t x_sum, int32_t* y) {
  const __m512i masks[4] = {_mm512_set1_epi8(0x03), _mm512_set1_epi8(0x0C), _mm512_set1_epi8(0x30),
                            _mm512_set1_epi8(static_cast<char>(0xC0))};
  const FiveTritTile decoder;
  const size_t groups = (end - begin + kGroupRows - 1) / kGroupRows;
  const uint8_t* at = tiles + begin / kGroupRows * tile_count * kTileBytes;
  const uint8_t* const last = at + (groups * tile_count - 1) * kTileBytes;
  FiveTritTile::Half first = decoder.half(load(at));
  FiveTritTile::Half second = decoder.half(load(at + kHalf));
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
        accumulate(low[4], first.fifth, fifth_four);
        accumulate(high[4], second.fifth, fifth_four);
        // The next tile, of the next group too, is split while this one is multiplied: the permutes
        // one after the other would keep the multiplier waiting.
        at = at == last ? last : at + kTileBytes;
        const FiveTritTile::Half next_first = decoder.half(load(at));
        const FiveTritTile::Half next_second = decoder.half(load(at + kHalf));
#pragma GCC unroll 4
        for (int f = 0; f < 4; ++f) {
          const __m512i four = broadcast4(columns + 4 * f);
          accumulate(low[f], _mm512_and_si512(first.fields, masks[f]), four);
          accumulate(high[f], _mm512_and_si512(second.fields, masks[f]), four);
        }
        first = next_first;
        second = next_second;
      }
      total_low = _mm512_add_epi32(total_low, fold(low));
      total_high = _mm512_add_epi32(total_high, fold(high));
    }
    store_rows(total_low, total_high, x_sum, end - row, y + row);
  }
}

}  // namespace

const KernelTable kAvx512VbmiKernels = {
    .five_trit = {.isa = kIsa,
                  .columns = 20,
                  .suffix = "_5trit",
                  .gemv = gemv_five_trit,
                  .unpack = unpack<FiveTritTile>,
                  .gemm = gemm<FiveTritTile>,
                  .panels = {12, 8, 4}},
};

}  // namespace cpu_simd
