#include "oracle/registry.hpp"

#include <bitgate/formats.hpp>

#include <algorithm>
#include <array>

namespace bitgate::oracle {
namespace {

constexpr std::array<Codec, 1> kCodecs = {{{formats::kI2S, encode_i2_s, decode_i2_s}}};

}  // namespace

std::span<const Codec> codecs() { return kCodecs; }

const Codec* find_codec(std::string_view format) {
  const auto* found = std::find_if(kCodecs.begin(), kCodecs.end(),
                                   [&](const Codec& codec) { return codec.format == format; });
  return found == kCodecs.end() ? nullptr : found;
}

}  // namespace bitgate::oracle
