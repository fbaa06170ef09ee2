#include "model/gguf_layout.hpp"

#include <bitgate/formats.hpp>

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>

namespace bitgate::model {
namespace {

constexpr std::array kLayouts = {formats::kI2S, formats::kI2SArm, formats::kI2S4Row};

/// The first I2_S tensor that the layout can't hold; nullptr if it holds all.
const GgufTensor* misfit(const Gguf& gguf, std::string_view layout) {
  for (const GgufTensor& tensor : gguf.tensors()) {
    if (tensor.type != TensorType::kI2S) continue;
    if (formats::byte_size(layout, tensor.rows(), tensor.cols()) != tensor.bytes.size()) {
      return &tensor;
    }
  }
  return nullptr;
}

GgufError misfit_error(const Gguf& gguf, const GgufTensor& tensor, std::string_view layout,
                       std::string_view why) {
  return gguf.error(tensor.entry,
                    fmt::format("tensor '{}': {} ({})", tensor.name,
                                formats::why_not(layout, tensor.rows(), tensor.cols()), why),
                    "name the layout that the weights were written in, or convert the model again");
}

Layout checked(const Gguf& gguf, std::string_view layout, const std::string& why,
               std::uint64_t offset) {
  const auto* known = std::find(kLayouts.begin(), kLayouts.end(), layout);
  if (known == kLayouts.end()) {
    throw gguf.error(offset, fmt::format("there is no I2_S layout '{}' ({})", layout, why),
                     fmt::format("the layouts are {}", fmt::join(kLayouts, ", ")));
  }
  if (const GgufTensor* tensor = misfit(gguf, *known)) {
    throw misfit_error(gguf, *tensor, *known, why);
  }
  return {*known, why};
}

}  // namespace

Layout i2_s_layout(const Gguf& gguf, std::string_view chosen) {
  const auto first =
      std::find_if(gguf.tensors().begin(), gguf.tensors().end(),
                   [](const GgufTensor& tensor) { return tensor.type == TensorType::kI2S; });
  if (first == gguf.tensors().end()) return {};
  if (!chosen.empty()) return checked(gguf, chosen, "chosen by the user", first->entry);
  if (const auto named = gguf.string(kLayoutKey)) {
    return checked(gguf, *named, fmt::format("named by {}", kLayoutKey),
                   gguf.find(kLayoutKey)->offset);
  }
  std::vector<std::string_view> fitting;
  for (const std::string_view layout : kLayouts) {
    if (misfit(gguf, layout) == nullptr) fitting.push_back(layout);
  }
  if (fitting.size() == 1) return {fitting.front(), "the only layout that holds all shapes"};
  if (fitting.empty()) {
    throw misfit_error(gguf, *misfit(gguf, formats::kI2S), formats::kI2S,
                       "and no other layout holds all tensors");
  }
  if (gguf.architecture() == "bitnet-b1.58") {
    return checked(gguf, formats::kI2S, "as bitnet-b1.58 models are published", first->entry);
  }
  throw gguf.error(
      first->entry,
      fmt::format("tensor '{}' is I2_S, and nothing in the file says in which layout; {} would fit",
                  first->name, fmt::join(fitting, ", ")),
      fmt::format("choose one, or write it into the file as {}: converters and x86 builds of "
                  "bitnet.cpp write i2_s, its ARM builds i2_s/arm, x86 builds without ACT_PARALLEL "
                  "i2_s/4row",
                  kLayoutKey));
}

std::string_view format_of(TensorType type) {
  switch (type) {
    case TensorType::kF32:
      return formats::kF32;
    case TensorType::kF16:
      return formats::kF16;
    case TensorType::kBF16:
      return formats::kBF16;
    case TensorType::kTq1:
      return formats::kTq1;
    case TensorType::kTq2:
      return formats::kTq2;
    default:
      return {};
  }
}

}  // namespace bitgate::model
