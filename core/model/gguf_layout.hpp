// Which of bitgate's formats a tensor of a GGUF file has. For I2_S the file does not say: its three
// layouts have the same size and number.
#pragma once

#include <string>
#include <string_view>

#include "model/gguf.hpp"

namespace bitgate::model {

/// The metadata key by which a file may name its layout: "i2_s", "i2_s/arm" or "i2_s/4row".
inline constexpr std::string_view kLayoutKey = "bitgate.i2_s.layout";

struct Layout {
  std::string_view format;  ///< id of bitgate/formats.hpp; empty if the file has no I2_S tensor
  std::string why;          ///< "the file names it", for people
};

/// The layout of all I2_S tensors of a file, by the first of these that decides: `chosen` by the
/// user if not empty; kLayoutKey; the only layout that holds the shapes of all tensors;
/// architecture bitnet-b1.58, which is published in i2_s. Each is checked against the shapes.
/// Throws GgufError if none decides (it names the choices), or if what decides can't hold a tensor.
Layout i2_s_layout(const Gguf& gguf, std::string_view chosen = {});

/// Format id of a type other than I2_S; empty for those that bitgate has no format for.
std::string_view format_of(TensorType type);

}  // namespace bitgate::model
