// The operations of a transformer keep the oracle's bounds on every GPU backend.
#include <cmath>
#include <limits>

#include "model/synthetic.hpp"
#include "oracle/registry.hpp"
#include "oracle/transformer.hpp"
#include "sessions.hpp"
#include "support/catch.hpp"

namespace oracle = bitgate::oracle;

namespace {

struct Shape {
  std::uint64_t rows;
  std::uint64_t cols;
};
constexpr Shape kShapes[] = {{1, 1}, {2, 15}, {3, 17}, {5, 33}, {3, 300}};

/// Numbers of any sign, the same for the same seed.
std::vector<float> some_values(std::size_t count, std::uint64_t seed) {
  std::vector<float> values(count);
  bitgate::fill_activations(values, seed, 0);
  return values;
}

Given floats(Shape shape, const std::vector<float>& values) {
  return {"f32", shape.rows, shape.cols, bytes_of(values)};
}
Given list(const std::vector<std::int32_t>& values) {
  return {"i32", values.size(), 1, bytes_of(values)};
}
/// An output before it is written.
Given poisoned(const std::string& format, Shape shape) {
  const std::size_t size = format == "f16" ? 2 : 4;
  return {format, shape.rows, shape.cols, Bytes(shape.rows * shape.cols * size, std::byte{0xA5})};
}

void check_within(const Bytes& bytes, const oracle::Bounded& right) {
  const std::vector<float> got = values_of<float>(bytes);
  REQUIRE(got.size() == right.value.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    CAPTURE(i, got[i], right.value[i], right.bound[i]);
    REQUIRE(std::abs(double{got[i]} - right.value[i]) <= right.bound[i]);
  }
}

}  // namespace

TEST_CASE("rms_norm, the gates and add, in place or not") {
  for (const Stand& stand : stands()) {
    for (const Shape shape : kShapes) {
      const std::vector<float> a = some_values(shape.rows * shape.cols, 1);
      const std::vector<float> b = some_values(shape.rows * shape.cols, 2);
      const std::vector<float> weight = some_values(shape.cols, 3);
      const Given y = poisoned("f32", shape);
      for (const bool in_place : {false, true}) {
        CAPTURE(stand.name, shape.rows, shape.cols, in_place);
        check_within(
            run(*stand.session, "rms_norm", {floats(shape, a), floats({1, shape.cols}, weight)},
                {y}, {real("epsilon", 1e-5)}, in_place)[0],
            oracle::rms_norm(a, weight, 1e-5));
        check_within(run(*stand.session, "relu2_gate", {floats(shape, a), floats(shape, b)}, {y},
                         {}, in_place)[0],
                     oracle::relu2_gate(a, b));
        check_within(run(*stand.session, "silu_gate", {floats(shape, a), floats(shape, b)}, {y}, {},
                         in_place)[0],
                     oracle::silu_gate(a, b));
        check_within(
            run(*stand.session, "add", {floats(shape, a), floats(shape, b)}, {y}, {}, in_place)[0],
            oracle::add(a, b));
      }
    }
  }
}

TEST_CASE("rope turns every head by its position") {
  const std::vector<std::int32_t> positions = {511, 0, 1, 77};
  for (const Stand& stand : stands()) {
    for (const std::uint64_t heads : {1, 3}) {
      for (const std::uint64_t size : {2, 34, 128}) {
        const Shape shape{positions.size(), heads * size};
        const std::vector<float> x = some_values(shape.rows * shape.cols, 4);
        const std::vector<bg_attribute> attributes = {
            integer("heads", static_cast<std::int64_t>(heads)), real("base", 500000),
            integer("context", 512)};
        for (const bool in_place : {false, true}) {
          CAPTURE(stand.name, heads, size, in_place);
          check_within(run(*stand.session, "rope", {floats(shape, x), list(positions)},
                           {poisoned("f32", shape)}, attributes, in_place)[0],
                       oracle::rope(x, positions, heads, 500000));
        }
      }
    }
  }
}

TEST_CASE("embed copies the rows that the ids name") {
  const std::vector<std::int32_t> ids = {8, 0, 8, 3};
  for (const Stand& stand : stands()) {
    for (const std::string format : {"f32", "f16", "bf16"}) {
      for (const std::uint64_t cols : {1, 17, 130}) {
        CAPTURE(stand.name, format, cols);
        std::vector<float> table = some_values(9 * cols, 5);
        const bool half = format != "f32";
        const Bytes bytes = half ? oracle::encode_half(format, table) : bytes_of(table);
        if (half) table = oracle::decode_half(format, bytes);
        const Bytes got = run(*stand.session, "embed", {{format, 9, cols, bytes}, list(ids)},
                              {poisoned("f32", {ids.size(), cols})})[0];
        CHECK(values_of<float>(got) == oracle::embed(table, ids, cols));
      }
    }
  }
}

TEST_CASE("argmax takes the first of the largest") {
  for (const Stand& stand : stands()) {
    for (const std::uint64_t cols : {1, 5, 129, 1000}) {
      CAPTURE(stand.name, cols);
      std::vector<float> x = some_values(3 * cols, 6);
      x[cols / 2] = x[cols - 1] = 1000;
      for (std::uint64_t i = 0; i < cols; ++i) x[2 * cols + i] = -7;  // all alike
      const Bytes got =
          run(*stand.session, "argmax", {floats({3, cols}, x)}, {poisoned("i32", {3, 1})})[0];
      CHECK(values_of<std::int32_t>(got) == oracle::argmax(x, cols));
    }
  }
}

TEST_CASE("attention fills its cache and sees no row behind a position") {
  const std::vector<std::int32_t> positions = {5, 3, 9};
  for (const Stand& stand : stands()) {
    for (const std::string format : {"f32", "f16"}) {
      for (const oracle::AttentionShape shape :
           {oracle::AttentionShape{4, 2, 8}, oracle::AttentionShape{3, 1, 5}}) {
        CAPTURE(stand.name, format, shape.heads);
        const Shape wide{positions.size(), shape.heads * shape.head_size};
        const Shape narrow{positions.size(), shape.kv_heads * shape.head_size};
        const Shape all{16, narrow.cols};
        const std::vector<float> q = some_values(wide.rows * wide.cols, 7);
        const std::vector<float> k = some_values(narrow.rows * narrow.cols, 8);
        const std::vector<float> v = some_values(narrow.rows * narrow.cols, 9);
        oracle::Cache cache{some_values(all.rows * all.cols, 10),
                            some_values(all.rows * all.cols, 11), format == "f16"};
        // Behind the last position there is rubbish, which may be anything.
        for (std::size_t i = 10 * all.cols; i < cache.keys.size(); ++i) {
          cache.keys[i] = cache.values[i] = std::numeric_limits<float>::quiet_NaN();
        }
        const auto encoded = [&](std::vector<float>& values) {
          if (!cache.half) return bytes_of(values);
          const Bytes bytes = oracle::encode_half("f16", values);
          values = oracle::decode_half("f16", bytes);
          return bytes;
        };
        const Given keys{format, all.rows, all.cols, encoded(cache.keys)};
        const Given values{format, all.rows, all.cols, encoded(cache.values)};
        const std::vector<Bytes> got =
            run(*stand.session, "attention",
                {floats(wide, q), floats(narrow, k), floats(narrow, v), list(positions)},
                {poisoned("f32", wide), keys, values},
                {integer("heads", static_cast<std::int64_t>(shape.heads)),
                 integer("kv_heads", static_cast<std::int64_t>(shape.kv_heads))});
        check_within(got[0], oracle::attention(q, k, v, positions, shape, cache));
        CHECK(got[1] == encoded(cache.keys));
        CHECK(got[2] == encoded(cache.values));
      }
    }
  }
}

TEST_CASE("ternary products come with their scales") {
  for (const Stand& stand : stands()) {
    for (const oracle::Codec& codec : oracle::codecs()) {
      for (const std::uint64_t batch : {1, 3}) {
        constexpr std::uint64_t kRows = 68;
        constexpr std::uint64_t kCols = 512;
        CAPTURE(stand.name, codec.format, batch);
        const std::vector<float> real_weights = some_values(kRows * kCols, 12);
        const Bytes w = codec.encode(
            oracle::quantize_ternary(real_weights, kRows, kCols, oracle::Rounding::kAbsmean));
        const oracle::Int8 x = oracle::quantize_i8(some_values(batch * kCols, 13), batch, kCols);
        const Bytes got = run(*stand.session, "matmul",
                              {{std::string(codec.format), kRows, kCols, w},
                               {"i8", batch, kCols, oracle::encode_i8(x)}},
                              {poisoned("f32", {batch, kRows})})[0];
        check_within(got, oracle::matmul_scaled(codec.decode(w, kRows, kCols), x));
      }
    }
  }
}

TEST_CASE("weights of 16 bits take f32 activations") {
  for (const Stand& stand : stands()) {
    for (const std::string format : {"f16", "bf16"}) {
      constexpr std::uint64_t kRows = 5;
      constexpr std::uint64_t kCols = 333;
      CAPTURE(stand.name, format);
      const Bytes w = oracle::encode_half(format, some_values(kRows * kCols, 14));
      const std::vector<float> x = some_values(2 * kCols, 15);
      const Bytes got =
          run(*stand.session, "matmul", {{format, kRows, kCols, w}, floats({2, kCols}, x)},
              {poisoned("f32", {2, kRows})})[0];
      check_within(got, oracle::matmul_f32(oracle::decode_half(format, w), x, kRows, kCols, 2));
    }
  }
}

TEST_CASE("what is not a number stays visible") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const Stand& stand : stands()) {
    CAPTURE(stand.name);
    const Bytes got = run(*stand.session, "relu2_gate",
                          {floats({1, 4}, {1, nan, -2, 3}), floats({1, 4}, {1, 1, 1, 1})},
                          {poisoned("f32", {1, 4})})[0];
    const std::vector<float> gate = values_of<float>(got);
    CHECK(gate[0] == 1);
    CHECK(std::isnan(gate[1]));
    CHECK(gate[2] == 0);
  }
}
