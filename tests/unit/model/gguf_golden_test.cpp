// Files of another project's writer (make_golden.py), every value of which is known.
#include <cstring>

#include "model/gguf.hpp"
#include "model/gguf_layout.hpp"
#include "oracle/codec.hpp"
#include "oracle/half.hpp"
#include "oracle/registry.hpp"
#include "support/catch.hpp"

using namespace bitgate;
using namespace bitgate::model;

namespace {

constexpr std::uint64_t kRows = 4;
constexpr std::uint64_t kCols = 256;

std::vector<std::int8_t> ternary() {
  std::vector<std::int8_t> codes(kRows * kCols);
  for (std::size_t i = 0; i < codes.size(); ++i) {
    codes[i] =
        static_cast<std::int8_t>(static_cast<int>(i * 2654435761U % 4294967296U >> 20) % 3 - 1);
  }
  return codes;
}

float smooth(std::size_t index) { return (static_cast<float>(index) - 512) / 8; }

std::span<const std::byte> bytes_of(const GgufTensor& tensor) {
  return std::as_bytes(std::span(tensor.bytes.data(), tensor.bytes.size()));
}

template <typename T>
T at(const GgufTensor& tensor, std::size_t offset) {
  T value{};
  std::memcpy(&value, tensor.bytes.substr(offset, sizeof(T)).data(), sizeof(T));
  return value;
}

void check_metadata(const Gguf& gguf) {
  CHECK(gguf.string("general.name") == "golden");
  CHECK(gguf.count(std::string(gguf.architecture()) + ".block_count") == 2);
  CHECK(gguf.real(std::string(gguf.architecture()) + ".attention.layer_norm_rms_epsilon") == 1e-5F);
  CHECK(gguf.count("golden.u8") == 200);
  CHECK(gguf.count("golden.u16") == 60000);
  CHECK(gguf.count("golden.uint64") == std::uint64_t{1} << 40);
  CHECK(gguf.integer("golden.i8") == -100);
  CHECK(gguf.integer("golden.i16") == -30000);
  CHECK(gguf.integer("golden.int32") == -2000000000);
  CHECK(gguf.integer("golden.int64") == -(std::int64_t{1} << 40));
  CHECK(gguf.real("golden.float64") == 0.1);
  CHECK(gguf.boolean("golden.bool") == true);
  for (const char* negative : {"golden.i8", "golden.i16", "golden.int32", "golden.int64"}) {
    CHECK_THROWS_AS(gguf.count(negative), GgufError);
  }
  CHECK(gguf.strings("golden.strings") == std::vector<std::string_view>{"", "a", "α😀"});
  CHECK(gguf.integers("golden.integers") == std::vector<std::int64_t>{1, -2, 3});
  CHECK(gguf.reals("golden.reals") == std::vector<float>{0.5F, -1.5F});
}

void check_ternary(const GgufTensor& tensor, std::string_view format) {
  REQUIRE(tensor.rows() == kRows);
  REQUIRE(tensor.cols() == kCols);
  const oracle::Codec* codec = oracle::find_codec(format);
  REQUIRE(codec != nullptr);
  const oracle::Ternary weights = codec->decode(bytes_of(tensor), kRows, kCols);
  CHECK(weights.codes == ternary());
  if (weights.block_scales.empty()) CHECK(weights.scale == 0.5F);
  for (const float scale : weights.block_scales) CHECK(scale == 0.5F);
}

void check_tensors(const Gguf& gguf, std::string_view layout) {
  const GgufTensor& f32 = *gguf.tensor("f32");
  const GgufTensor& f16 = *gguf.tensor("f16");
  const GgufTensor& bf16 = *gguf.tensor("bf16");
  const GgufTensor& q8 = *gguf.tensor("q8_0");
  REQUIRE(q8.type == TensorType::kQ8);
  for (std::size_t i = 0; i < kRows * kCols; ++i) {
    REQUIRE(at<float>(f32, i * 4) == smooth(i));
    REQUIRE(oracle::f16_value(at<std::uint16_t>(f16, i * 2)) == smooth(i));
    REQUIRE(oracle::bf16_value(at<std::uint16_t>(bf16, i * 2)) ==
            oracle::bf16_value(oracle::bf16_bits(smooth(i))));
    const float scale = oracle::f16_value(at<std::uint16_t>(q8, i / 32 * 34));
    const auto code = at<std::int8_t>(q8, i / 32 * 34 + 2 + i % 32);
    // Half a step, and the rounding of the scale to f16 over 127 steps.
    REQUIRE(std::abs(static_cast<float>(code) * scale - smooth(i)) <= scale * 0.6F);
  }
  check_ternary(*gguf.tensor("tq1_0"), format_of(gguf.tensor("tq1_0")->type));
  check_ternary(*gguf.tensor("tq2_0"), format_of(gguf.tensor("tq2_0")->type));
  check_ternary(*gguf.tensor("blk.0.attn_q.weight"), layout);
  CHECK(gguf.tensor("norm")->dims == std::vector<std::uint64_t>{3});
  CHECK(at<float>(*gguf.tensor("norm"), 8) == 1);
}

}  // namespace

TEST_CASE("a bitnet-b1.58 file of the gguf package is read as it was written") {
  const Gguf gguf = Gguf::open(BITGATE_GOLDEN "/bitnet-b1.58.gguf");
  CHECK(gguf.architecture() == "bitnet-b1.58");
  CHECK(gguf.alignment() == 32);
  CHECK(gguf.dialect() == Dialect::kBitnetCpp);
  check_metadata(gguf);
  check_tensors(gguf, i2_s_layout(gguf).format);
}

TEST_CASE("a bitnet file of the gguf package, with another alignment, needs its layout named") {
  const Gguf gguf = Gguf::open(BITGATE_GOLDEN "/bitnet.gguf");
  CHECK(gguf.architecture() == "bitnet");
  CHECK(gguf.alignment() == 64);
  check_metadata(gguf);
  CHECK_THROWS_AS(i2_s_layout(gguf), GgufError);
  check_tensors(gguf, i2_s_layout(gguf, "i2_s").format);
}

TEST_CASE("I2_S bytes read in another layout are other weights") {
  const Gguf gguf = Gguf::open(BITGATE_GOLDEN "/bitnet.gguf");
  const GgufTensor& tensor = *gguf.tensor("blk.0.attn_q.weight");
  for (const char* layout : {"i2_s/arm", "i2_s/4row"}) {
    const auto weights = oracle::find_codec(layout)->decode(bytes_of(tensor), kRows, kCols);
    CHECK(weights.codes != ternary());
  }
}
