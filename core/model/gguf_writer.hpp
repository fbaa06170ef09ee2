// Writes GGUF version 3 as Gguf reads it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/gguf_types.hpp"

namespace bitgate::model {

/// Collects metadata and tensors, then writes them in the order in which they came. Everything
/// throws std::invalid_argument where the reader would refuse the result.
class GgufWriter {
 public:
  /// `alignment`: a power of two from 8 on; other than 32 it is written as general.alignment.
  explicit GgufWriter(std::uint32_t alignment = 32);

  void string(std::string_view key, std::string_view value);
  void boolean(std::string_view key, bool value);
  void u32(std::string_view key, std::uint32_t value);
  void f32(std::string_view key, float value);
  void strings(std::string_view key, std::span<const std::string> values);
  void i32s(std::string_view key, std::span<const std::int32_t> values);
  void f32s(std::string_view key, std::span<const float> values);

  /// `bytes` must live until the file is written, and be tensor_bytes(type, dims) long.
  void tensor(std::string_view name, std::span<const std::uint64_t> dims, TensorType type,
              std::span<const std::byte> bytes);

  [[nodiscard]] std::string bytes() const;
  /// Replaces the file. Throws std::system_error.
  void write(const std::filesystem::path& path) const;

 private:
  struct Data {
    std::string_view bytes;
    std::uint64_t padding;
  };

  void begin(std::string_view key, ValueType type);
  void begin_array(std::string_view key, ValueType item, std::uint64_t count);
  [[nodiscard]] std::string head() const;
  [[nodiscard]] std::uint64_t padding(std::uint64_t size) const;

  std::uint32_t alignment_;
  std::string values_;
  std::string infos_;
  std::set<std::string, std::less<>> keys_;
  std::set<std::string, std::less<>> names_;
  std::vector<Data> data_;
  std::uint64_t data_bytes_ = 0;
};

}  // namespace bitgate::model
