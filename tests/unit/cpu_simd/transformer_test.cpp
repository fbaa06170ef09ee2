// The operations of a transformer, on every implementation that this machine can run: within the
// oracle's bound, and the same bits on all.
#include "oracle/transformer.hpp"

#include <bitgate/formats.hpp>

#include <cmath>
#include <limits>

#include "agreement.hpp"
#include "common/rope_table.hpp"
#include "oracle/registry.hpp"

namespace oracle = bitgate::oracle;
namespace formats = bitgate::formats;
using cpu_simd::Implementation;

namespace {

constexpr Shape kShapes[] = {{1, 1},  {1, 128}, {2, 15},  {3, 17},
                             {5, 33}, {2, 145}, {33, 64}, {7, 2560}};

/// One f32 input and output of the same shape, in place or not, and what else the operation takes.
Bytes rows_of(const Implementation& on, std::string_view kind, Shape shape,
              const std::vector<float>& x, const TestTensor& other,
              const std::vector<bg_attribute>& attributes, std::size_t threads, bool in_place) {
  TestTensor a(on, "f32", shape.rows, shape.cols);
  TestTensor y(on, "f32", shape.rows, shape.cols);
  a.write(bytes_of(x));
  y.write(Bytes(x.size() * 4, std::byte{0xA5}));
  const TestTensor& out = in_place ? a : y;
  run(on, kind, {&a, &other}, {&out}, attributes, threads);
  return out.read();
}

TestTensor filled(const Implementation& on, Shape shape, const std::vector<float>& values) {
  TestTensor tensor(on, "f32", shape.rows, shape.cols);
  tensor.write(bytes_of(values));
  return tensor;
}

TestTensor listed(const Implementation& on, const std::vector<std::int32_t>& values) {
  TestTensor tensor(on, "i32", values.size(), 1);
  tensor.write(bytes_of(values));
  return tensor;
}

}  // namespace

TEST_CASE("rms_norm keeps the oracle's bound and gives the same bits everywhere", "[floats]") {
  for (const Shape shape : kShapes) {
    const std::vector<float> x = some_values(shape.rows * shape.cols, 1);
    const std::vector<float> weight = some_values(shape.cols, 2);
    const Bytes got = same_everywhere([&](const Implementation& on, std::size_t threads) {
      const TestTensor w = filled(on, {1, shape.cols}, weight);
      return rows_of(on, "rms_norm", shape, x, w, {real("epsilon", 1e-5)}, threads, threads == 2);
    });
    check_within(values_of<float>(got), oracle::rms_norm(x, weight, 1e-5));
  }
}

TEST_CASE("rope keeps the oracle's bound and gives the same bits everywhere", "[floats]") {
  for (const std::uint64_t heads : {1, 3, 20}) {
    for (const std::uint64_t size : {2, 6, 32, 34, 128}) {
      const std::vector<std::int32_t> positions = {4095, 0, 1, 77, 2};
      const Shape shape{positions.size(), heads * size};
      const std::vector<float> x = some_values(shape.rows * shape.cols, 3);
      CAPTURE(heads, size);
      const auto table = rope_tables::rope_table(500000, size / 2, 4096);  // kept for all of them
      const Bytes got = same_everywhere([&](const Implementation& on, std::size_t threads) {
        const TestTensor at = listed(on, positions);
        return rows_of(on, "rope", shape, x, at,
                       {integer("heads", static_cast<std::int64_t>(heads)), real("base", 500000),
                        integer("context", 4096)},
                       threads, threads == 2);
      });
      check_within(values_of<float>(got), oracle::rope(x, positions, heads, 500000));
    }
  }
}

TEST_CASE("relu2_gate, silu_gate and add keep the oracle's bound and give the same bits everywhere",
          "[floats]") {
  for (const Shape shape : kShapes) {
    const std::vector<float> a = some_values(shape.rows * shape.cols, 4);
    const std::vector<float> b = some_values(shape.rows * shape.cols, 5);
    for (const std::string_view kind : {"relu2_gate", "silu_gate", "add"}) {
      CAPTURE(kind, shape.rows, shape.cols);
      const Bytes got = same_everywhere([&](const Implementation& on, std::size_t threads) {
        return rows_of(on, kind, shape, a, filled(on, shape, b), {}, threads, threads == 2);
      });
      check_within(values_of<float>(got), kind == "add"         ? oracle::add(a, b)
                                          : kind == "silu_gate" ? oracle::silu_gate(a, b)
                                                                : oracle::relu2_gate(a, b));
    }
  }
}

TEST_CASE("what is not a number stays visible") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> x = {1, nan, -2, 3};
  const std::vector<float> far = {100, nan, -3e38F, 0};
  const std::vector<float> ones(4, 1);
  for (const Implementation* on : usable()) {
    CAPTURE(on->name);
    const TestTensor one = filled(*on, {1, 4}, ones);
    const auto gate = values_of<float>(rows_of(*on, "relu2_gate", {1, 4}, x, one, {}, 1, false));
    CHECK(gate[0] == 1);
    CHECK(std::isnan(gate[1]));
    CHECK(gate[2] == 0);
    const auto silu = values_of<float>(rows_of(*on, "silu_gate", {1, 4}, far, one, {}, 1, false));
    CHECK(silu[0] == 100);
    CHECK(std::isnan(silu[1]));
    CHECK(silu[2] == 0);
    CHECK(silu[3] == 0);
    const auto norm = values_of<float>(
        rows_of(*on, "rms_norm", {1, 4}, x, one, {real("epsilon", 1e-5)}, 1, false));
    CHECK(std::isnan(norm[0]));
  }
}

TEST_CASE("embed copies the rows that the ids name") {
  for (const std::string format : {"f32", "f16", "bf16"}) {
    for (const std::uint64_t cols : {1, 17, 128}) {
      const bool half = format != "f32";
      std::vector<float> table = some_values(9 * cols, 6);
      const Bytes bytes = half ? oracle::encode_half(format, table) : bytes_of(table);
      if (half) table = oracle::decode_half(format, bytes);
      const std::vector<std::int32_t> ids = {8, 0, 8, 3};
      const Bytes got = same_everywhere([&](const Implementation& on, std::size_t threads) {
        TestTensor from(on, format, 9, cols);
        from.write(bytes);
        const TestTensor which = listed(on, ids);
        TestTensor y(on, "f32", ids.size(), cols);
        run(on, "embed", {&from, &which}, {&y}, {}, threads);
        return y.read();
      });
      CHECK(values_of<float>(got) == oracle::embed(table, ids, cols));
    }
  }
}

TEST_CASE("argmax finds the first of the largest, however long the row") {
  for (const std::uint64_t cols : {1, 2, 15, 16, 17, 100, 16384, 16385, 50001}) {
    std::vector<float> x = some_values(3 * cols, 7);
    for (std::uint64_t i = 0; i < cols; ++i) x[i] = -5;  // all equal
    x[cols + cols / 2] = 100;
    x[cols + cols - 1] = 100;
    x[3 * cols - 1] = 100;
    const Bytes got = same_everywhere([&](const Implementation& on, std::size_t threads) {
      const TestTensor values = filled(on, {3, cols}, x);
      TestTensor ids(on, "i32", 3, 1);
      run(on, "argmax", {&values}, {&ids}, {}, threads);
      return ids.read();
    });
    CAPTURE(cols);
    CHECK(values_of<std::int32_t>(got) == oracle::argmax(x, cols));
  }
}

TEST_CASE("an id or position out of range is an error that names it") {
  for (const Implementation* on : usable()) {
    const TestTensor table = filled(*on, {4, 2}, some_values(8, 8));
    const TestTensor y(*on, "f32", 2, 2);
    const TestTensor many = listed(*on, {1, 4});
    CHECK_THROWS_WITH(run(*on, "embed", {&table, &many}, {&y}, {}, 1),
                      "embed: id 4 in row 1 is not in 0 ... 3");
    const TestTensor negative = listed(*on, {-1, 0});
    const std::vector<bg_attribute> attributes = {integer("heads", 1), real("base", 10000),
                                                  integer("context", 16)};
    CHECK_THROWS_WITH(run(*on, "rope", {&y, &negative}, {&y}, attributes, 1),
                      "rope: position -1 in row 0 is not in 0 ... 15");
  }
}

TEST_CASE("ternary products with their scales are the oracle's numbers, bit for bit") {
  for (const oracle::Codec& codec : oracle::codecs()) {
    const Shape shape = fitted(codec.format, 37, 640);
    oracle::Ternary weights = position_coded(shape.rows, shape.cols);
    weights.scale = 0.37F;
    const Bytes bytes = codec.encode(weights);
    for (const std::uint64_t batch : {1, 2, 7, 13}) {
      const oracle::Int8 x =
          oracle::quantize_i8(some_values(batch * shape.cols, 9), batch, shape.cols);
      CAPTURE(codec.format, batch);
      const Bytes got = same_everywhere([&](const Implementation& on, std::size_t threads) {
        TestTensor w(on, std::string(codec.format), shape.rows, shape.cols);
        TestTensor a(on, "i8", batch, shape.cols);
        TestTensor y(on, "f32", batch, shape.rows);
        w.write(bytes);
        a.write(oracle::encode_i8(x));
        run(on, "matmul", {&w, &a}, {&y}, {}, threads);
        return y.read();
      });
      check_within(values_of<float>(got),
                   oracle::matmul_scaled(codec.decode(bytes, shape.rows, shape.cols), x));
    }
  }
}

TEST_CASE("blocks of weights whose scales differ are scaled each by its own") {
  for (const std::string_view format : {formats::kTq1, formats::kTq2}) {
    oracle::Ternary weights = position_coded(35, 768);
    const auto codes = weights.codes.begin();
    for (std::size_t i = 0; i < weights.codes.size() / formats::kTqBlock; ++i) {
      weights.block_scales.push_back(i % 5 == 3 ? 0.0F : static_cast<float>(i % 7 + 1) / 16);
    }
    const Bytes differing = oracle::find_codec(format)->encode(weights);
    // One scale but for blocks that are zeros anyway, as converters write them.
    for (std::size_t i = 0; i < weights.block_scales.size(); ++i) {
      const auto first = codes + static_cast<std::ptrdiff_t>(i * formats::kTqBlock);
      if (i % 5 == 3) std::fill_n(first, formats::kTqBlock, std::int8_t{0});
      weights.block_scales[i] = i % 5 == 3 ? 0.0F : 0.25F;
    }
    const Bytes common = oracle::find_codec(format)->encode(weights);
    for (const std::uint64_t batch : {1, 5}) {
      const oracle::Int8 x = oracle::quantize_i8(some_values(batch * 768, 12), batch, 768);
      for (const Bytes& bytes : {differing, common}) {
        CAPTURE(format, batch, bytes == common);
        const Bytes got = same_everywhere([&](const Implementation& on, std::size_t threads) {
          TestTensor w(on, std::string(format), 35, 768);
          TestTensor a(on, "i8", batch, 768);
          TestTensor y(on, "f32", batch, 35);
          w.write(bytes);
          a.write(oracle::encode_i8(x));
          run(on, "matmul", {&w, &a}, {&y}, {}, threads);
          return y.read();
        });
        check_within(values_of<float>(got),
                     oracle::matmul_scaled(oracle::find_codec(format)->decode(bytes, 35, 768), x));
      }
    }
  }
}

TEST_CASE("float weights times f32 keep the bound and give the same bits everywhere", "[floats]") {
  for (const std::string format : {"f32", "f16", "bf16"}) {
    for (const std::uint64_t cols : {1, 7, 16, 33, 256, 2563}) {
      for (const std::uint64_t rows : {1, 5, 29}) {
        for (const std::uint64_t batch : {1, 2, 5, 9}) {
          const bool half = format != "f32";
          std::vector<float> w = some_values(rows * cols, 10);
          const std::vector<float> x = some_values(batch * cols, 11);
          const Bytes bytes = half ? oracle::encode_half(format, w) : bytes_of(w);
          if (half) w = oracle::decode_half(format, bytes);
          CAPTURE(format, rows, cols, batch);
          const Bytes got = same_everywhere([&](const Implementation& on, std::size_t threads) {
            TestTensor weights(on, format, rows, cols);
            weights.write(bytes);
            const TestTensor a = filled(on, {batch, cols}, x);
            TestTensor y(on, "f32", batch, rows);
            run(on, "matmul", {&weights, &a}, {&y}, {}, threads);
            return y.read();
          });
          check_within(values_of<float>(got), oracle::matmul_f32(w, x, rows, cols, batch));
        }
      }
    }
  }
}
