#include "tensor.hpp"

#include <bitgate/formats.hpp>

#include <algorithm>
#include <cstring>

#include "common/row_codecs.hpp"
#include "layout.hpp"

namespace bg_cuda {
namespace {

namespace formats = bitgate::formats;

constexpr std::uint8_t kZeroCode = 1;

std::size_t round_up(std::size_t value, std::size_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

/// 16 codes, a byte each, as a word: those of columns 4j … 4j+3 lie in its bytes, 2j bits up.
std::uint32_t word_of(const std::uint8_t* codes) {
  std::uint32_t word = 0;
  for (std::size_t j = 0; j < 4; ++j) {
    std::uint32_t four = 0;
    std::memcpy(&four, codes + 4 * j, sizeof(four));
    word |= four << (2 * j);
  }
  return word;
}

void codes_of(std::uint32_t word, std::uint8_t* codes) {
  for (std::size_t j = 0; j < 4; ++j) {
    const std::uint32_t four = word >> (2 * j) & 0x03030303U;
    std::memcpy(codes + 4 * j, &four, sizeof(four));
  }
}

}  // namespace

CudaTensor::CudaTensor(const bitgate::TensorDesc& desc, Gpu& gpu)
    : format_(desc.format),
      rows_(desc.rows()),
      cols_(desc.cols()),
      gpu_(gpu),
      ternary_(formats::is_ternary(format_)),
      block_scales_(format_ == formats::kTq1 || format_ == formats::kTq2) {
  const auto canonical = formats::byte_size(format_, rows_, cols_);
  if (desc.rank > 2) throw bitgate::Error(BG_UNSUPPORTED, "tensors of more than two dimensions");
  if (!canonical) throw bitgate::Error(BG_UNSUPPORTED, formats::why_not(format_, rows_, cols_));
  if (ternary_) {
    data_ = Memory(gpu, padded_rows() * words() * sizeof(std::uint32_t));
    scale_count_ = row_codecs::scale_places(format_, {rows_, cols_}).count;
    // Kernels also read the scales of rows that only fill a block.
    scales_ = Memory(gpu, block_scales_ ? scale_count_ / rows_ * padded_rows() * 2 : sizeof(float));
  } else if (format_ == formats::kI8) {
    data_ = Memory(gpu, tiled_rows() * chunks() * layout::kChunk);
    sums_ = Memory(gpu, tiled_rows() * chunks() * sizeof(std::int32_t));
    scale_count_ = rows_;
    scales_ = Memory(gpu, rows_ * sizeof(float));
  } else {
    data_ = Memory(gpu, *canonical);
  }
}

std::size_t CudaTensor::chunks() const { return round_up(cols_, layout::kChunk) / layout::kChunk; }
std::size_t CudaTensor::words() const { return chunks() * layout::kChunk / layout::kWordCodes; }
std::size_t CudaTensor::padded_rows() const { return round_up(rows_, layout::kBlockRows); }
std::size_t CudaTensor::tiled_rows() const { return round_up(rows_, layout::kMostTile); }

void CudaTensor::write(bitgate::ConstBytes bytes) {
  const auto* from = reinterpret_cast<const std::uint8_t*>(bytes.data());
  if (ternary_) return write_ternary(from);
  if (format_ == formats::kI8) return write_int8(from);
  gpu_.upload(data_.as<void>(), from, bytes.size());
}

void CudaTensor::read(bitgate::Bytes bytes) const {
  auto* to = reinterpret_cast<std::uint8_t*>(bytes.data());
  if (ternary_) return read_ternary(to);
  if (format_ == formats::kI8) return read_int8(to);
  gpu_.download(to, data_.as<void>(), bytes.size());
}

void CudaTensor::write_ternary(const std::uint8_t* from) {
  const row_codecs::Matrix shape{rows_, cols_};
  const row_codecs::RowCodec& codec = *row_codecs::find_row_codec(format_);
  std::vector<std::uint32_t> packed(padded_rows() * words(), 0x55555555U);
  std::vector<std::uint8_t> codes(words() * layout::kWordCodes, kZeroCode);
  for (std::size_t row = 0; row < rows_; ++row) {
    const std::size_t illegal = codec.decode(from, shape, row, codes.data());
    if (illegal != cols_) {
      throw bitgate::Error(BG_INVALID_ARGUMENT, format_ + ": illegal code at row " +
                                                    std::to_string(row) + ", column " +
                                                    std::to_string(illegal));
    }
    for (std::size_t word = 0; word < words(); ++word) {
      packed[layout::word_index(row, word, words())] =
          word_of(codes.data() + word * layout::kWordCodes);
    }
  }
  gpu_.upload(data_.as<void>(), packed.data(), packed.size() * sizeof(std::uint32_t));
  const row_codecs::ScalePlaces places = row_codecs::scale_places(format_, shape);
  std::vector<std::uint8_t> scales(places.count * places.size);
  for (std::size_t i = 0; i < places.count; ++i) {
    std::memcpy(&scales[i * places.size], from + places.first + i * places.stride, places.size);
  }
  gpu_.upload(scales_.as<void>(), scales.data(), scales.size());
}

void CudaTensor::read_ternary(std::uint8_t* to) const {
  const row_codecs::Matrix shape{rows_, cols_};
  const row_codecs::RowCodec& codec = *row_codecs::find_row_codec(format_);
  std::vector<std::uint32_t> packed(padded_rows() * words());
  gpu_.download(packed.data(), data_.as<void>(), packed.size() * sizeof(std::uint32_t));
  std::fill_n(to, *formats::byte_size(format_, rows_, cols_), std::uint8_t{0});
  std::vector<std::uint8_t> codes(words() * layout::kWordCodes);
  for (std::size_t row = 0; row < rows_; ++row) {
    for (std::size_t word = 0; word < words(); ++word) {
      codes_of(packed[layout::word_index(row, word, words())],
               codes.data() + word * layout::kWordCodes);
    }
    codec.encode(codes.data(), shape, row, to);
  }
  const row_codecs::ScalePlaces places = row_codecs::scale_places(format_, shape);
  std::vector<std::uint8_t> scales(places.count * places.size);
  gpu_.download(scales.data(), scales_.as<void>(), scales.size());
  for (std::size_t i = 0; i < places.count; ++i) {
    std::memcpy(to + places.first + i * places.stride, &scales[i * places.size], places.size);
  }
}

void CudaTensor::write_int8(const std::uint8_t* from) {
  const std::size_t stride = chunks() * layout::kChunk;
  std::vector<std::int8_t> codes(rows_ * stride);
  std::vector<std::int32_t> sums(rows_ * chunks());
  for (std::size_t row = 0; row < rows_; ++row) {
    std::memcpy(&codes[row * stride], from + row * cols_, cols_);
    for (std::size_t col = 0; col < cols_; ++col) {
      sums[row * chunks() + col / layout::kChunk] += codes[row * stride + col];
    }
  }
  gpu_.upload(data_.as<void>(), codes.data(), codes.size());
  gpu_.upload(sums_.as<void>(), sums.data(), sums.size() * sizeof(std::int32_t));
  gpu_.upload(scales_.as<void>(), from + count(), rows_ * sizeof(float));
}

void CudaTensor::read_int8(std::uint8_t* to) const {
  const std::size_t stride = chunks() * layout::kChunk;
  std::vector<std::int8_t> codes(rows_ * stride);
  gpu_.download(codes.data(), data_.as<void>(), codes.size());
  for (std::size_t row = 0; row < rows_; ++row) {
    std::memcpy(to + row * cols_, &codes[row * stride], cols_);
  }
  gpu_.download(to + count(), scales_.as<void>(), rows_ * sizeof(float));
}

}  // namespace bg_cuda
