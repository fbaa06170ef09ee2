#include "run/questions.hpp"

#include <algorithm>
#include <span>
#include <stdexcept>
#include <system_error>

#include <fmt/format.h>

#include "base/file.hpp"
#include "model/synthetic.hpp"

namespace bitgate {
namespace {

constexpr std::uint64_t kMostFile = 16U << 20;

/// A text of more tokens is taken in pieces, as engines that publish perplexities do.
constexpr std::uint64_t kMostPiece = 512;

struct Line {
  std::size_t number;
  std::string text;
};

/// Those that are not empty; `what` the file holds, for errors.
std::vector<Line> read_lines(const std::filesystem::path& path, const char* what) {
  std::string text;
  try {
    text = read_file(path, kMostFile);
  } catch (const std::system_error& error) {
    throw std::runtime_error(
        fmt::format("{} {} can't be read: {}", what, path.string(), error.code().message()));
  }
  std::vector<Line> lines;
  std::size_t number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string_view row = std::string_view(text).substr(at, end - at);
    at = end + 1;
    ++number;
    if (row.ends_with('\r')) row.remove_suffix(1);
    if (!row.empty()) lines.push_back({number, std::string(row)});
  }
  if (lines.empty()) {
    throw std::runtime_error(fmt::format("{} {}: the file has no line", what, path.string()));
  }
  return lines;
}

void read_prompts(const std::filesystem::path& path, bool needs_answers, Quiz& quiz) {
  for (const Line& line : read_lines(path, "prompts")) {
    const std::string_view row = line.text;
    const std::size_t tab = row.find('\t');
    quiz.texts.emplace_back(row.substr(0, tab));
    quiz.answers.emplace_back();
    if (tab != std::string_view::npos) quiz.answers.back() = std::string(row.substr(tab + 1));
    if (needs_answers && !quiz.answers.back()) {
      throw std::runtime_error(
          fmt::format("{}:{}: no answer to check: write the prompt, a tab, and the right answer",
                      path.string(), line.number));
    }
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

const model::Tokenizer& tokenizer_of(const model::Model& model, const char* key) {
  const model::Tokenizer* const tokenizer = model.tokenizer();
  if (tokenizer != nullptr) return *tokenizer;
  throw std::runtime_error(
      fmt::format("the model can't be asked in text ({}); give {} as token ids, e.g. [1, 5, 7]",
                  model.why_no_text(), key));
}

void encode(const model::Model& model, Quiz& quiz) {
  const model::Tokenizer& tokenizer = tokenizer_of(model, "compute.prompts");
  for (const std::string& text : quiz.texts) {
    quiz.questions.prompts.push_back(tokenizer.prompt(text));
  }
  for (const auto& id : {tokenizer.eos(), tokenizer.eot()}) {
    if (id) quiz.questions.last.insert(*id);
  }
}

void require_known(const model::Bitnet& bitnet, const std::vector<std::int32_t>& ids,
                   const char* what, std::size_t number) {
  const auto beyond = std::find_if(ids.begin(), ids.end(), [&](std::int32_t id) {
    return static_cast<std::uint64_t>(id) >= bitnet.vocabulary;
  });
  if (beyond == ids.end()) return;
  throw std::runtime_error(fmt::format("{} {}: token {} is beyond the vocabulary of {}", what,
                                       number, *beyond, bitnet.vocabulary));
}

/// Pieces that fit the model, without those that have nothing to foretell.
void cut(const model::Bitnet& bitnet, std::span<const std::int32_t> ids, std::size_t given,
         Texts& out) {
  const std::size_t most = std::min(kMostPiece, bitnet.context);
  for (std::size_t done = 0; done < ids.size(); done += most) {
    const auto piece = ids.subspan(done, std::min(most, ids.size() - done));
    const std::size_t known = std::max<std::size_t>(given - std::min(given, done), 1);
    if (known < piece.size()) out.push_back({{piece.begin(), piece.end()}, known});
  }
}

Texts read_texts(const GenerateSpec& generate, const model::Model& model) {
  const model::Bitnet& bitnet = model.bitnet();
  Texts out;
  for (std::size_t i = 0; i < generate.text_ids.size(); ++i) {
    require_known(bitnet, generate.text_ids[i], "text", i + 1);
    cut(bitnet, generate.text_ids[i], 1, out);
  }
  if (generate.text.empty()) return out;
  const model::Tokenizer& tokenizer = tokenizer_of(model, "compute.text");
  for (const Line& line : read_lines(generate.text, "text")) {
    const std::string_view row = line.text;
    const std::size_t tab = row.find('\t');
    std::vector<std::int32_t> ids = tokenizer.prompt(row.substr(0, tab));
    const std::size_t given = tab == std::string_view::npos ? 1 : ids.size();
    if (tab != std::string_view::npos) {
      const std::vector<std::int32_t> rest = tokenizer.encode(row.substr(tab + 1));
      ids.insert(ids.end(), rest.begin(), rest.end());
    }
    cut(bitnet, ids, given, out);
  }
  if (out.empty()) {
    throw std::runtime_error(fmt::format(
        "text {}: no line has a token to foretell, behind the first one or behind a tab",
        generate.text.string()));
  }
  return out;
}

void require_fit(const model::Bitnet& bitnet, const Questions& questions) {
  for (std::size_t i = 0; i < questions.prompts.size(); ++i) {
    const std::vector<std::int32_t>& prompt = questions.prompts[i];
    require_known(bitnet, prompt, "prompt", i + 1);
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
    read_prompts(generate.prompts, generate.check_answers, quiz);
    encode(model, quiz);
  } else if (!generate.prompt_ids.empty()) {
    quiz.questions.prompts = generate.prompt_ids;
  } else {
    quiz.questions.prompts.push_back(
        made_ids(generate.prompt_tokens, model.bitnet().vocabulary, suite.seed));
  }
  require_fit(model.bitnet(), quiz.questions);
  quiz.foretell = read_texts(generate, model);
  return quiz;
}

}  // namespace bitgate
