#include <bitgate/formats.hpp>

#include <algorithm>
#include <cstring>
#include <set>
#include <stdexcept>

#include "conform/materials.hpp"
#include "conform/space.hpp"
#include "conform/transformer_cases.hpp"
#include "oracle/registry.hpp"
#include "support/catch.hpp"

using namespace bitgate::conform;
namespace formats = bitgate::formats;
namespace oracle = bitgate::oracle;

TEST_CASE("every ternary format that the oracle knows is checked in every operation") {
  const std::vector<Row> all = rows();
  for (const oracle::Codec& codec : oracle::codecs()) {
    INFO(codec.format);
    for (const char* op : {"quantize/ternary", "quantize/absmean", "dequantize", "matmul"}) {
      CHECK(std::count_if(all.begin(), all.end(), [&](const Row& row) {
              return row.op == op && row.format == codec.format;
            }) == 1);
    }
    const std::vector<std::string> tensors = tensor_formats();
    CHECK(std::find(tensors.begin(), tensors.end(), codec.format) != tensors.end());
  }
}

TEST_CASE("edge shapes begin with the block, hold an odd number of rows, and fit") {
  for (const std::string& format : tensor_formats()) {
    INFO(format);
    const Extent block = block_of(format);
    const std::vector<Extent> shapes = edge_shapes(format);
    REQUIRE(shapes.size() >= 6);
    CHECK(shapes.front() == block);
    for (const Extent shape : shapes) {
      CHECK(formats::byte_size(format, shape.rows, shape.cols).has_value());
    }
    for (const Extent shape : impossible_shapes(format)) {
      CHECK_FALSE(formats::byte_size(format, shape.rows, shape.cols).has_value());
    }
  }
}

TEST_CASE("the block of i2_s is its 128 columns, and its neighbours are impossible") {
  CHECK(block_of("i2_s") == Extent{1, 128});
  const std::vector<Extent> impossible = impossible_shapes("i2_s");
  CHECK(std::find(impossible.begin(), impossible.end(), Extent{1, 127}) != impossible.end());
  CHECK(std::find(impossible.begin(), impossible.end(), Extent{1, 129}) != impossible.end());
}

TEST_CASE("values are those of their names") {
  NumericCase what{"matmul", "i2_s", 4, 256, 2, "sparse-66", "minus-128", 1, 7};
  const auto share_of_zeros = [&] {
    const std::vector<std::int8_t> codes = weight_codes(what);
    return 100.0 * static_cast<double>(std::count(codes.begin(), codes.end(), 0)) /
           static_cast<double>(codes.size());
  };
  CHECK(share_of_zeros() == Approx(66).margin(6));
  what.weights = "sparse-33";
  CHECK(share_of_zeros() == Approx(33).margin(6));
  what.weights = "zero";
  CHECK(share_of_zeros() == 100);
  for (const std::int8_t code : activation_codes(what, 0)) CHECK(code == -128);
  what.weights = "alternating";
  CHECK(weight_codes(what)[0] == 1);
  CHECK(weight_codes(what)[1] == -1);
}

TEST_CASE("the same case has the same values, another seed or variant others") {
  const NumericCase what{"matmul", "i2_s", 3, 128, 1, "random", "random", 1, 5};
  NumericCase other = what;
  other.seed = 6;
  CHECK(materials(what).inputs == materials(what).inputs);
  CHECK(materials(what).inputs != materials(other).inputs);
  CHECK(materials(what).inputs[0] == materials(what, 1).inputs[0]);  // weights stay
  CHECK(materials(what).inputs[1] != materials(what, 1).inputs[1]);
}

TEST_CASE("every edge case has inputs of the right size, and stale output is never the answer") {
  for (const Row& row : rows()) {
    for (const NumericCase& what : edge_cases(row, 3)) {
      if (what.rows * what.cols > 2000) continue;
      INFO(text_of(what));
      const Materials given = materials(what);
      for (std::size_t i = 0; i < given.inputs.size(); ++i) {
        const auto& tensor = given.op.inputs[i];
        CHECK(given.inputs[i].size() ==
              formats::byte_size(tensor.format, tensor.rows, tensor.cols).value());
      }
      REQUIRE(given.stale.size() == given.op.outputs.size());
      std::vector<std::byte> stale;
      for (std::size_t i = 0; i < given.stale.size(); ++i) {
        const auto& tensor = given.op.outputs[i];
        CHECK(given.stale[i].size() ==
              formats::byte_size(tensor.format, tensor.rows, tensor.cols).value());
        stale.insert(stale.end(), given.stale[i].begin(), given.stale[i].end());
      }
      CHECK(given.judge(stale).has_value());
    }
  }
}

TEST_CASE("a variant of a transformer's operation has another last operand and the same others") {
  for (const Row& row : transformer_rows()) {
    const NumericCase what = few_cases(row, 3).back();
    INFO(text_of(what));
    const Materials given = materials(what);
    const Materials other = materials(what, 1);
    for (std::size_t i = 0; i + 1 < given.inputs.size(); ++i) {
      CHECK(given.inputs[i] == other.inputs[i]);
    }
    CHECK(given.inputs.back() != other.inputs.back());
    CHECK(given.stale == other.stale);
  }
}

TEST_CASE("positions of attention are different, and there is no room for more than a cache has") {
  for (const Row& row : transformer_rows()) {
    if (!row.op.starts_with("attention")) continue;
    for (const NumericCase& what : edge_cases(row, 3)) {
      const std::vector<std::byte> bytes = materials(what).inputs.back();
      std::set<std::int32_t> seen;
      for (std::size_t i = 0; i < bytes.size(); i += 4) {
        std::int32_t position = 0;
        std::memcpy(&position, bytes.data() + i, sizeof(position));
        CHECK(position >= 0);
        CHECK(position < static_cast<std::int32_t>(what.rows));
        CHECK(seen.insert(position).second);
      }
    }
  }
  CHECK_THROWS_AS(materials({"attention/6-2/last", "f16", 4, 8, 5, "random", "random", 1, 1}),
                  std::invalid_argument);
}

TEST_CASE("an answer that is off by one in one place is named with its place") {
  const Materials given = materials({"matmul", "i2_s", 2, 128, 2, "plus-one", "plus-127", 1, 1});
  std::vector<std::int32_t> right(4, 127 * 128);
  std::vector<std::byte> bytes(sizeof(std::int32_t) * right.size());
  std::memcpy(bytes.data(), right.data(), bytes.size());
  CHECK_FALSE(given.judge(bytes).has_value());
  ++right[3];
  std::memcpy(bytes.data(), right.data(), bytes.size());
  CHECK(given.judge(bytes) ==
        "row 1, column 1: expected 16256, got 16257 (1 of 4 elements differ)");
}

TEST_CASE("words and shapes that do not exist are refused") {
  const NumericCase good{"matmul", "i2_s", 2, 128, 2, "random", "random", 1, 1};
  const auto refused = [&](auto change) {
    NumericCase bad = good;
    change(bad);
    CHECK_THROWS_AS(materials(bad), std::invalid_argument);
  };
  refused([](NumericCase& bad) { bad.op = "multiply"; });
  refused([](NumericCase& bad) { bad.format = "i3_s"; });
  refused([](NumericCase& bad) { bad.cols = 127; });
  refused([](NumericCase& bad) { bad.batch = 0; });
  refused([](NumericCase& bad) { bad.batch = 1ULL << 60; });
  refused([](NumericCase& bad) { bad.rows = 1ULL << 62; });
  refused([](NumericCase& bad) { bad.weights = "heavy"; });
  refused([](NumericCase& bad) { bad.activations = "calm"; });
}

TEST_CASE("the fuzzer's cases are valid, repeatable and various") {
  std::set<std::string> seen;
  for (std::uint64_t index = 0; index < 300; ++index) {
    const NumericCase what = random_case(9, index, 2);
    CHECK(what == random_case(9, index, 2));
    CHECK(formats::byte_size(what.format, what.rows, what.cols).has_value());
    CHECK((what.threads == 1 || what.threads == 2));
    seen.insert(text_of(what));
  }
  CHECK(seen.size() > 290);
}
