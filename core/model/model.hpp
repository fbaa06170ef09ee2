// A BitNet model as it comes: its numbers, and where the bytes of its weights are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/bitnet.hpp"
#include "model/tokenizer.hpp"

namespace bitgate::model {

/// A weight in the format (bitgate/formats.hpp) in which the model stores it.
struct StoredWeight {
  std::string name;
  WeightRole role;
  std::string format;
  std::uint64_t rows;
  std::uint64_t cols;
  std::uint64_t bytes;
  /// A matrix of -s, 0 and +s alone, whatever its format; other matrices are master weights.
  bool ternary = false;
};

/// Bytes `offset` … `offset + size` of the model's file.
struct FileRange {
  std::uint64_t offset;
  std::uint64_t size;
};

class Model {
 public:
  virtual ~Model() = default;

  [[nodiscard]] const Bitnet& bitnet() const { return bitnet_; }
  /// In the order of weights_of.
  [[nodiscard]] const std::vector<StoredWeight>& weights() const { return weights_; }
  /// What the stored weights are, for people: "i2_s (as bitnet-b1.58 models are published)".
  [[nodiscard]] const std::string& stored_as() const { return stored_as_; }

  /// nullptr if the model can't be asked in text.
  [[nodiscard]] virtual const Tokenizer* tokenizer() const { return nullptr; }
  /// Why it can't, if it can't.
  [[nodiscard]] virtual std::string why_no_text() const { return "the model has no vocabulary"; }

  /// Where in file() the canonical bytes of a weight lie as they are; nothing if they have to be
  /// made.
  [[nodiscard]] virtual std::optional<FileRange> range(std::size_t weight) const = 0;
  /// A descriptor of the model's file, which the model owns; -1 if it has none.
  [[nodiscard]] virtual int file() const { return -1; }
  /// The canonical bytes of a weight, as many as it has.
  virtual void fill(std::size_t weight, std::span<std::byte> out) const = 0;

 protected:
  Bitnet bitnet_;
  std::vector<StoredWeight> weights_;
  std::string stored_as_;
};

/// `i2_s`: the layout of I2_S tensors, if the user names it. Throws GgufError, std::system_error.
std::unique_ptr<Model> open_gguf(const std::filesystem::path& path, std::string_view i2_s);

/// Models that are made: real shapes, seeded weights, no vocabulary. Matrices are stored as i2_s
/// with a quarter each of -1 and +1, the embedding as f16. The same bytes on every machine.
std::vector<std::string> synthetic_models();
/// `layers`: instead of as many as the model has, if not 0. nullptr if there is no such model.
std::unique_ptr<Model> make_synthetic(std::string_view name, std::uint64_t layers,
                                      std::uint64_t seed);

}  // namespace bitgate::model
