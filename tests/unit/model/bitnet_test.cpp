// Models as the graph takes them: what a file must hold, and the list of operations.
#include <bitgate/formats.hpp>

#include <algorithm>
#include <cstring>
#include <map>
#include <set>

#include <fmt/format.h>

#include "model/gguf_writer.hpp"
#include "model/graph.hpp"
#include "model/model.hpp"
#include "model/synthetic.hpp"
#include "oracle/half.hpp"
#include "oracle/registry.hpp"
#include "support/catch.hpp"
#include "support/program.hpp"

using namespace bitgate::model;
using bitgate::test::TemporaryDirectory;
using Catch::Matchers::Contains;

namespace {

const Bitnet kSmall = {2, 64, 128, 4, 2, 16, 40, 128, 1e-5, 10000};

/// A file of that model with f32 tensors of zeros; each change makes it wrong in one place.
struct File {
  std::string architecture = "bitnet-b1.58";
  std::map<std::string, std::uint32_t> numbers = {
      {"block_count", 2},          {"embedding_length", 64},       {"feed_forward_length", 128},
      {"attention.head_count", 4}, {"attention.head_count_kv", 2}, {"context_length", 128}};
  std::vector<WeightSpec> weights = weights_of(kSmall);
  TensorType embedding = TensorType::kF32;
  std::optional<float> scaling = {};  ///< linear, by this factor

  [[nodiscard]] std::string write(const TemporaryDirectory& directory) const {
    GgufWriter writer;
    writer.string("general.architecture", architecture);
    for (const auto& [key, value] : numbers) writer.u32(architecture + "." + key, value);
    writer.f32(architecture + ".attention.layer_norm_rms_epsilon", 1e-5F);
    writer.f32(architecture + ".rope.freq_base", 10000);
    if (scaling) {
      writer.string(architecture + ".rope.scaling.type", "linear");
      writer.f32(architecture + ".rope.scaling.factor", *scaling);
    }
    std::vector<std::vector<std::byte>> data;
    for (const WeightSpec& weight : weights) {
      const TensorType type = weight.role == WeightRole::kEmbedding ? embedding : TensorType::kF32;
      const std::vector<std::uint64_t> dims = {weight.cols, weight.rows};
      data.emplace_back(*tensor_bytes(type, dims), std::byte{1});
      writer.tensor(weight.name, dims, type, data.back());
    }
    const std::string path = directory / "model.gguf";
    writer.write(path);
    return path;
  }
};

std::string why_refused(const File& file) {
  const TemporaryDirectory directory;
  try {
    static_cast<void>(open_gguf(file.write(directory), ""));
    return "it was read";
  } catch (const GgufError& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("a file's model is read with all its weights") {
  const TemporaryDirectory directory;
  const auto model = open_gguf(File().write(directory), "");
  CHECK(model->bitnet().head == 16);
  CHECK(model->bitnet().vocabulary == 40);
  REQUIRE(model->weights().size() == 2 + 2 * 11);
  CHECK(model->weights()[2].name == "blk.0.attn_q.weight");
  CHECK(model->tokenizer() == nullptr);
  REQUIRE(model->range(2).has_value());
  CHECK(model->range(2)->size == 64 * 64 * 4);
  CHECK(model->stored_as() == "f32");
}

TEST_CASE("a file of the architecture bitnet is gated by SiLU, with its positions as they are") {
  const TemporaryDirectory directory;
  File file;
  file.architecture = "bitnet";
  file.scaling = 1;
  const auto model = open_gguf(file.write(directory), "");
  CHECK(model->bitnet().gate == Gate::kSilu);
  CHECK(open_gguf(File().write(directory), "")->bitnet().gate == Gate::kRelu2);
  file.scaling = 2;
  CHECK_THAT(why_refused(file), Contains("positions are scaled ('linear')"));
}

TEST_CASE("float matrices of -s, 0 and s alone are no master weights") {
  const TemporaryDirectory directory;
  const auto model = open_gguf(File().write(directory), "");
  CHECK(model->weights()[2].ternary);
  CHECK(!model->weights()[1].ternary);  // a norm
  const auto trained = open_gguf(BITGATE_MODELS "/addition.gguf", "");
  CHECK(!trained->weights()[2].ternary);
}

TEST_CASE("an embedding in Q8_0 is the f16 nearest to scale times code") {
  File file;
  file.embedding = TensorType::kQ8;
  const TemporaryDirectory directory;
  const auto model = open_gguf(file.write(directory), "");
  CHECK(model->weights()[0].format == "f16");
  CHECK(!model->range(0));
  std::vector<std::byte> bytes(model->weights()[0].bytes);
  model->fill(0, bytes);
  std::uint16_t bits = 0;
  std::memcpy(&bits, &bytes[2 * 39], sizeof(bits));
  // Every byte of the file is 1: scale 0x0101, code 1.
  CHECK(bits == 0x0101);
}

TEST_CASE("a file that is no such model is refused by name") {
  File file;
  file.architecture = "llama";
  CHECK_THAT(why_refused(file), Contains("'llama'") && Contains("another graph"));
  file = {};
  file.numbers.erase("block_count");
  CHECK_THAT(why_refused(file), Contains("no key bitnet-b1.58.block_count"));
  file = {};
  file.numbers["attention.head_count"] = 3;
  CHECK_THAT(why_refused(file), Contains("3 heads"));
  file = {};
  file.numbers["block_count"] = 0;
  CHECK_THAT(why_refused(file), Contains("block_count is 0"));
  file = {};
  file.numbers["rope.dimension_count"] = 8;
  CHECK_THAT(why_refused(file), Contains("rope.dimension_count is 8"));
  file = {};
  file.numbers["feed_forward_length"] = 64;
  CHECK_THAT(why_refused(file), Contains("'blk.0.ffn_gate.weight' is 128x64") && Contains("64x64"));
  file = {};
  file.weights.pop_back();
  CHECK_THAT(why_refused(file), Contains("no tensor 'output_norm.weight'"));
  file = {};
  file.weights.push_back({"rope_freqs.weight", WeightRole::kNorm, 1, 64});
  CHECK_THAT(why_refused(file), Contains("'rope_freqs.weight' has no place"));
}

TEST_CASE(
    "a graph names every weight once or, of the embedding, twice, and reads nothing unwritten") {
  for (const char* format : {"i2_s", "f32"}) {
    const Graph graph = make_graph(kSmall, {3, 32, format, "f16", Head::kNext, false});
    std::map<std::string, int> uses;
    std::set<std::string> written = {kIds, kPositions, kLastRow};
    for (const GraphOp& op : graph.ops) {
      for (const std::string& name : op.inputs) {
        INFO(op.label << " reads " << name);
        const GraphTensor& tensor = graph.tensors.at(name);
        if (tensor.lifetime == Lifetime::kWeight) ++uses[name];
        if (tensor.lifetime == Lifetime::kScratch) CHECK(written.count(name) == 1);
      }
      written.insert(op.outputs.begin(), op.outputs.end());
    }
    CHECK(uses.size() == weights_of(kSmall).size());
    for (const auto& [name, count] : uses) {
      INFO(name);
      CHECK(count == (name == "token_embd.weight" ? 2 : 1));
    }
    CHECK(graph.tensors.at(kLogits).rows == 1);
    CHECK(written.count(kNextToken) == 1);
  }
  CHECK(make_graph(kSmall, {1, 32, "i2_s", "f16", Head::kNext, true}).tensors.count(kIds) == 0);
  CHECK(make_graph(kSmall, {4, 32, "i2_s", "f16", Head::kAllLogits, false})
            .tensors.at(kLogits)
            .rows == 4);
  CHECK(role_of("blk.12.attn_q") == "attn_q");
  CHECK(role_of("output") == "output");
}

TEST_CASE("synthetic weights are legal, seeded, and spread as they should be") {
  const auto model = make_synthetic("bitnet-tiny", 1, 5);
  REQUIRE(model);
  CHECK(model->bitnet().layers == 1);
  const StoredWeight& matrix = model->weights()[2];
  std::vector<std::byte> bytes(matrix.bytes);
  model->fill(2, bytes);
  const bitgate::oracle::Ternary weights =
      bitgate::oracle::find_codec("i2_s")->decode(bytes, matrix.rows, matrix.cols);
  std::array<int, 3> counts = {0, 0, 0};
  for (const std::int8_t code : weights.codes) ++counts[static_cast<std::size_t>(code + 1)];
  const auto all = static_cast<double>(weights.codes.size());
  CHECK(counts[0] / all == Approx(0.25).margin(0.01));
  CHECK(counts[1] / all == Approx(0.5).margin(0.01));
  std::vector<std::byte> again(matrix.bytes);
  make_synthetic("bitnet-tiny", 1, 5)->fill(2, again);
  CHECK(again == bytes);
  make_synthetic("bitnet-tiny", 1, 6)->fill(2, again);
  CHECK(again != bytes);
  std::vector<std::byte> table(model->weights()[0].bytes);
  model->fill(0, table);
  for (std::size_t i = 0; i < table.size(); i += 2) {
    std::uint16_t bits = 0;
    std::memcpy(&bits, &table[i], sizeof(bits));
    const float value = std::abs(bitgate::oracle::f16_value(bits));
    CHECK((value >= 1.0F / 64 && value < 1.0F / 32));
  }
  CHECK(make_synthetic("bitnet-7b", 0, 1) == nullptr);
}
