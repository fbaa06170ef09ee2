// The types that GGUF files have: of metadata values, and of tensors with their exact sizes.
// Sources: ggml's docs/gguf.md, and for I2_S and TL2 microsoft/BitNet and its fork of ggml.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace bitgate::model {

/// Numbered as in the file.
enum class ValueType : std::uint32_t {
  kU8,
  kI8,
  kU16,
  kI16,
  kU32,
  kI32,
  kF32,
  kBool,
  kString,
  kArray,
  kU64,
  kI64,
  kF64,
};
inline constexpr std::uint32_t kValueTypes = 13;

/// "u8", "string"
std::string_view name(ValueType type);
/// Bytes of one value; 0 for strings and arrays, whose size differs.
std::uint64_t value_bytes(ValueType type);

enum class TensorType { kF32, kF16, kQ8, kBF16, kTq1, kTq2, kI2S, kTl2, kMxfp4 };

/// Number 39 has two meanings: MXFP4 in ggml, TL2 in bitnet.cpp's fork of it.
enum class Dialect { kGgml, kBitnetCpp };

/// Nothing if this reader has no type of that number.
std::optional<TensorType> tensor_type(std::uint32_t id, Dialect dialect);
/// The number in the file.
std::uint32_t tensor_type_id(TensorType type);
/// "I2_S"
std::string_view name(TensorType type);
/// What the number means to those who write it, known here or not: "Q4_K"; empty if nobody does.
std::string_view tensor_type_name(std::uint32_t id);
/// "F32 (0), F16 (1), ..."
std::string known_tensor_types();

/// The most elements that a tensor may have: sizes in bytes can't overflow then.
inline constexpr std::uint64_t kMostElements = std::uint64_t{1} << 48;

/// The product, or nothing if one is 0 or there are more than kMostElements.
std::optional<std::uint64_t> element_count(std::span<const std::uint64_t> dims);

/// Exact size in bytes without the padding after it; nothing if the type can't hold the shape, of
/// which dims[0] is the length of a row (columns), and which element_count must accept.
///
/// I2_S of n elements: n/4 + 32. TL2 of M rows and K columns: floor(floor((K-256)*M/3)*5/8) +
/// 256*M/4, rounded up to 32, + 32. Others: a number of bytes for each block of a row's elements.
std::optional<std::uint64_t> tensor_bytes(TensorType type, std::span<const std::uint64_t> dims);
/// The shapes for which tensor_bytes gives a size: "rows of a multiple of 256 elements".
std::string shape_rule(TensorType type);

}  // namespace bitgate::model
