// Models of real shapes with seeded weights.
#include <bitgate/formats.hpp>

#include <algorithm>
#include <array>
#include <cstring>

#include <fmt/format.h>

#include "model/model.hpp"
#include "model/synthetic.hpp"

namespace bitgate::model {
namespace {

struct Preset {
  std::string_view name;
  Bitnet bitnet;
};

/// The published 2B-4T model, and one that is made in no time.
constexpr std::array<Preset, 2> kPresets = {{
    {"bitnet-2b-4t", {30, 2560, 6912, 20, 5, 128, 128256, 4096, 1e-5, 500000}},
    {"bitnet-tiny", {2, 256, 512, 4, 2, 64, 512, 4096, 1e-5, 10000}},
}};

class SyntheticModel : public Model {
 public:
  SyntheticModel(const Bitnet& bitnet, std::uint64_t seed) : seed_(seed) {
    bitnet_ = bitnet;
    stored_as_ = formats::kI2S;
    for (const WeightSpec& spec : weights_of(bitnet)) {
      const std::string_view format = spec.role == WeightRole::kMatrix      ? formats::kI2S
                                      : spec.role == WeightRole::kEmbedding ? formats::kF16
                                                                            : formats::kF32;
      const std::uint64_t bytes = formats::byte_size(format, spec.rows, spec.cols).value_or(0);
      weights_.push_back({spec.name, spec.role, std::string(format), spec.rows, spec.cols, bytes,
                          spec.role == WeightRole::kMatrix});
    }
  }

  [[nodiscard]] std::optional<FileRange> range(std::size_t) const override { return std::nullopt; }

  void fill(std::size_t weight, std::span<std::byte> out) const override {
    const StoredWeight& stored = weights_.at(weight);
    switch (stored.role) {
      case WeightRole::kNorm: {
        constexpr float kOne = 1;
        for (std::size_t at = 0; at < out.size(); at += sizeof(kOne)) {
          std::memcpy(&out[at], &kOne, sizeof(kOne));
        }
        return;
      }
      case WeightRole::kEmbedding:
        fill_f16(out, seed_, weight);
        return;
      case WeightRole::kMatrix: {
        const std::span<std::byte> codes = out.first(out.size() - formats::kScaleTail);
        fill_i2_s(codes, seed_, weight);
        std::fill(out.begin() + static_cast<std::ptrdiff_t>(codes.size()), out.end(), std::byte{0});
        constexpr float kScale = 1.0F / 64.0F;
        std::memcpy(out.data() + codes.size(), &kScale, sizeof(kScale));
        return;
      }
    }
  }

 private:
  std::uint64_t seed_;
};

}  // namespace

std::vector<std::string> synthetic_models() {
  std::vector<std::string> names;
  for (const Preset& preset : kPresets) names.emplace_back(preset.name);
  return names;
}

std::unique_ptr<Model> make_synthetic(std::string_view name, std::uint64_t layers,
                                      std::uint64_t seed) {
  for (const Preset& preset : kPresets) {
    if (preset.name != name) continue;
    Bitnet bitnet = preset.bitnet;
    if (layers != 0) bitnet.layers = layers;
    return std::make_unique<SyntheticModel>(bitnet, seed);
  }
  return nullptr;
}

}  // namespace bitgate::model
