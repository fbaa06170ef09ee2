// What the writer writes the reader reads.
#include "model/gguf.hpp"

#include <array>
#include <stdexcept>

#include "model/gguf_layout.hpp"
#include "model/gguf_writer.hpp"
#include "support/catch.hpp"
#include "support/program.hpp"

using namespace bitgate::model;
using Catch::Matchers::Contains;

namespace {

using Bytes = std::vector<std::byte>;
using Dims = std::vector<std::uint64_t>;

Bytes counted(std::size_t size) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 13 + 1);
  return bytes;
}

/// A file of one I2_S tensor.
std::string i2_s_file(const std::string& architecture, Dims dims, const std::string& layout = "") {
  const Bytes bytes = counted(*tensor_bytes(TensorType::kI2S, dims));
  GgufWriter writer;
  writer.string("general.architecture", architecture);
  if (!layout.empty()) writer.string(kLayoutKey, layout);
  writer.tensor("w", dims, TensorType::kI2S, bytes);
  return writer.bytes();
}

Layout layout_of(const std::string& file, std::string_view chosen = {}) {
  return i2_s_layout(Gguf::parse(file, "f.gguf"), chosen);
}

std::string layout_error(const std::string& file, std::string_view chosen = {}) {
  try {
    return "no error, but " + std::string(layout_of(file, chosen).format);
  } catch (const GgufError& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("metadata of every kind that is written is read") {
  GgufWriter writer;
  writer.string("s", "text");
  writer.string("empty", "");
  writer.boolean("yes", true);
  writer.boolean("no", false);
  writer.u32("n", 4294967295U);
  writer.f32("x", 0.1F);
  writer.strings("list", std::array<std::string, 3>{"a", "", std::string("\0b", 2)});
  writer.i32s("ints", std::array<std::int32_t, 2>{-1, 2147483647});
  writer.f32s("reals", std::array<float, 2>{0.5F, -2});
  const std::string file = writer.bytes();
  const Gguf gguf = Gguf::parse(file, "f.gguf");
  CHECK(gguf.string("s") == "text");
  CHECK(gguf.string("empty") == "");
  CHECK(gguf.boolean("yes") == true);
  CHECK(gguf.boolean("no") == false);
  CHECK(gguf.count("n") == 4294967295U);
  CHECK(gguf.real("x") == 0.1F);
  CHECK(gguf.strings("list") == std::vector<std::string_view>{"a", "", std::string_view("\0b", 2)});
  CHECK(gguf.integers("ints") == std::vector<std::int64_t>{-1, 2147483647});
  CHECK(gguf.reals("reals") == std::vector<float>{0.5F, -2});
  CHECK(gguf.values().size() == 9);
  CHECK(gguf.tensors().empty());

  CHECK(gguf.string("absent") == std::nullopt);
  CHECK(gguf.find("absent") == nullptr);
  CHECK_THROWS_WITH(gguf.count("s"),
                    Contains("s is a string, wanted an integer") && Contains("f.gguf: byte "));
  CHECK_THROWS_WITH(gguf.integers("reals"), Contains("reals is an array of f32"));
  CHECK_THROWS_WITH(gguf.architecture(), Contains("no general.architecture"));
}

TEST_CASE(
    "tensors of every type and alignment come back byte for byte, from memory and from disk") {
  struct Case {
    TensorType type;
    Dims dims;
    std::size_t bytes;
  };
  const std::vector<Case> cases = {
      {TensorType::kF32, {3}, 12},           {TensorType::kF16, {5, 3}, 30},
      {TensorType::kBF16, {1, 1, 1, 7}, 14}, {TensorType::kQ8, {64, 3}, 6 * 34},
      {TensorType::kTq1, {512, 2}, 4 * 54},  {TensorType::kTq2, {256, 3}, 3 * 66},
      {TensorType::kI2S, {128, 3}, 96 + 32}, {TensorType::kI2S, {37, 4}, 37 + 32}};
  const bitgate::test::TemporaryDirectory directory;
  for (const std::uint32_t alignment : {8U, 32U, 64U, 4096U}) {
    CAPTURE(alignment);
    GgufWriter writer(alignment);
    std::vector<Bytes> data;
    for (const Case& one : cases) data.push_back(counted(one.bytes));
    for (std::size_t i = 0; i < cases.size(); ++i) {
      writer.tensor("t" + std::to_string(i), cases[i].dims, cases[i].type, data[i]);
    }
    const std::string path = directory / "model.gguf";
    writer.write(path);
    const std::string file = writer.bytes();
    const Gguf in_memory = Gguf::parse(file, "f.gguf");
    Gguf opened = Gguf::open(path);
    const Gguf from_disk = std::move(opened);
    for (const Gguf* gguf : {&in_memory, &from_disk}) {
      CHECK(gguf->alignment() == alignment);
      CHECK(gguf->file_bytes() == file.size());
      REQUIRE(gguf->tensors().size() == cases.size());
      for (std::size_t i = 0; i < cases.size(); ++i) {
        const GgufTensor* tensor = gguf->tensor("t" + std::to_string(i));
        REQUIRE(tensor != nullptr);
        CHECK(tensor->type == cases[i].type);
        CHECK(tensor->dims == cases[i].dims);
        CHECK(tensor->offset % alignment == 0);
        const auto* begin = reinterpret_cast<const std::byte*>(tensor->bytes.data());
        CHECK(Bytes(begin, begin + tensor->bytes.size()) == data[i]);
      }
    }
  }
}

TEST_CASE("the sizes of TL2 tensors are bitnet.cpp's") {
  CHECK(tensor_bytes(TensorType::kTl2, Dims{4096, 1536}) == 1'327'104 + 32);
  CHECK(tensor_bytes(TensorType::kTl2, Dims{8640, 3200}) == 5'794'176);
  CHECK_FALSE(tensor_bytes(TensorType::kTl2, Dims{255, 32}));
}

TEST_CASE("type 39 is TL2 in a bitnet model and MXFP4 in others") {
  const auto file = [](const char* architecture, TensorType type, const Bytes& bytes) {
    GgufWriter writer;
    writer.string("general.architecture", architecture);
    writer.tensor("w", Dims{256, 32}, type, bytes);
    writer.tensor("after", Dims{1}, TensorType::kF32, Bytes(4));
    return writer.bytes();
  };
  const Bytes tl2(*tensor_bytes(TensorType::kTl2, Dims{256, 32}));
  const Bytes mxfp4(*tensor_bytes(TensorType::kMxfp4, Dims{256, 32}));
  CHECK(mxfp4.size() == 256 * 17);
  const auto read = [](const std::string& bytes) {
    return Gguf::parse(bytes, "f.gguf").tensor("w")->type;
  };
  CHECK(read(file("bitnet", TensorType::kTl2, tl2)) == TensorType::kTl2);
  CHECK(read(file("bitnet-b1.58", TensorType::kTl2, tl2)) == TensorType::kTl2);
  CHECK(read(file("gpt-oss", TensorType::kMxfp4, mxfp4)) == TensorType::kMxfp4);
  // The other meaning has another size.
  CHECK_THROWS_WITH(read(file("llama", TensorType::kTl2, tl2)),
                    Contains("as MXFP4, which its type 39 is") && Contains("TL2 for bitnet.cpp"));
  CHECK_THROWS_WITH(read(file("bitnet", TensorType::kMxfp4, mxfp4)),
                    Contains("as TL2, which its type 39 is"));
}

TEST_CASE("the layout of I2_S is what the file says, or the only one that fits") {
  CHECK(layout_of(i2_s_file("bitnet", {128, 4}, "i2_s/arm")).format == "i2_s/arm");
  CHECK(layout_of(i2_s_file("bitnet-b1.58", {128, 4}, "i2_s/4row")).format == "i2_s/4row");
  CHECK(layout_of(i2_s_file("llama", {192, 3})).format == "i2_s/arm");
  CHECK(layout_of(i2_s_file("llama", {100, 4})).format == "i2_s/4row");
  const Layout published = layout_of(i2_s_file("bitnet-b1.58", {128, 4}));
  CHECK(published.format == "i2_s");
  CHECK_THAT(published.why, Contains("as bitnet-b1.58 models are published"));
  CHECK(layout_of(i2_s_file("bitnet", {128, 4}), "i2_s/arm").format == "i2_s/arm");
  CHECK(layout_of(GgufWriter().bytes()).format.empty());
}

TEST_CASE("an I2_S layout that nothing decides, or that can't be, is an error") {
  CHECK_THAT(
      layout_error(i2_s_file("bitnet", {128, 4})),
      Contains("nothing in the file says in which layout; i2_s, i2_s/arm, i2_s/4row would fit") &&
          Contains("bitgate.i2_s.layout") && Contains("f.gguf: byte "));
  CHECK_THAT(layout_error(i2_s_file("bitnet", {128, 3})), Contains("; i2_s, i2_s/arm would fit"));
  CHECK_THAT(layout_error(i2_s_file("bitnet", {128, 4}, "i2_s/mips")),
             Contains("no I2_S layout 'i2_s/mips'") && Contains("i2_s, i2_s/arm, i2_s/4row"));
  CHECK_THAT(layout_error(i2_s_file("bitnet", {192, 4}, "i2_s")),
             Contains("tensor 'w': i2_s can't hold 4x192: columns must be a multiple of 128"));
  CHECK_THAT(layout_error(i2_s_file("bitnet-b1.58", {192, 4})), Contains("multiple of 128"));
  CHECK_THAT(layout_error(i2_s_file("bitnet", {128, 3}), "i2_s/4row"), Contains("multiple of 4"));
  CHECK_THAT(layout_error(i2_s_file("bitnet", {36, 3})),
             Contains("i2_s can't hold 3x36") && Contains("and no other layout holds all tensors"));
}

TEST_CASE("the writer refuses what the reader would") {
  GgufWriter writer;
  writer.u32("n", 1);
  CHECK_THROWS_WITH(writer.u32("n", 1), Contains("'n' twice"));
  CHECK_THROWS_AS(writer.u32("", 1), std::invalid_argument);
  CHECK_THROWS_WITH(GgufWriter(24), Contains("power of two"));
  const Bytes bytes(12);
  writer.tensor("t", Dims{3}, TensorType::kF32, bytes);
  CHECK_THROWS_WITH(writer.tensor("t", Dims{3}, TensorType::kF32, bytes), Contains("'t' twice"));
  CHECK_THROWS_WITH(writer.tensor("u", Dims{4}, TensorType::kF32, bytes), Contains("12 bytes"));
  CHECK_THROWS_AS(writer.tensor("u", Dims{}, TensorType::kF32, bytes), std::invalid_argument);
  CHECK_THROWS_AS(writer.tensor("u", Dims{0}, TensorType::kF32, Bytes()), std::invalid_argument);
  CHECK_THROWS_AS(writer.tensor(std::string(65, 'x'), Dims{3}, TensorType::kF32, bytes),
                  std::invalid_argument);
}
