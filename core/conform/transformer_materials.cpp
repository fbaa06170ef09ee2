// What cases of a transformer's operations take and give.
#include <bitgate/formats.hpp>

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include <fmt/format.h>

#include "conform/comparison.hpp"
#include "conform/transformer_cases.hpp"
#include "model/synthetic.hpp"
#include "oracle/transformer.hpp"

namespace bitgate::conform {
namespace {

using Bytes = std::span<const std::byte>;

constexpr double kEpsilon = 1e-5;
constexpr double kBase = 500000;
constexpr std::uint64_t kContext = 4096;

/// A case with the numbers that its word has, in terms of the operation.
struct Shape {
  std::string kind;
  std::uint64_t heads = 1;
  std::uint64_t kv_heads = 1;
  std::uint64_t tokens = 1;
  std::uint64_t head_size = 1;
  std::uint64_t positions = 1;  ///< that there are
  std::string where = "first";

  [[nodiscard]] std::uint64_t width() const { return heads * head_size; }
  [[nodiscard]] std::uint64_t stride() const { return kv_heads * head_size; }
};

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// require_words has seen to it that the word is one of transformer_rows().
Shape shape_of(const NumericCase& what) {
  const std::string_view op = what.op;
  const std::size_t first = op.find('/');
  Shape out{std::string(op.substr(0, first)), 1, 1, what.rows, what.cols, 1, "first"};
  if (first == std::string_view::npos) return out;
  const std::size_t second = op.find('/', first + 1);
  const std::string_view heads = op.substr(first + 1, second - first - 1);
  out.heads = number(heads);
  out.where = op.substr(second + 1);
  if (out.kind == "rope") {
    out.head_size = 2 * what.cols;
    out.positions = kContext;
  } else {
    out.kv_heads = number(heads.substr(heads.find('-') + 1));
    out.tokens = what.batch;
    out.positions = what.rows;
    if (out.tokens > out.positions) {
      throw std::invalid_argument(
          fmt::format("no room for {} tokens in a cache of {} rows", out.tokens, out.positions));
    }
  }
  return out;
}

std::vector<std::int32_t> positions(const Shape& shape, std::uint64_t variant) {
  const std::uint64_t step = std::max<std::uint64_t>(shape.positions / shape.tokens, 1);
  std::vector<std::int32_t> out;
  for (std::uint64_t i = 0; i < shape.tokens; ++i) {
    std::uint64_t at = i;
    if (shape.where == "last") at += shape.positions - std::min(shape.tokens, shape.positions);
    if (shape.where == "scattered") at = (shape.tokens - 1 - i) * step + step - 1;
    out.push_back(static_cast<std::int32_t>(at % shape.positions));
  }
  if (variant > 0) {
    std::reverse(out.begin(), out.end());
    for (std::int32_t& at : out) at = static_cast<std::int32_t>(shape.positions) - 1 - at;
    if (out.size() > 1) std::rotate(out.begin(), out.begin() + 1, out.end());
  }
  return out;
}

std::vector<float> random_values(std::uint64_t count, std::uint64_t seed, std::uint64_t stream) {
  std::vector<float> values(count);
  fill_activations(values, seed, stream);
  return values;
}

/// What the first operand holds.
std::vector<float> first_values(const NumericCase& what, std::uint64_t count) {
  if (what.weights == "random") return random_values(count, what.seed, 0);
  return weight_values(
      {"", std::string(formats::kF32), 1, count, 1, what.weights, "random", 1, what.seed});
}

std::vector<std::byte> stored(const std::string& format, const std::vector<float>& values) {
  return format == formats::kF32 ? to_bytes(values) : oracle::encode_half(format, values);
}
std::vector<float> loaded(const std::string& format, Bytes bytes) {
  if (format != formats::kF32) return oracle::decode_half(format, bytes);
  std::vector<float> values(bytes.size() / sizeof(float));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = element<float>(bytes, i);
  return values;
}

void expect(Materials& out, oracle::Bounded wanted, std::uint64_t cols) {
  out.exact = false;
  out.judge = [wanted = std::move(wanted), cols](Bytes got) {
    return compare_within(got, wanted, cols);
  };
}

template <class T>
void expect(Materials& out, std::vector<T> wanted, std::uint64_t cols) {
  out.judge = [wanted = std::move(wanted), cols](Bytes got) {
    return compare_exactly<T>(got, wanted, cols);
  };
}

void make_embed(const NumericCase& what, std::uint64_t variant, Materials& out) {
  out.inputs = {stored(what.format, first_values(what, what.rows * what.cols))};
  std::vector<std::int32_t> ids;
  for (std::uint64_t i = 0; i < what.batch; ++i) {
    ids.push_back(static_cast<std::int32_t>((what.seed + 7 * i + variant) % what.rows));
  }
  out.inputs.push_back(to_bytes(ids));
  expect(out, oracle::embed(loaded(what.format, out.inputs[0]), ids, what.cols), what.cols);
}

void make_elementwise(const NumericCase& what, std::uint64_t variant, Materials& out) {
  const std::string& kind = out.op.kind;
  const std::uint64_t count = what.rows * what.cols;
  if (kind == "argmax") {
    const std::vector<float> x =
        variant == 0 ? first_values(what, count) : random_values(count, what.seed, variant);
    out.inputs = {to_bytes(x)};
    return expect(out, oracle::argmax(x, what.cols), 1);
  }
  const std::vector<float> a = first_values(what, count);
  const std::vector<float> b =
      random_values(kind == "rms_norm" ? what.cols : count, what.seed, variant + 1);
  out.inputs = {to_bytes(a), to_bytes(b)};
  expect(out,
         kind == "rms_norm"    ? oracle::rms_norm(a, b, kEpsilon)
         : kind == "add"       ? oracle::add(a, b)
         : kind == "silu_gate" ? oracle::silu_gate(a, b)
                               : oracle::relu2_gate(a, b),
         what.cols);
}

void make_rope(const NumericCase& what, const Shape& shape, std::uint64_t variant, Materials& out) {
  const std::vector<float> x = first_values(what, shape.tokens * shape.width());
  const std::vector<std::int32_t> at = positions(shape, variant);
  out.inputs = {to_bytes(x), to_bytes(at)};
  expect(out, oracle::rope(x, at, shape.heads, kBase), shape.width());
}

void make_attention(const NumericCase& what, const Shape& shape, std::uint64_t variant,
                    Materials& out) {
  const std::vector<float> q = first_values(what, shape.tokens * shape.width());
  const std::vector<float> k = random_values(shape.tokens * shape.stride(), what.seed, 1);
  const std::vector<float> v = random_values(shape.tokens * shape.stride(), what.seed, 2);
  const std::vector<std::int32_t> at = positions(shape, variant);
  out.inputs = {to_bytes(q), to_bytes(k), to_bytes(v), to_bytes(at)};
  for (const std::uint64_t stream : {3, 4}) {
    out.stale.push_back(
        stored(what.format, random_values(shape.positions * shape.stride(), what.seed, stream)));
  }
  oracle::Cache cache{loaded(what.format, out.stale[1]), loaded(what.format, out.stale[2]),
                      what.format == formats::kF16};
  oracle::Bounded y =
      oracle::attention(q, k, v, at, {shape.heads, shape.kv_heads, shape.head_size}, cache);
  out.exact = false;
  out.judge = [y = std::move(y), width = shape.width(), keys = stored(what.format, cache.keys),
               values = stored(what.format, cache.values)](Bytes got) -> Objection {
    const std::size_t size = y.value.size() * sizeof(float);
    if (Objection wrong = compare_within(got.first(size), y, width)) return wrong;
    if (const Objection wrong = difference(keys, got.subspan(size, keys.size()))) {
      return "keys of the cache: " + *wrong;
    }
    const Objection wrong = difference(values, got.subspan(size + keys.size()));
    if (wrong) return "values of the cache: " + *wrong;
    return std::nullopt;
  };
}

}  // namespace

worker::OpSpec transformer_operation(const NumericCase& what) {
  const Shape shape = shape_of(what);
  const auto f32 = [](std::uint64_t rows, std::uint64_t cols) {
    return worker::TensorRef{std::string(formats::kF32), rows, cols};
  };
  const auto list = [](std::uint64_t rows) {
    return worker::TensorRef{std::string(formats::kI32), rows, 1};
  };
  const worker::TensorRef first{what.format, what.rows, what.cols};
  const auto heads = static_cast<std::int64_t>(shape.heads);
  if (shape.kind == "embed") {
    return {shape.kind, {first, list(what.batch)}, {f32(what.batch, what.cols)}, {}};
  }
  if (shape.kind == "rms_norm") {
    return {shape.kind, {first, f32(1, what.cols)}, {first}, {{"epsilon", kEpsilon}}};
  }
  if (shape.kind == "argmax") return {shape.kind, {first}, {list(what.rows)}, {}};
  if (shape.kind == "rope") {
    const worker::TensorRef x = f32(shape.tokens, shape.width());
    return {shape.kind,
            {x, list(shape.tokens)},
            {x},
            {{"heads", heads}, {"base", kBase}, {"context", std::int64_t{kContext}}}};
  }
  if (shape.kind == "attention") {
    const worker::TensorRef x = f32(shape.tokens, shape.width());
    const worker::TensorRef k = f32(shape.tokens, shape.stride());
    const worker::TensorRef cache{what.format, shape.positions, shape.stride()};
    return {shape.kind,
            {x, k, k, list(shape.tokens)},
            {x, cache, cache},
            {{"heads", heads}, {"kv_heads", static_cast<std::int64_t>(shape.kv_heads)}}};
  }
  return {shape.kind, {first, first}, {first}, {}};
}

Materials transformer_materials(const NumericCase& what, std::uint64_t variant) {
  const Shape shape = shape_of(what);
  Materials out;
  out.op = transformer_operation(what);
  const worker::TensorRef& y = out.op.outputs[0];
  out.stale.emplace_back(y.rows * y.cols * sizeof(float), std::byte{0xA5});
  if (shape.kind == "embed") {
    make_embed(what, variant, out);
  } else if (shape.kind == "rope") {
    make_rope(what, shape, variant, out);
  } else if (shape.kind == "attention") {
    make_attention(what, shape, variant, out);
  } else {
    make_elementwise(what, variant, out);
  }
  return out;
}

}  // namespace bitgate::conform
