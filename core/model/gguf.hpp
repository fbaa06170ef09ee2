// GGUF version 3, little-endian: a file's metadata and tensors, read without copying.
// Source: ggml's docs/gguf.md; where ggml's own reader is stricter, its rule holds.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "model/gguf_types.hpp"
#include "model/mapped_file.hpp"

namespace bitgate::model {

/// A file that is not what it should be: "FILE: byte OFFSET: what; the fix".
class GgufError : public std::runtime_error {
 public:
  GgufError(std::string_view file, std::uint64_t offset, const std::string& what,
            const std::string& fix);
  [[nodiscard]] std::uint64_t offset() const { return offset_; }

 private:
  std::uint64_t offset_;
};

/// One metadata entry, checked but still in the file's bytes. Gguf's accessors give typed values.
struct GgufValue {
  std::string_view key;
  ValueType type;
  ValueType item;          ///< of an array; else as `type`
  std::uint64_t count;     ///< of an array; else 1
  std::string_view bytes;  ///< of the value; of a string without its length; of an array the items
  std::uint64_t offset;    ///< of these bytes in the file
};

struct GgufTensor {
  std::string_view name;
  std::vector<std::uint64_t> dims;  ///< 1 to 4; dims[0] is contiguous
  TensorType type = TensorType::kF32;
  std::uint64_t offset = 0;  ///< of the data in the file
  std::string_view bytes;    ///< exactly tensor_bytes(type, dims)
  std::uint64_t entry = 0;   ///< where in the file the tensor is described

  [[nodiscard]] std::uint64_t cols() const { return dims.front(); }
  [[nodiscard]] std::uint64_t rows() const;  ///< the product of the other dimensions
};

class Gguf {
 public:
  /// Maps and checks a file. Throws GgufError, or std::system_error if it can't be read. Takes time
  /// and memory for the metadata and the tensors' descriptions, never for the weights.
  static Gguf open(const std::filesystem::path& path);
  /// The same for bytes in memory, which have to outlive the object; `file` is for messages.
  static Gguf parse(std::string_view bytes, std::string file);

  [[nodiscard]] const std::string& file() const { return file_; }
  [[nodiscard]] std::uint64_t file_bytes() const { return bytes_.size(); }
  [[nodiscard]] std::uint64_t alignment() const { return alignment_; }
  [[nodiscard]] Dialect dialect() const { return dialect_; }
  /// In the file's order; names are unique.
  [[nodiscard]] const std::vector<GgufValue>& values() const { return values_; }
  [[nodiscard]] const std::vector<GgufTensor>& tensors() const { return tensors_; }

  /// nullptr if there is none of that name.
  [[nodiscard]] const GgufValue* find(std::string_view key) const;
  [[nodiscard]] const GgufTensor* tensor(std::string_view name) const;

  /// Typed metadata: nothing if there is no such key, GgufError if its value is of another kind.
  /// Integers of every width are integers, f32 and f64 are reals.
  [[nodiscard]] std::optional<std::string_view> string(std::string_view key) const;
  [[nodiscard]] std::optional<bool> boolean(std::string_view key) const;
  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view key) const;
  [[nodiscard]] std::optional<std::uint64_t> count(std::string_view key) const;  ///< integer >= 0
  [[nodiscard]] std::optional<double> real(std::string_view key) const;
  [[nodiscard]] std::optional<std::vector<std::string_view>> strings(std::string_view key) const;
  [[nodiscard]] std::optional<std::vector<std::int64_t>> integers(std::string_view key) const;
  [[nodiscard]] std::optional<std::vector<float>> reals(std::string_view key) const;

  /// general.architecture, which every model has. Throws GgufError if this file has not.
  [[nodiscard]] std::string_view architecture() const;

  /// An error about this file.
  [[nodiscard]] GgufError error(std::uint64_t offset, const std::string& what,
                                const std::string& fix) const;

 private:
  friend class GgufReader;
  Gguf() = default;
  [[nodiscard]] GgufError mistyped(const GgufValue& value, std::string_view wanted) const;

  MappedFile map_;
  std::string file_;
  std::string_view bytes_;
  std::uint64_t alignment_ = 32;
  Dialect dialect_ = Dialect::kGgml;
  std::vector<GgufValue> values_;
  std::vector<GgufTensor> tensors_;
  std::map<std::string_view, std::size_t> value_of_;
  std::map<std::string_view, std::size_t> tensor_of_;
};

}  // namespace bitgate::model
