// Suites of op generate: a model is loaded and asked.
#include <algorithm>

#include <fmt/format.h>

#include "model/model.hpp"
#include "pipeline/reader_parts.hpp"

namespace bitgate {
namespace {

constexpr std::uint64_t kMostTokens = std::uint64_t{1} << 20;
constexpr std::uint64_t kMostLayers = 1000;

std::optional<std::filesystem::path> read_path(const Value& value, const std::string& wanted) {
  const auto text = value.text(wanted);
  if (!text || value.refused_interpolation()) return std::nullopt;
  return std::filesystem::path(*text);
}

void read_file_load(const Value& load, GenerateSpec& generate) {
  load.only_keys({"source", "path", "i2_s"});
  if (const auto path = load.require("path", "../models/addition.gguf")) {
    generate.model = read_path(*path, "the path of a GGUF file").value_or("");
  }
  if (const auto layout = load.get("i2_s")) {
    generate.i2_s = layout->word({"i2_s", "i2_s/arm", "i2_s/4row"}).value_or("");
  }
}

void read_synthetic_load(const Value& load, SuiteSpec& suite, GenerateSpec& generate) {
  load.only_keys({"source", "model", "layers", "seed"});
  if (const auto model = load.require("model", "bitnet-2b-4t")) {
    generate.synthetic = model->word(model::synthetic_models()).value_or("");
  }
  if (const auto layers = load.get("layers")) {
    generate.layers = layers->integer(1, kMostLayers).value_or(0);
  }
  if (const auto seed = load.get("seed")) {
    suite.seed = seed->integer(0, UINT64_MAX).value_or(suite.seed);
  }
}

void read_load(const Value& load, SuiteSpec& suite, GenerateSpec& generate) {
  if (!load.is_map("{source: gguf, path: ../models/addition.gguf}")) return;
  const auto source = load.require("source", "gguf");
  const auto word = source ? source->word({"gguf", "synthetic"}) : std::nullopt;
  if (word == "gguf") read_file_load(load, generate);
  if (word == "synthetic") read_synthetic_load(load, suite, generate);
}

/// [1, 5, 7], or a list of such lists, each of at least so many.
std::vector<std::vector<std::int32_t>> read_ids(const Value& lists, std::size_t least) {
  std::vector<std::vector<std::int32_t>> out;
  const auto read_one = [](const Value& list) {
    std::vector<std::int32_t> ids;
    for (const Value& item : list.items()) {
      const auto id = item.integer(0, INT32_MAX);
      if (id) ids.push_back(static_cast<std::int32_t>(*id));
    }
    return ids;
  };
  const std::vector<Value> items = lists.items();
  const bool nested = std::any_of(items.begin(), items.end(), [](const Value& item) {
    return item.node().kind == Node::Kind::kSequence;
  });
  if (!nested) {
    out.push_back(read_one(lists));
  } else {
    for (const Value& item : items) {
      if (item.is_list("[1, 5, 7]")) out.push_back(read_one(item));
    }
  }
  const auto too_few = [&](const auto& ids) { return ids.size() < least; };
  if (lists.clean() && std::any_of(out.begin(), out.end(), too_few)) {
    lists.error(least == 1 ? "a prompt of token ids has at least one"
                           : "a text of token ids has at least two: the first one is given");
  }
  return out;
}

void read_prompts(const Value& compute, GenerateSpec& generate) {
  const auto prompts = compute.get("prompts");
  const auto made = compute.get("prompt_tokens");
  if (prompts.has_value() == made.has_value()) {
    compute.error(
        "needs either prompts (a file, or a list of token ids) or prompt_tokens (so many seeded "
        "ones)");
    return;
  }
  if (made) {
    generate.prompt_tokens = made->integer(1, kMostTokens).value_or(1);
  } else if (prompts->node().kind == Node::Kind::kSequence) {
    generate.prompt_ids = read_ids(*prompts, 1);
  } else {
    generate.prompts = read_path(*prompts, "the path of a file of prompts").value_or("");
  }
}

void read_text(const Value& text, GenerateSpec& generate) {
  if (text.node().kind == Node::Kind::kSequence) {
    generate.text_ids = read_ids(text, 2);
  } else {
    generate.text = read_path(text, "the path of a file of texts").value_or("");
  }
}

void read_compute(const Value& compute, SuiteSpec& suite, GenerateSpec& generate) {
  compute.only_keys({"op", "prompts", "prompt_tokens", "tokens", "text", "threads"});
  read_prompts(compute, generate);
  if (const auto text = compute.get("text")) read_text(*text, generate);
  if (const auto tokens = compute.get("tokens")) {
    generate.tokens = tokens->integer(1, kMostTokens).value_or(generate.tokens);
  }
  read_optional_axis(compute, "threads", suite.threads, read_threads);
}

void read_output(const Value& output, GenerateSpec& generate) {
  if (!output.is_map("{check: answers}")) return;
  output.only_keys({"check", "logits"});
  if (const auto check = output.get("check")) {
    generate.check_answers = check->word({"oracle", "answers"}) == "answers";
    if (generate.check_answers && generate.prompts.empty()) {
      check->error("answers are in a file of prompts; name one in compute.prompts");
    }
  }
  if (const auto logits = output.get("logits")) {
    generate.logits = read_path(*logits, "the path of an NPY file to write").value_or("");
  }
}

}  // namespace

bool has_op(const Node& suite, std::string_view wanted) {
  const Node* const compute = suite.find("compute");
  const Node* const op =
      compute != nullptr && compute->kind == Node::Kind::kMap ? compute->find("op") : nullptr;
  return op != nullptr && op->kind == Node::Kind::kScalar && op->scalar == wanted;
}

bool is_generating(const Node& suite) { return has_op(suite, "generate"); }

void read_generating_suite(const Value& value, SuiteSpec& suite) {
  suite.op = ComputeOp::kGenerate;
  GenerateSpec& generate = suite.generate.emplace();
  if (const auto load = value.require("load", "{source: gguf, path: ../models/addition.gguf}")) {
    read_load(*load, suite, generate);
  }
  if (const auto quantize = value.require("quantize", "{format: i2_s}");
      quantize && quantize->is_map("{format: i2_s}")) {
    quantize->only_keys({"format"});
    if (const auto format = quantize->require("format", "i2_s")) {
      suite.format = read_axis<std::string>(
          *format, [](const Value& item) { return item.word(weight_formats()); });
    }
  }
  if (const auto compute = value.get("compute")) read_compute(*compute, suite, generate);
  const auto output = value.get("output");
  if (!output) return;
  read_output(*output, generate);
  const std::size_t cases = suite.backends.size() * suite.format.size() * suite.threads.size();
  if (!generate.logits.empty() && cases > 1) {
    output->error(fmt::format(
        "logits is one file, but {} cases would write it; take one backend, format and number of "
        "threads",
        cases));
  }
}

}  // namespace bitgate
