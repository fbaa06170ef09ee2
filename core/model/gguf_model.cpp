// The model of a GGUF file.
#include <bitgate/formats.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include <fmt/format.h>

#include "model/gguf_layout.hpp"
#include "model/model.hpp"
#include "model/q8_0.hpp"

namespace bitgate::model {
namespace {

/// Whether all numbers of a float format have one magnitude or are 0; `Bits` as wide as they are.
template <class Bits>
bool has_three_values(std::string_view bytes) {
  constexpr Bits kMagnitude = static_cast<Bits>(~Bits{0}) >> 1;
  Bits common = 0;
  for (std::size_t at = 0; at < bytes.size(); at += sizeof(Bits)) {
    Bits value = 0;
    std::memcpy(&value, bytes.data() + at, sizeof(Bits));
    value &= kMagnitude;
    if (value == 0 || value == common) continue;
    if (common != 0) return false;
    common = value;
  }
  return true;
}

bool is_ternary(const GgufTensor& tensor, std::string_view format) {
  if (!formats::is_float(format)) return true;
  return format == formats::kF32 ? has_three_values<std::uint32_t>(tensor.bytes)
                                 : has_three_values<std::uint16_t>(tensor.bytes);
}

class GgufModel : public Model {
 public:
  GgufModel(const std::filesystem::path& path, std::string_view i2_s)
      : gguf_(Gguf::open(path)), fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (fd_ < 0) throw std::system_error(errno, std::generic_category(), path.string());
    try {
      describe(i2_s);
    } catch (...) {
      ::close(fd_);
      throw;
    }
  }
  GgufModel(const GgufModel&) = delete;
  GgufModel& operator=(const GgufModel&) = delete;
  ~GgufModel() override { ::close(fd_); }

  [[nodiscard]] int file() const override { return fd_; }
  [[nodiscard]] const Tokenizer* tokenizer() const override {
    return tokenizer_ ? &*tokenizer_ : nullptr;
  }
  [[nodiscard]] std::string why_no_text() const override { return why_no_text_; }

  [[nodiscard]] std::optional<FileRange> range(std::size_t weight) const override {
    const GgufTensor& tensor = *tensors_.at(weight);
    if (tensor.type == TensorType::kQ8) return std::nullopt;
    return FileRange{tensor.offset, tensor.bytes.size()};
  }

  void fill(std::size_t weight, std::span<std::byte> out) const override {
    const GgufTensor& tensor = *tensors_.at(weight);
    if (tensor.type == TensorType::kQ8) {
      q8_0_to_f16(tensor.bytes, out);
    } else {
      std::memcpy(out.data(), tensor.bytes.data(), tensor.bytes.size());
    }
  }

 private:
  void describe(std::string_view i2_s) {
    bitnet_ = read_bitnet(gguf_);
    try {
      tokenizer_ = Tokenizer::from(gguf_);
    } catch (const GgufError& error) {
      why_no_text_ = error.what();  // token ids will do
    }
    const Layout layout = i2_s_layout(gguf_, i2_s);
    for (const WeightSpec& spec : weights_of(bitnet_)) {
      const GgufTensor& tensor = *gguf_.tensor(spec.name);
      std::string format(tensor.type == TensorType::kI2S  ? layout.format
                         : tensor.type == TensorType::kQ8 ? formats::kF16
                                                          : format_of(tensor.type));
      require_usable(tensor, spec, format);
      const std::uint64_t bytes = formats::byte_size(format, spec.rows, spec.cols).value_or(0);
      const bool ternary = spec.role == WeightRole::kMatrix && is_ternary(tensor, format);
      if (spec.role == WeightRole::kMatrix) stored_as_ = format;
      weights_.push_back(
          {spec.name, spec.role, std::move(format), spec.rows, spec.cols, bytes, ternary});
      tensors_.push_back(&tensor);
    }
    if (!layout.format.empty()) stored_as_ += fmt::format(" ({})", layout.why);
  }

  void require_usable(const GgufTensor& tensor, const WeightSpec& spec,
                      std::string_view format) const {
    const bool is_float = formats::is_float(format);
    const bool good = spec.role == WeightRole::kMatrix
                          ? tensor.type != TensorType::kQ8 && !format.empty()
                          : is_float;
    if (good) return;
    const bool matrix = spec.role == WeightRole::kMatrix;
    throw gguf_.error(
        tensor.entry,
        fmt::format("tensor '{}' is {}, which {} of this graph can't be", tensor.name,
                    name(tensor.type), matrix ? "a matrix" : "a norm or the embedding"),
        matrix ? "convert the model to I2_S, TQ1_0, TQ2_0, F16, BF16 or F32"
               : "convert it to F16, BF16 or F32");
  }

  Gguf gguf_;
  int fd_;
  std::optional<Tokenizer> tokenizer_;
  std::string why_no_text_;
  std::vector<const GgufTensor*> tensors_;  // by weight
};

}  // namespace

std::unique_ptr<Model> open_gguf(const std::filesystem::path& path, std::string_view i2_s) {
  return std::make_unique<GgufModel>(path, i2_s);
}

}  // namespace bitgate::model
