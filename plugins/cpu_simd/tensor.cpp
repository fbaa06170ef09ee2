#include "tensor.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>

#include "common/row_codecs.hpp"
#include "tiles.hpp"

namespace cpu_simd {

namespace formats = bitgate::formats;
using row_codecs::find_row_codec;
using row_codecs::Matrix;
using row_codecs::RowCodec;
using row_codecs::scale_places;
using row_codecs::ScalePlaces;

namespace {

constexpr int kZeroFill = kZeroCode;
// Bytes that a thread writes at a time: enough that two seldom wait for one page to be provided,
// and not so many that memcpy goes around the caches, in which the system has just cleared them.
constexpr std::size_t kCopiedTogether = std::size_t{2} << 20;
constexpr std::size_t kPackedTogether = std::size_t{512} << 10;

}  // namespace

const TileKernels& tiles_of(std::string_view format, const KernelTable& kernels) {
  const bool dense = format == formats::kTl2 || format == formats::kTq1;
  return dense && kernels.five_trit.columns != 0 ? kernels.five_trit : kernels.two_bit;
}

CpuTensor::CpuTensor(const bitgate::TensorDesc& desc, const KernelTable& kernels)
    : format_(desc.format), rows_(desc.rows()), cols_(desc.cols()) {
  const auto canonical = formats::byte_size(format_, rows_, cols_);
  if (!canonical) throw bitgate::Error(BG_UNSUPPORTED, formats::why_not(format_, rows_, cols_));
  if (formats::is_ternary(format_)) {
    tile_ = &tiles_of(format_, kernels);
    if (format_ == formats::kI2S && tile_ == &kernels.two_bit) pack_ = kernels.pack_i2_s.run;
    const ScalePlaces places = scale_places(format_, {rows_, cols_});
    data_ = Memory::unprovided(tile_bytes(rows_, cols_, *tile_));
    scales_ = Memory(places.count * places.size);
  } else if (format_ == formats::kI8) {
    data_ = Memory::unprovided(rows_ * cols_);
    scales_ = Memory(rows_ * sizeof(float));
  } else {
    data_ = Memory::unprovided(*canonical);
  }
}

bool CpuTensor::has_block_scales() const {
  return format_ == formats::kTq1 || format_ == formats::kTq2;
}

std::size_t CpuTensor::tile_count() const { return tiles_for(cols_, *tile_); }

std::uint8_t* CpuTensor::group(std::size_t row) const {
  return data<std::uint8_t>() + row / kGroupRows * tile_count() * kTileBytes;
}

void CpuTensor::provide() {
  if (!provided_) data_.provide();
  provided_ = true;
}

void CpuTensor::write(bitgate::ConstBytes bytes, ThreadTeam& team) {
  provided_ = true;
  const auto* from = reinterpret_cast<const std::uint8_t*>(bytes.data());
  if (tile_ != nullptr) return write_ternary(from, team);
  team.for_ranges(data_.size(), kCopiedTogether,
                  [&](std::size_t begin, std::size_t end, std::size_t) {
                    std::memcpy(data<std::uint8_t>() + begin, from + begin, end - begin);
                  });
  if (scales_.size() > 0) std::memcpy(scales(), from + data_.size(), scales_.size());
}

void CpuTensor::read(bitgate::Bytes bytes) const {
  auto* to = reinterpret_cast<std::uint8_t*>(bytes.data());
  if (tile_ != nullptr) return read_ternary(to);
  std::memcpy(to, data_.as<void>(), data_.size());
  if (scales_.size() > 0) std::memcpy(to + data_.size(), scales(), scales_.size());
}

void CpuTensor::set_block_scales(std::uint16_t bits) {
  std::fill_n(scales<std::uint16_t>(), block_count(), bits);
  common_scale_ = bits;
}

/// Takes the scales of a row's blocks into account; `any` tells whether there was one before.
void CpuTensor::compare_scales(const std::uint8_t* codes, std::size_t row, bool& any) {
  const std::size_t blocks = cols_ / formats::kTqBlock;
  for (std::size_t block = 0; block < blocks; ++block) {
    const std::uint8_t* first = codes + block * formats::kTqBlock;
    const bool zeros = std::all_of(first, first + formats::kTqBlock,
                                   [](std::uint8_t code) { return code == kZeroCode; });
    if (zeros) continue;
    const std::uint16_t bits = scales<std::uint16_t>()[row * blocks + block];
    if (!any) common_scale_ = bits;
    if (common_scale_ != bits) common_scale_.reset();
    any = true;
  }
}

void CpuTensor::write_ternary(const std::uint8_t* from, ThreadTeam& team) {
  const Matrix shape{rows_, cols_};
  const ScalePlaces places = scale_places(format_, shape);
  for (std::size_t i = 0; i < places.count; ++i) {
    std::memcpy(scales<std::uint8_t>() + i * places.size, from + places.first + i * places.stride,
                places.size);
  }
  common_scale_ = 0;
  bool any = false;
  const RowCodec& codec = *find_row_codec(format_);
  team.reserve(kSlabRows * padded_cols(), 0);
  const std::size_t groups = (rows_ + kGroupRows - 1) / kGroupRows;
  std::atomic<std::size_t> illegal = rows_;  // the first row that has such a code
  const auto write_slab = [&](std::size_t first, std::uint8_t* codes) {
    std::memset(codes, kZeroFill, kSlabRows * padded_cols());
    for (std::size_t row = first; row < std::min(first + kSlabRows, rows_); ++row) {
      std::uint8_t* to = codes + (row - first) * padded_cols();
      if (codec.decode(from, shape, row, to) != cols_) {
        std::size_t known = illegal.load();
        while (row < known && !illegal.compare_exchange_weak(known, row)) {
        }
        return;
      }
      if (has_block_scales()) compare_scales(to, row, any);
    }
    pack_slab(codes, padded_cols(), first, tile_count(), *tile_, data<std::uint8_t>());
  };
  // Whether blocks have one scale is found row after row.
  const std::size_t few = kPackedTogether / (tile_count() * kTileBytes) + 1;
  const std::size_t together = has_block_scales() ? groups : few;
  team.for_ranges(groups, together, [&](std::size_t begin, std::size_t end, std::size_t worker) {
    for (std::size_t first = begin * kGroupRows; first < end * kGroupRows; first += kGroupRows) {
      if (pack_ != nullptr && first + kGroupRows <= rows_ &&
          pack_(from + first * cols_ / 4, tile_count(), group(first))) {
        continue;
      }
      for (std::size_t row = first; row < first + kGroupRows; row += kSlabRows) {
        write_slab(row, team.scratch(worker));
      }
    }
  });
  if (illegal == rows_) return;
  const Memory codes(padded_cols());
  const std::size_t col = codec.decode(from, shape, illegal, codes.as<std::uint8_t>());
  throw bitgate::Error(BG_INVALID_ARGUMENT, format_ + ": illegal code at row " +
                                                std::to_string(illegal) + ", column " +
                                                std::to_string(col));
}

void CpuTensor::read_ternary(std::uint8_t* to) const {
  const Matrix shape{rows_, cols_};
  const RowCodec& codec = *find_row_codec(format_);
  std::memset(to, 0, *formats::byte_size(format_, rows_, cols_));
  const Memory quads(quad_bytes(cols_, *tile_));
  const Memory codes(cols_);
  for (std::size_t row = 0; row < rows_; ++row) {
    if (row % kGroupRows == 0) {
      tile_->unpack(group(row), tile_count(), quads.as<std::uint8_t>());
    }
    row_of_quads(quads.as<std::uint8_t>(), row % kGroupRows, cols_, codes.as<std::uint8_t>());
    codec.encode(codes.as<std::uint8_t>(), shape, row, to);
  }
  const ScalePlaces places = scale_places(format_, shape);
  for (std::size_t i = 0; i < places.count; ++i) {
    std::memcpy(to + places.first + i * places.stride, scales<std::uint8_t>() + i * places.size,
                places.size);
  }
}

}  // namespace cpu_simd
