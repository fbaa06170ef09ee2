// Attention with its cache ([floats], see agreement.hpp), on every implementation: within the
// oracle's bound, and the same bits on all.
#include <cmath>
#include <limits>
#include <numeric>

#include "agreement.hpp"
#include "oracle/transformer.hpp"

namespace oracle = bitgate::oracle;
using cpu_simd::Implementation;

namespace {

/// A call of attention, and what it leaves.
struct Call {
  oracle::AttentionShape shape;
  std::uint64_t context = 1;
  std::vector<std::int32_t> positions;
  std::string format = "f32";  // of the cache
  std::vector<float> keys = {};
  std::vector<float> values = {};
  float query_size = 1;

  [[nodiscard]] std::uint64_t tokens() const { return positions.size(); }
  [[nodiscard]] std::uint64_t width() const { return shape.heads * shape.head_size; }
  [[nodiscard]] std::uint64_t stride() const { return shape.kv_heads * shape.head_size; }

  [[nodiscard]] std::vector<float> q() const {
    std::vector<float> out = some_values(tokens() * width(), 1);
    for (float& x : out) x *= query_size;
    return out;
  }
  [[nodiscard]] std::vector<float> k() const { return some_values(tokens() * stride(), 2); }
  [[nodiscard]] std::vector<float> v() const { return some_values(tokens() * stride(), 3); }
};

/// With a cache of numbers that f16 has.
Call call(oracle::AttentionShape shape, std::uint64_t context, std::vector<std::int32_t> positions,
          std::string format) {
  Call out{shape, context, std::move(positions), std::move(format)};
  const auto in_f16 = [&](std::uint64_t seed) {
    return oracle::decode_half(
        "f16", oracle::encode_half("f16", some_values(context * out.stride(), seed)));
  };
  out.keys = in_f16(4);
  out.values = in_f16(5);
  return out;
}

Bytes cache_bytes(const Call& what, const std::vector<float>& values) {
  return what.format == "f16" ? oracle::encode_half("f16", values) : bytes_of(values);
}

/// What the tensors of a call hold, made once for all implementations.
struct Operands {
  explicit Operands(const Call& what)
      : q(bytes_of(what.q())),
        k(bytes_of(what.k())),
        v(bytes_of(what.v())),
        positions(bytes_of(what.positions)),
        keys(cache_bytes(what, what.keys)),
        values(cache_bytes(what, what.values)) {}
  Bytes q;
  Bytes k;
  Bytes v;
  Bytes positions;
  Bytes keys;
  Bytes values;
};

TestTensor tensor(const Implementation& on, const std::string& format, std::uint64_t rows,
                  std::uint64_t cols, const Bytes& bytes) {
  TestTensor out(on, format, rows, cols);
  out.write(bytes);
  return out;
}

/// The output and the cache afterwards, one behind the other.
Bytes attended(const Call& what, const Operands& operands, const Implementation& on,
               std::size_t threads) {
  const std::uint64_t t = what.tokens();
  const TestTensor q = tensor(on, "f32", t, what.width(), operands.q);
  const TestTensor k = tensor(on, "f32", t, what.stride(), operands.k);
  const TestTensor v = tensor(on, "f32", t, what.stride(), operands.v);
  const TestTensor positions = tensor(on, "i32", t, 1, operands.positions);
  const TestTensor y(on, "f32", t, what.width());
  const TestTensor keys = tensor(on, what.format, what.context, what.stride(), operands.keys);
  const TestTensor values = tensor(on, what.format, what.context, what.stride(), operands.values);
  run(on, "attention", {&q, &k, &v, &positions}, {&y, &keys, &values},
      {integer("heads", static_cast<std::int64_t>(what.shape.heads)),
       integer("kv_heads", static_cast<std::int64_t>(what.shape.kv_heads))},
      threads);
  Bytes out = y.read();
  for (const TestTensor* cache : {&keys, &values}) {
    const Bytes bytes = cache->read();
    out.insert(out.end(), bytes.begin(), bytes.end());
  }
  return out;
}

void check_attention(const Call& what) {
  CAPTURE(what.shape.heads, what.shape.kv_heads, what.shape.head_size, what.context, what.tokens(),
          what.positions.front(), what.format);
  const Operands operands(what);
  const Bytes got = same_everywhere([&](const Implementation& on, std::size_t threads) {
    return attended(what, operands, on, threads);
  });
  oracle::Cache cache{what.keys, what.values, what.format == "f16"};
  const oracle::Bounded right =
      oracle::attention(what.q(), what.k(), what.v(), what.positions, what.shape, cache);
  const std::size_t size = what.tokens() * what.width() * sizeof(float);
  check_within(values_of<float>({got.begin(), got.begin() + static_cast<std::ptrdiff_t>(size)}),
               right);
  Bytes wanted = cache_bytes(what, cache.keys);
  const Bytes values = cache_bytes(what, cache.values);
  wanted.insert(wanted.end(), values.begin(), values.end());
  CHECK(Bytes(got.begin() + static_cast<std::ptrdiff_t>(size), got.end()) == wanted);
}

std::vector<std::int32_t> from(std::int32_t first, std::size_t count) {
  std::vector<std::int32_t> positions(count);
  std::iota(positions.begin(), positions.end(), first);
  return positions;
}

}  // namespace

TEST_CASE("one token looks at the cache in parts, which threads do not change", "[floats]") {
  for (const char* format : {"f32", "f16"}) {
    for (const std::int32_t position : {255, 256, 300, 511}) {
      check_attention(call({8, 2, 128}, 512, {position}, format));
      check_attention(call({6, 2, 24}, 520, {position}, format));
    }
  }
}

TEST_CASE("attention keeps the oracle's bound and gives the same bits everywhere", "[floats]") {
  for (const std::string format : {"f32", "f16"}) {
    check_attention(call({20, 5, 128}, 70, {64}, format));  // the heads of a model of 2B parameters
    for (const oracle::AttentionShape shape :
         {oracle::AttentionShape{1, 1, 1}, {2, 1, 15}, {4, 2, 32}, {6, 2, 34}, {4, 1, 128}}) {
      check_attention(call(shape, 1, {0}, format));
      check_attention(call(shape, 70, {64}, format));
      check_attention(call(shape, 200, from(0, 3), format));
      check_attention(call(shape, 200, from(61, 37), format));
    }
  }
}

TEST_CASE("positions may come in any order and leave gaps", "[floats]") {
  check_attention(call({4, 2, 16}, 300, {7, 299, 0, 63, 64, 128}, "f32"));
  check_attention(call({4, 2, 16}, 300, {299, 298, 65, 1}, "f16"));
}

TEST_CASE("more heads than a piece of work has rows share a head of keys", "[floats]") {
  check_attention(call({70, 1, 8}, 9, from(3, 2), "f32"));
}

TEST_CASE("scores that are far apart do not overflow", "[floats]") {
  Call what = call({2, 1, 32}, 150, from(100, 30), "f32");
  what.query_size = 500;
  check_attention(what);
}

TEST_CASE("rows of the cache behind a position have no part in its answer", "[floats]") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  Call what = call({4, 2, 16}, 130, {5, 2, 66}, "f32");
  // Behind 66 nothing is looked at; 3 and 4 are behind 2 but not behind 5.
  for (std::size_t i = 67 * what.stride(); i < what.keys.size(); ++i) {
    what.keys[i] = nan;
    what.values[i] = nan;
  }
  for (std::size_t i = 3 * what.stride(); i < 4 * what.stride(); ++i) {
    what.keys[i] = nan;
    what.values[i] = nan;
  }
  for (const Implementation* on : usable()) {
    CAPTURE(on->name);
    const std::vector<float> y = values_of<float>(attended(what, Operands(what), *on, 2));
    for (std::size_t j = 0; j < what.width(); ++j) {
      REQUIRE(std::isnan(y[j]));
      REQUIRE(std::isfinite(y[what.width() + j]));
    }
  }
}

TEST_CASE("a position that the cache does not have is an error", "[floats]") {
  Call what = call({1, 1, 4}, 3, {1, 3}, "f32");
  for (const Implementation* on : usable()) {
    CHECK_THROWS_WITH(attended(what, Operands(what), *on, 1),
                      "attention: position 3 in row 1 is not in 0 ... 2");
  }
}
