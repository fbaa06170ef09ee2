#include "model/gguf_types.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace bitgate::model {
namespace {

struct ValueInfo {
  std::string_view name;
  std::uint64_t bytes;
};
constexpr std::array<ValueInfo, kValueTypes> kValues = {{{"u8", 1},
                                                         {"i8", 1},
                                                         {"u16", 2},
                                                         {"i16", 2},
                                                         {"u32", 4},
                                                         {"i32", 4},
                                                         {"f32", 4},
                                                         {"bool", 1},
                                                         {"string", 0},
                                                         {"array", 0},
                                                         {"u64", 8},
                                                         {"i64", 8},
                                                         {"f64", 8}}};

/// A row is a whole number of blocks; `tail` bytes follow the tensor's last.
struct TensorInfo {
  TensorType type;
  std::uint32_t id;
  std::string_view name;
  std::uint64_t block;
  std::uint64_t block_bytes;
  std::uint64_t tail;
};
constexpr std::array kTensors = {
    TensorInfo{TensorType::kF32, 0, "F32", 1, 4, 0},
    TensorInfo{TensorType::kF16, 1, "F16", 1, 2, 0},
    TensorInfo{TensorType::kQ8, 8, "Q8_0", 32, 34, 0},
    TensorInfo{TensorType::kBF16, 30, "BF16", 1, 2, 0},
    TensorInfo{TensorType::kTq1, 34, "TQ1_0", 256, 54, 0},
    TensorInfo{TensorType::kTq2, 35, "TQ2_0", 256, 66, 0},
    TensorInfo{TensorType::kI2S, 36, "I2_S", 4, 1, 32},
    TensorInfo{TensorType::kTl2, 39, "TL2", 1, 0, 32},
    TensorInfo{TensorType::kMxfp4, 39, "MXFP4", 32, 17, 0},
};

const TensorInfo& info(TensorType type) {
  return *std::find_if(kTensors.begin(), kTensors.end(),
                       [&](const TensorInfo& known) { return known.type == type; });
}

constexpr std::uint64_t kTl2Tail = 256;  // columns of a row that are stored in pairs

std::uint64_t tl2_bytes(std::uint64_t rows, std::uint64_t cols) {
  const std::uint64_t codes = (cols - kTl2Tail) * rows / 3 * 5 / 8 + kTl2Tail * rows / 4;
  return (codes + 31) / 32 * 32;
}

struct TypeName {
  std::uint32_t id;
  std::string_view name;
};
// Of ggml.h; 36 to 38 are retired there and belong to bitnet.cpp.
constexpr std::array kTypeNames = {
    TypeName{0, "F32"},     TypeName{1, "F16"},           TypeName{2, "Q4_0"},
    TypeName{3, "Q4_1"},    TypeName{6, "Q5_0"},          TypeName{7, "Q5_1"},
    TypeName{8, "Q8_0"},    TypeName{9, "Q8_1"},          TypeName{10, "Q2_K"},
    TypeName{11, "Q3_K"},   TypeName{12, "Q4_K"},         TypeName{13, "Q5_K"},
    TypeName{14, "Q6_K"},   TypeName{15, "Q8_K"},         TypeName{16, "IQ2_XXS"},
    TypeName{17, "IQ2_XS"}, TypeName{18, "IQ3_XXS"},      TypeName{19, "IQ1_S"},
    TypeName{20, "IQ4_NL"}, TypeName{21, "IQ3_S"},        TypeName{22, "IQ2_S"},
    TypeName{23, "IQ4_XS"}, TypeName{24, "I8"},           TypeName{25, "I16"},
    TypeName{26, "I32"},    TypeName{27, "I64"},          TypeName{28, "F64"},
    TypeName{29, "IQ1_M"},  TypeName{30, "BF16"},         TypeName{34, "TQ1_0"},
    TypeName{35, "TQ2_0"},  TypeName{36, "I2_S"},         TypeName{37, "I8_S"},
    TypeName{38, "TL1"},    TypeName{39, "MXFP4 or TL2"}, TypeName{40, "NVFP4"},
    TypeName{41, "Q1_0"},   TypeName{42, "Q2_0"},
};

}  // namespace

std::string_view name(ValueType type) { return kValues.at(static_cast<std::size_t>(type)).name; }

std::uint64_t value_bytes(ValueType type) {
  return kValues.at(static_cast<std::size_t>(type)).bytes;
}

std::optional<TensorType> tensor_type(std::uint32_t id, Dialect dialect) {
  const TensorType other = dialect == Dialect::kGgml ? TensorType::kTl2 : TensorType::kMxfp4;
  for (const TensorInfo& known : kTensors) {
    if (known.id == id && known.type != other) return known.type;
  }
  return std::nullopt;
}

std::uint32_t tensor_type_id(TensorType type) { return info(type).id; }

std::string_view name(TensorType type) { return info(type).name; }

std::string_view tensor_type_name(std::uint32_t id) {
  for (const TypeName& known : kTypeNames) {
    if (known.id == id) return known.name;
  }
  return {};
}

std::string known_tensor_types() {
  std::string text;
  for (const TensorInfo& known : kTensors) {
    text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", known.name, known.id);
  }
  return text;
}

std::optional<std::uint64_t> element_count(std::span<const std::uint64_t> dims) {
  std::uint64_t count = 1;
  for (const std::uint64_t dim : dims) {
    if (dim == 0 || __builtin_mul_overflow(count, dim, &count) || count > kMostElements) {
      return std::nullopt;
    }
  }
  return count;
}

std::optional<std::uint64_t> tensor_bytes(TensorType type, std::span<const std::uint64_t> dims) {
  const std::optional<std::uint64_t> count = element_count(dims);
  if (!count || dims.empty()) return std::nullopt;
  const std::uint64_t cols = dims.front();
  const TensorInfo& known = info(type);
  if (type == TensorType::kTl2) {
    if (cols < kTl2Tail) return std::nullopt;
    return tl2_bytes(*count / cols, cols) + known.tail;
  }
  // I2_S runs over the flattened tensor.
  if ((type == TensorType::kI2S ? *count : cols) % known.block != 0) return std::nullopt;
  return *count / known.block * known.block_bytes + known.tail;
}

std::string shape_rule(TensorType type) {
  if (type == TensorType::kTl2) return fmt::format("rows of at least {} elements", kTl2Tail);
  return fmt::format("{} of a multiple of {} elements",
                     type == TensorType::kI2S ? "tensors" : "rows", info(type).block);
}

}  // namespace bitgate::model
