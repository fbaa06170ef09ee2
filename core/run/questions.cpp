#include "run/questions.hpp"

#include <algorithm>
#include <stdexcept>
#include <system_error>

#include <fmt/format.h>

#include "base/file.hpp"
#include "model/synthetic.hpp"

namespace bitgate {
namespace {

constexpr std::uint64_t kMostFile = 16U << 20;

std::string read_text(const std::filesystem::path& path) {
  try {
    return read_file(path, kMostFile);
  } catch (const std::system_error& error) {
    throw std::runtime_error(
        fmt::format("prompts {} can't be read: {}", path.string(), error.code().message()));
  }
}

void read_lines(const std::filesystem::path& path, bool needs_answers, Quiz& quiz) {
  const std::string text = read_text(path);
  std::size_t line = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string_view row = std::string_view(text).substr(at, end - at);
    at = end + 1;
    ++line;
    if (row.ends_with('\r')) row.remove_suffix(1);
    if (row.empty()) continue;
    const std::size_t tab = row.find('\t');
    quiz.texts.emplace_back(row.substr(0, tab));
    quiz.answers.emplace_back();
    if (tab != std::string_view::npos) quiz.answers.back() = std::string(row.substr(tab + 1));
    if (needs_answers && !quiz.answers.back()) {
      throw std::runtime_error(
          fmt::format("{}:{}: no answer to check: write the prompt, a tab, and the right answer",
                      path.string(), line));
    }
  }
  if (quiz.texts.empty()) {
    throw std::runtime_error(fmt::format("prompts {}: the file has no line", path.string()));
  }
}

std::vector<std::int32_t> made_ids(std::uint64_t count, std::uint64_t vocabulary,
                                   std::uint64_t seed) {
  std::vector<std::int8_t> noise(count * 4);
  fill_activations(noise, seed, 0);
  std::vector<std::int32_t> ids(count);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    std::uint64_t word = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      word = word << 8 | static_cast<std::uint8_t>(noise[4 * i + k]);
    }
    ids[i] = static_cast<std::int32_t>(word % vocabulary);
  }
  return ids;
}

void encode(const model::Model& model, Quiz& quiz) {
  const model::Tokenizer* const tokenizer = model.tokenizer();
  if (tokenizer == nullptr) {
    throw std::runtime_error(fmt::format(
        "the model can't be asked in text ({}); give compute.prompts as token ids, e.g. [1, 5, 7]",
        model.why_no_text()));
  }
  for (const std::string& text : quiz.texts) {
    quiz.questions.prompts.push_back(tokenizer->prompt(text));
  }
  for (const auto& id : {tokenizer->eos(), tokenizer->eot()}) {
    if (id) quiz.questions.last.insert(*id);
  }
}

void require_fit(const model::Bitnet& bitnet, const Questions& questions) {
  for (std::size_t i = 0; i < questions.prompts.size(); ++i) {
    const std::vector<std::int32_t>& prompt = questions.prompts[i];
    const auto beyond = std::find_if(prompt.begin(), prompt.end(), [&](std::int32_t id) {
      return static_cast<std::uint64_t>(id) >= bitnet.vocabulary;
    });
    if (beyond != prompt.end()) {
      throw std::runtime_error(fmt::format("prompt {}: token {} is beyond the vocabulary of {}",
                                           i + 1, *beyond, bitnet.vocabulary));
    }
    if (prompt.empty()) throw std::runtime_error(fmt::format("prompt {} has no token", i + 1));
    if (prompt.size() + questions.tokens > bitnet.context) {
      throw std::runtime_error(
          fmt::format("prompt {} of {} tokens and an answer of up to {} are more than the model's "
                      "context of {}; lower compute.tokens",
                      i + 1, prompt.size(), questions.tokens, bitnet.context));
    }
  }
}

}  // namespace

Quiz read_quiz(const SuiteSpec& suite, const model::Model& model) {
  const GenerateSpec& generate = *suite.generate;
  Quiz quiz;
  quiz.questions.tokens = generate.tokens;
  if (!generate.prompts.empty()) {
    read_lines(generate.prompts, generate.check_answers, quiz);
    encode(model, quiz);
  } else if (!generate.prompt_ids.empty()) {
    quiz.questions.prompts = generate.prompt_ids;
  } else {
    quiz.questions.prompts.push_back(
        made_ids(generate.prompt_tokens, model.bitnet().vocabulary, suite.seed));
  }
  require_fit(model.bitnet(), quiz.questions);
  return quiz;
}

}  // namespace bitgate
