#include "conform/materials.hpp"

#include <bitgate/formats.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "conform/comparison.hpp"
#include "conform/space.hpp"
#include "conform/transformer_cases.hpp"
#include "model/synthetic.hpp"
#include "oracle/codec.hpp"
#include "oracle/matmul.hpp"
#include "oracle/registry.hpp"
#include "oracle/transformer.hpp"

namespace bitgate::conform {
namespace {

using Bytes = std::span<const std::byte>;

Objection compare_codes(const std::vector<std::int8_t>& wanted, const std::vector<std::int8_t>& got,
                        std::uint64_t cols) {
  const auto bytes = std::as_bytes(std::span(got));
  return compare<std::int8_t>(
      bytes, wanted.size(), cols,
      [&](std::size_t i, std::int8_t value) { return value == wanted[i]; },
      [&](std::size_t i) { return int{wanted[i]}; });
}

bool within_two_ulp(float a, float b) {
  return std::abs(a - b) <= 2 * std::numeric_limits<float>::epsilon() * std::abs(b);
}

const oracle::Codec& codec_of(const std::string& format) {
  const oracle::Codec* codec = oracle::find_codec(format);
  if (codec == nullptr) throw std::invalid_argument(fmt::format("no ternary format '{}'", format));
  return *codec;
}

oracle::Int8 int8_values(std::uint64_t rows, std::uint64_t cols, std::uint64_t seed) {
  oracle::Int8 out{rows, cols, std::vector<std::int8_t>(rows * cols), std::vector<float>(rows)};
  fill_activations(out.codes, seed, 0);
  for (std::uint64_t row = 0; row < rows; ++row) {
    out.scales[row] = static_cast<float>(row % 7 + 1) / 127.0F;
  }
  return out;
}

std::vector<std::byte> poison(const worker::TensorRef& tensor) {
  const auto size = formats::byte_size(tensor.format, tensor.rows, tensor.cols);
  if (!size) {
    throw std::invalid_argument(
        fmt::format("{} can't hold {}x{}", tensor.format, tensor.rows, tensor.cols));
  }
  return std::vector<std::byte>(*size, std::byte{0xA5});
}

/// Encoded codes, with the scale that they stand for.
std::vector<std::byte> encoded(const oracle::Codec& codec, std::uint64_t rows, std::uint64_t cols,
                               std::vector<std::int8_t> codes, float scale) {
  return codec.encode({rows, cols, std::move(codes), scale});
}

Objection judge_ternary(Bytes got, const oracle::Codec& codec, const std::vector<float>& source,
                        const oracle::Ternary& wanted, oracle::Rounding rounding) {
  const std::vector<std::byte> right = codec.encode(wanted);
  Objection wrong = difference(right, got);
  if (!wrong) return std::nullopt;
  try {
    const oracle::Ternary decoded = codec.decode(got, wanted.rows, wanted.cols);
    if (decoded.scale != wanted.scale && within_two_ulp(decoded.scale, wanted.scale)) {
      // The mean behind absmean's scale may be summed in any order, which its last bits show; the
      // codes must be exact for the scale that was chosen.
      const std::vector<std::int8_t> codes = oracle::ternary_codes(source, decoded.scale, rounding);
      wrong = compare_codes(codes, decoded.codes, wanted.cols);
      return wrong
                 ? wrong
                 : difference(codec.encode({wanted.rows, wanted.cols, codes, decoded.scale}), got);
    }
    if (Objection codes = compare_codes(wanted.codes, decoded.codes, wanted.cols)) return codes;
    if (decoded.scale != codec.decode(right, wanted.rows, wanted.cols).scale) {
      return fmt::format("expected scale {}, got {}", wanted.scale, decoded.scale);
    }
    return wrong;
  } catch (const std::invalid_argument& error) {
    return std::string("the output is not valid: ") + error.what();
  }
}

void make_quantize(const NumericCase& what, const NumericCase& inputs, Materials& out) {
  const std::vector<float> source = weight_values(inputs);
  const auto& rounding = std::get<std::string>(out.op.attributes.at("rounding"));
  out.inputs = {to_bytes(source)};
  if (rounding == "nearest") {
    const std::vector<float> other(source.size(), 3);
    out.stale = {oracle::encode_half(what.format, other)};
    out.judge = [wanted = oracle::encode_half(what.format, source)](Bytes got) {
      return difference(wanted, got);
    };
    return;
  }
  if (rounding == "absmax") {
    const oracle::Int8 wanted = oracle::quantize_i8(source, what.rows, what.cols);
    out.stale = {oracle::encode_i8({what.rows, what.cols,
                                    std::vector<std::int8_t>(what.rows * what.cols, 90),
                                    std::vector<float>(what.rows, 3)})};
    out.judge = [wanted](Bytes got) -> Objection {
      try {
        const oracle::Int8 decoded = oracle::decode_i8(got, wanted.rows, wanted.cols);
        if (Objection wrong = compare_codes(wanted.codes, decoded.codes, wanted.cols)) return wrong;
        return difference(oracle::encode_i8(wanted), got);
      } catch (const std::invalid_argument& error) {
        return std::string("the output is not valid: ") + error.what();
      }
    };
    return;
  }
  const oracle::Codec& codec = codec_of(what.format);
  const auto rule = rounding == "ternary" ? oracle::Rounding::kTernary : oracle::Rounding::kAbsmean;
  const oracle::Ternary wanted = oracle::quantize_ternary(source, what.rows, what.cols, rule);
  out.stale = {
      encoded(codec, what.rows, what.cols, std::vector<std::int8_t>(what.rows * what.cols, 1), 3)};
  out.judge = [&codec, source, wanted, rule](Bytes got) {
    return judge_ternary(got, codec, source, wanted, rule);
  };
}

void make_dequantize(const NumericCase& what, const NumericCase& inputs, Materials& out) {
  out.stale = {poison(out.op.outputs[0])};
  std::vector<float> wanted(what.rows * what.cols);
  if (what.format == formats::kI8) {
    const oracle::Int8 values = int8_values(what.rows, what.cols, inputs.seed);
    out.inputs = {oracle::encode_i8(values)};
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      wanted[i] = static_cast<float>(values.codes[i]) * values.scales[i / what.cols];
    }
  } else if (formats::is_float(what.format)) {
    out.inputs = {oracle::encode_half(what.format, weight_values(inputs))};
    wanted = oracle::decode_half(what.format, out.inputs[0]);
  } else {
    const oracle::Ternary values{what.rows, what.cols, weight_codes(inputs), kWeightScale};
    out.inputs = {codec_of(what.format).encode(values)};
    // From the bytes, since a format may hold the scale in fewer bits.
    wanted = oracle::dequantize(codec_of(what.format).decode(out.inputs[0], what.rows, what.cols));
  }
  out.judge = [wanted, cols = what.cols](Bytes got) {
    return compare_exactly<float>(got, wanted, cols);
  };
}

void make_matmul(const NumericCase& what, const NumericCase& inputs, std::uint64_t variant,
                 Materials& out) {
  const bool real = formats::is_float(what.format);
  out.stale = {poison(out.op.outputs[0])};
  out.exact = !real;
  const std::vector<std::int8_t> codes = activation_codes(inputs, variant);
  if (real) {
    std::vector<float> weights = weight_values(what);
    std::vector<float> activations(codes.size());
    std::transform(codes.begin(), codes.end(), activations.begin(),
                   [](std::int8_t code) { return static_cast<float>(code) / 127.0F; });
    const std::string format = out.op.inputs[1].format;
    const auto stored = [](const std::string& as, std::vector<float>& values) {
      if (as == formats::kF32) return to_bytes(values);
      const std::vector<std::byte> bytes = oracle::encode_half(as, values);
      values = oracle::decode_half(as, bytes);
      return bytes;
    };
    out.inputs = {stored(what.format, weights), stored(format, activations)};
    const auto multiply = format == formats::kF32 ? oracle::matmul_f32 : oracle::matmul_half;
    const oracle::Bounded wanted = multiply(weights, activations, what.rows, what.cols, what.batch);
    out.judge = [wanted, cols = what.rows](Bytes got) { return compare_within(got, wanted, cols); };
    return;
  }
  const std::vector<std::int8_t> weights = weight_codes(what);
  const oracle::Int8 x{what.batch, what.cols, codes, std::vector<float>(what.batch, 1.0F / 127.0F)};
  out.inputs = {encoded(codec_of(what.format), what.rows, what.cols, weights, kWeightScale),
                oracle::encode_i8(x)};
  if (what.op == "matmul/scaled") {
    const oracle::Bounded wanted =
        oracle::matmul_scaled(codec_of(what.format).decode(out.inputs[0], what.rows, what.cols), x);
    out.exact = std::all_of(wanted.bound.begin(), wanted.bound.end(),
                            [](double bound) { return bound == 0; });
    out.judge = [wanted, cols = what.rows](Bytes got) { return compare_within(got, wanted, cols); };
    return;
  }
  const std::vector<std::int32_t> wanted =
      oracle::matmul_i8(weights, codes, what.rows, what.cols, what.batch);
  out.judge = [wanted, cols = what.rows](Bytes got) {
    return compare_exactly<std::int32_t>(got, wanted, cols);
  };
}

void require_words(const NumericCase& what) {
  const auto known = [](std::span<const std::string_view> list, const std::string& word) {
    return std::find(list.begin(), list.end(), word) != list.end();
  };
  const std::vector<Row> all = rows();
  const bool row = std::any_of(all.begin(), all.end(), [&](const Row& one) {
    return one.op == what.op && one.format == what.format;
  });
  if (!row) throw std::invalid_argument(fmt::format("no operation {} {}", what.op, what.format));
  if (!known(weight_patterns(), what.weights) || !known(activation_patterns(), what.activations)) {
    throw std::invalid_argument(
        fmt::format("no values '{}' and '{}'", what.weights, what.activations));
  }
  constexpr std::uint64_t kMost = std::uint64_t{1} << 30;
  const bool fits = formats::byte_size(what.format, what.rows, what.cols).has_value() &&
                    what.batch > 0 && what.batch <= 4096 && what.rows * what.cols <= kMost &&
                    what.cols * what.batch <= kMost && what.rows * what.batch <= kMost;
  if (!fits) {
    throw std::invalid_argument(fmt::format("no shape {}x{} batch {} of {}", what.rows, what.cols,
                                            what.batch, what.format));
  }
}

}  // namespace

worker::OpSpec operation(const NumericCase& what) {
  if (is_transformer(what.op)) return transformer_operation(what);
  const std::string kind = what.op.substr(0, what.op.find('/'));
  const worker::TensorRef w{what.format, what.rows, what.cols};
  const worker::TensorRef real{std::string(formats::kF32), what.rows, what.cols};
  if (kind == "quantize") {
    return {kind, {real}, {w}, {{"rounding", what.op.substr(kind.size() + 1)}}};
  }
  if (kind == "dequantize") return {kind, {w}, {real}, {}};
  const bool ternary = !formats::is_float(what.format);
  const std::string x = ternary                     ? std::string(formats::kI8)
                        : what.op == "matmul/mixed" ? std::string(formats::kF32)
                                                    : what.format;
  const bool sums = ternary && what.op != "matmul/scaled";
  return {kind,
          {w, {x, what.batch, what.cols}},
          {{std::string(sums ? formats::kI32 : formats::kF32), what.batch, what.rows}},
          {}};
}

Materials materials(const NumericCase& what, std::uint64_t variant) {
  require_words(what);
  if (is_transformer(what.op)) return transformer_materials(what, variant);
  NumericCase inputs = what;
  if (variant > 0) {
    // Other inputs, whatever the pattern was: the answer must move with them.
    inputs.seed += variant;
    inputs.weights = "random";
    inputs.activations = "random";
  }
  Materials out;
  out.op = operation(what);
  if (out.op.kind == "quantize") {
    make_quantize(what, inputs, out);
  } else if (out.op.kind == "dequantize") {
    make_dequantize(what, inputs, out);
  } else {
    make_matmul(what, inputs, variant, out);
  }
  return out;
}

std::vector<std::byte> valid_bytes(const std::string& format, std::uint64_t rows,
                                   std::uint64_t cols, std::uint64_t seed) {
  const NumericCase random{"", format, rows, cols, 1, "random", "random", 1, seed};
  if (oracle::find_codec(format) != nullptr) {
    return encoded(codec_of(format), rows, cols, weight_codes(random), kWeightScale);
  }
  if (format == formats::kI8) return oracle::encode_i8(int8_values(rows, cols, seed));
  // Any bits are a number: NaNs with payloads, infinities, denormals and negative zeros must
  // survive.
  std::vector<std::byte> bytes = poison({format, rows, cols});
  std::vector<std::int8_t> noise(bytes.size());
  fill_activations(noise, seed, 0);
  std::memcpy(bytes.data(), noise.data(), noise.size());
  return bytes;
}

Objection difference(std::span<const std::byte> a, std::span<const std::byte> b) {
  if (a.size() != b.size()) return fmt::format("{} bytes and {}", a.size(), b.size());
  Objection first;
  std::size_t count = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] == b[i]) continue;
    if (++count == 1) {
      first = fmt::format("byte {}: 0x{:02X} and 0x{:02X}", i, std::to_integer<int>(a[i]),
                          std::to_integer<int>(b[i]));
    }
  }
  if (first) *first += fmt::format(" ({} of {} bytes differ)", count, a.size());
  return first;
}

}  // namespace bitgate::conform
