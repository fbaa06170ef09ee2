#include "tensor.hpp"

#include <cstring>
#include <optional>
#include <span>

#include "tiles.hpp"

namespace cpu_simd {

namespace formats = bitgate::formats;

namespace {

std::size_t data_size(const std::string& format, std::size_t rows, std::size_t cols, bool tiles) {
  const auto canonical = formats::byte_size(format, rows, cols);
  if (!canonical) {
    throw bitgate::Error(BG_UNSUPPORTED, format + " can't hold " + std::to_string(rows) + "x" +
                                             std::to_string(cols) + " here");
  }
  if (format == formats::kI8) return rows * cols;
  if (format == formats::kI2S) return tiles ? tile_bytes(rows, cols) : rows * cols / 4;
  return *canonical;
}

}  // namespace

CpuTensor::CpuTensor(const bitgate::TensorDesc& desc, bool tiles)
    : format_(desc.format),
      rows_(desc.rows()),
      cols_(desc.cols()),
      tiles_(tiles && desc.format == formats::kI2S),
      data_(data_size(format_, rows_, cols_, tiles)) {
  if (format_ == formats::kI8) scales_ = Memory(rows_ * sizeof(float));
  if (format_ == formats::kI2S) scales_ = Memory(sizeof(float));
  constexpr int kZeroCodes = 0x55;
  if (tiles_) std::memset(data_.as<void>(), kZeroCodes, data_.size());
}

void CpuTensor::write(bitgate::ConstBytes bytes) {
  if (!scales_.size()) {
    std::memcpy(data_.as<void>(), bytes.data(), bytes.size());
    return;
  }
  const std::size_t codes = format_ == formats::kI8 ? rows_ * cols_ : rows_ * cols_ / 4;
  const auto* from = reinterpret_cast<const std::uint8_t*>(bytes.data());
  if (format_ == formats::kI2S) {
    if (const auto illegal = first_illegal({from, codes})) {
      throw bitgate::Error(BG_INVALID_ARGUMENT, "i2_s: illegal code 3 at row " +
                                                    std::to_string(*illegal / cols_) + ", column " +
                                                    std::to_string(*illegal % cols_));
    }
  }
  if (tiles_) {
    canonical_to_tiles(from, rows_, cols_, data<std::uint8_t>());
  } else {
    std::memcpy(data_.as<void>(), from, codes);
  }
  std::memcpy(scales(), from + codes, scales_.size());
}

void CpuTensor::read(bitgate::Bytes bytes) const {
  if (!scales_.size()) {
    std::memcpy(bytes.data(), data_.as<void>(), bytes.size());
    return;
  }
  const std::size_t codes = format_ == formats::kI8 ? rows_ * cols_ : rows_ * cols_ / 4;
  auto* to = reinterpret_cast<std::uint8_t*>(bytes.data());
  if (tiles_) {
    tiles_to_canonical(data<std::uint8_t>(), rows_, cols_, to);
  } else {
    std::memcpy(to, data_.as<void>(), codes);
  }
  std::memcpy(to + codes, scales(), scales_.size());
  const std::size_t written = codes + scales_.size();
  std::memset(to + written, 0, bytes.size() - written);
}

}  // namespace cpu_simd
