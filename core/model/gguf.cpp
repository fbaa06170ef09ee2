#include "model/gguf.hpp"

#include <cstring>
#include <limits>

#include <fmt/format.h>

namespace bitgate::model {
namespace {

/// The first `sizeof(T)` bytes, which the reader has checked to be there.
template <typename T>
T load(std::string_view bytes) {
  T value{};
  std::memcpy(&value, bytes.data(), sizeof(T));
  return value;
}

bool is_integer(ValueType type) {
  return type != ValueType::kF32 && type != ValueType::kF64 && type != ValueType::kBool &&
         type != ValueType::kString && type != ValueType::kArray;
}

/// Of an integer type; nothing for a u64 beyond the range.
std::optional<std::int64_t> load_integer(ValueType type, std::string_view bytes) {
  switch (type) {
    case ValueType::kU8:
      return load<std::uint8_t>(bytes);
    case ValueType::kI8:
      return load<std::int8_t>(bytes);
    case ValueType::kU16:
      return load<std::uint16_t>(bytes);
    case ValueType::kI16:
      return load<std::int16_t>(bytes);
    case ValueType::kU32:
      return load<std::uint32_t>(bytes);
    case ValueType::kI32:
      return load<std::int32_t>(bytes);
    default: {
      const auto value = load<std::int64_t>(bytes);
      if (type == ValueType::kU64 && value < 0) return std::nullopt;
      return value;
    }
  }
}

}  // namespace

GgufError::GgufError(std::string_view file, std::uint64_t offset, const std::string& what,
                     const std::string& fix)
    : std::runtime_error(fmt::format("{}: byte {}: {}; {}", file, offset, what, fix)),
      offset_(offset) {}

std::uint64_t GgufTensor::rows() const { return *element_count(dims) / cols(); }

GgufError Gguf::error(std::uint64_t offset, const std::string& what, const std::string& fix) const {
  return {file_, offset, what, fix};
}

GgufError Gguf::mistyped(const GgufValue& value, std::string_view wanted) const {
  const bool array = value.type == ValueType::kArray;
  return error(value.offset,
               fmt::format("{} is {}{}, wanted {}", value.key, array ? "an array of " : "a ",
                           name(value.item), wanted),
               "convert the model again with a current converter");
}

const GgufValue* Gguf::find(std::string_view key) const {
  const auto found = value_of_.find(key);
  return found == value_of_.end() ? nullptr : &values_[found->second];
}

const GgufTensor* Gguf::tensor(std::string_view name) const {
  const auto found = tensor_of_.find(name);
  return found == tensor_of_.end() ? nullptr : &tensors_[found->second];
}

std::optional<std::string_view> Gguf::string(std::string_view key) const {
  const GgufValue* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->type != ValueType::kString) throw mistyped(*value, "a string");
  return value->bytes;
}

std::optional<bool> Gguf::boolean(std::string_view key) const {
  const GgufValue* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->type != ValueType::kBool) throw mistyped(*value, "a bool");
  return value->bytes.front() != 0;
}

std::optional<std::int64_t> Gguf::integer(std::string_view key) const {
  const GgufValue* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (!is_integer(value->type)) throw mistyped(*value, "an integer");
  const std::optional<std::int64_t> number = load_integer(value->type, value->bytes);
  if (!number) throw mistyped(*value, "an integer up to 2^63 - 1");
  return number;
}

std::optional<std::uint64_t> Gguf::count(std::string_view key) const {
  const std::optional<std::int64_t> number = integer(key);
  if (!number) return std::nullopt;
  if (*number < 0) throw mistyped(*find(key), "one from 0 on");
  return static_cast<std::uint64_t>(*number);
}

std::optional<double> Gguf::real(std::string_view key) const {
  const GgufValue* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->type == ValueType::kF32) return load<float>(value->bytes);
  if (value->type == ValueType::kF64) return load<double>(value->bytes);
  throw mistyped(*value, "a real number");
}

std::optional<std::vector<std::string_view>> Gguf::strings(std::string_view key) const {
  const GgufValue* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->type != ValueType::kArray || value->item != ValueType::kString) {
    throw mistyped(*value, "an array of strings");
  }
  std::vector<std::string_view> items;
  items.reserve(value->count);
  for (std::string_view rest = value->bytes; !rest.empty();) {
    const auto length = load<std::uint64_t>(rest);
    items.push_back(rest.substr(8, length));
    rest.remove_prefix(8 + length);
  }
  return items;
}

std::optional<std::vector<std::int64_t>> Gguf::integers(std::string_view key) const {
  const GgufValue* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->type != ValueType::kArray || !is_integer(value->item)) {
    throw mistyped(*value, "an array of integers");
  }
  std::vector<std::int64_t> items;
  items.reserve(value->count);
  const std::uint64_t size = value_bytes(value->item);
  for (std::uint64_t i = 0; i < value->count; ++i) {
    const auto number = load_integer(value->item, value->bytes.substr(i * size));
    if (!number) throw mistyped(*value, "integers up to 2^63 - 1");
    items.push_back(*number);
  }
  return items;
}

std::optional<std::vector<float>> Gguf::reals(std::string_view key) const {
  const GgufValue* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->type != ValueType::kArray || value->item != ValueType::kF32) {
    throw mistyped(*value, "an array of f32");
  }
  std::vector<float> items(value->count);
  if (!items.empty()) std::memcpy(items.data(), value->bytes.data(), value->bytes.size());
  return items;
}

std::string_view Gguf::architecture() const {
  const auto architecture = string("general.architecture");
  if (architecture) return *architecture;
  throw error(16, "there is no general.architecture among the metadata",
              "convert the model again with a current converter");
}

}  // namespace bitgate::model
