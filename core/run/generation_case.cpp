#include "run/generation_case.hpp"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

#include "base/sha256.hpp"
#include "measure/ceilings.hpp"
#include "run/generation.hpp"
#include "run/generation_metrics.hpp"
#include "run/model_weights.hpp"
#include "run/npy.hpp"
#include "run/oracle_check.hpp"
#include "run/questions.hpp"

namespace bitgate {
namespace {

/// Every prompt is answered and checked once; so many of them are answered again and again, timed.
constexpr std::size_t kTimedPrompts = 16;
constexpr std::size_t kFirstAnswers = 3;
constexpr std::size_t kMostAnswers = 20;

/// One case in progress.
class Conductor {
 public:
  Conductor(const Case& what, const model::Model& model, worker::BackendClient& client,
            CaseResult& result)
      : case_(what),
        model_(model),
        client_(client),
        result_(result),
        quiz_(read_quiz(*what.suite, model)),
        weights_(model, what.format, client),
        generation_(model.bitnet(), what.format, weights_, client, quiz_.questions) {}

  void run(const Sampling& sampling, const std::function<Ceilings()>& ceilings) {
    std::optional<std::string> why = weights_.unsupported();
    if (!why) why = generation_.unsupported();
    if (why) {
      release();
      result_.status = CaseStatus::kSkipped;
      result_.reason = {reason::kUnsupported, *why};
      return;
    }
    client_.peak_memory(true);
    result_.stages["load"] = weights_.load();
    result_.stages["quantize"] = weights_.quantize([&] { return generation_.prepare(); });
    facts_.weights = weights_.check();
    answer_all();
    const Ceilings before = ceilings();
    time_answers(sampling);
    const Ceilings after = ceilings();
    result_.ceilings = best_of(before, after);
    result_.stages["output"] = generation_.read_logits();
    result_.kernels = generation_.kernels();
    profile_ = generation_.profile();
    facts_.peak_memory = client_.peak_memory(false);
    oracle_ = check_by_oracle(model_, case_.format, weights_, client_, quiz_.questions);
    release();
    conclude();
  }

 private:
  /// Answers every prompt; what came out is what the timed passes must give again.
  void answer_all() {
    std::string bytes;
    const std::filesystem::path& file = case_.suite->generate->logits;
    std::vector<float> logits;
    for (std::size_t i = 0; i < quiz_.questions.prompts.size(); ++i) {
      answers_.push_back(generation_.answer(i, file.empty() ? nullptr : &logits));
      const std::vector<std::int32_t>& ids = answers_.back().ids;
      const auto count = static_cast<std::int32_t>(ids.size());
      bytes.append(reinterpret_cast<const char*>(&count), sizeof(count));
      bytes.append(reinterpret_cast<const char*>(ids.data()), ids.size() * sizeof(ids[0]));
    }
    result_.digest = sha256(bytes);
    if (file.empty()) return;
    const std::uint64_t vocabulary = model_.bitnet().vocabulary;
    write_npy(file, logits, logits.size() / vocabulary, vocabulary);
  }

  void time_answers(const Sampling& sampling) {
    const std::size_t prompts = std::min(kTimedPrompts, answers_.size());
    StageResult& prefill = result_.stages["prefill"];
    StageResult& decode = result_.stages["decode"];
    result_.stages["compute"] = measure_passes(
        [&](std::uint64_t samples, std::uint64_t) {
          std::vector<std::uint64_t> times(samples, 0);
          for (std::uint64_t& time : times) {
            std::uint64_t prefill_ns = 0;
            for (std::size_t i = 0; i < prompts; ++i) {
              const Answer answer = generation_.answer(i);
              prefill_ns += answer.prefill_ns;
              time += answer.prefill_ns;
              for (const std::uint64_t ns : answer.step_ns) time += ns;
              decode.samples_ns.insert(decode.samples_ns.end(), answer.step_ns.begin(),
                                       answer.step_ns.end());
              compare(answers_[i].ids, answer.ids);
            }
            prefill.samples_ns.push_back(prefill_ns);
          }
          return times;
        },
        prompts, sampling);
    const StageResult& compute = result_.stages["compute"];
    for (StageResult* stage : {&prefill, &decode}) {
      stage->warmup_samples = stage == &decode ? steps() : 1;
      stage->stopped_by = compute.stopped_by;
    }
    prefill.repeat = prompts;
    summarize(prefill);
    if (decode.samples_ns.empty()) {
      decode.stopped_by.clear();
      decode.reason = "every answer is one token, which the prefill gives";
    } else {
      summarize(decode);
    }
  }

  void compare(const std::vector<std::int32_t>& first, const std::vector<std::int32_t>& again) {
    const std::size_t common = std::min(first.size(), again.size());
    for (std::size_t i = 0; i < common; ++i) different_ += first[i] != again[i] ? 1 : 0;
    different_ += std::max(first.size(), again.size()) - common;
  }

  [[nodiscard]] std::uint64_t steps() const {
    std::uint64_t sum = 0;
    for (const Answer& answer : answers_) sum += answer.step_ns.size();
    return sum;
  }

  [[nodiscard]] GeneratedAnswer shown(std::size_t index) const {
    GeneratedAnswer out;
    out.ids = answers_[index].ids;
    if (!quiz_.texts.empty()) out.prompt = quiz_.texts[index];
    if (const model::Tokenizer* tokenizer = model_.tokenizer()) {
      std::span<const std::int32_t> ids = out.ids;
      if (quiz_.questions.last.count(ids.back()) != 0) ids = ids.first(ids.size() - 1);
      out.text = tokenizer->decode(ids);
    }
    if (!quiz_.answers.empty()) out.wanted = quiz_.answers[index];
    const bool ended = quiz_.questions.last.count(out.ids.back()) != 0;
    out.right = out.wanted && ended && *out.wanted == out.text;
    return out;
  }

  /// What the timed passes answer, and what a step of theirs reads: all weights, for the embedding
  /// is the output matrix too, and the rows of the caches that it sees.
  void count_timed(GenerationInfo& info) const {
    info.timed_prompts = std::min(kTimedPrompts, answers_.size());
    std::uint64_t steps = 0;
    std::uint64_t rows = 0;
    for (std::size_t i = 0; i < info.timed_prompts; ++i) {
      const std::uint64_t prompt = quiz_.questions.prompts[i].size();
      info.timed_prompt_tokens += prompt;
      for (std::size_t k = 1; k < answers_[i].ids.size(); ++k, ++steps) rows += prompt + k;
    }
    const model::Bitnet& bitnet = model_.bitnet();
    const std::uint64_t row_bytes = bitnet.layers * 2 * bitnet.kv() * sizeof(float);
    info.bytes_per_token = weights_.device_bytes() + (steps == 0 ? 0 : rows * row_bytes / steps);
  }

  void describe() {
    GenerationInfo& info = result_.generation.emplace();
    const GenerateSpec& spec = *case_.suite->generate;
    info.model = spec.model.empty() ? spec.synthetic : spec.model.string();
    info.stored_as = model_.stored_as();
    for (const model::StoredWeight& weight : model_.weights()) {
      info.parameters += weight.rows * weight.cols;
    }
    info.stored_bytes = weights_.stored_bytes();
    info.operations_per_token = model::matrix_operations(model_.bitnet());
    info.profile = profile_;
    info.prompts = answers_.size();
    count_timed(info);
    info.most_tokens = quiz_.questions.tokens;
    std::size_t rightly = 0;
    std::size_t known = 0;
    for (std::size_t i = 0; i < answers_.size(); ++i) {
      info.prompt_tokens += quiz_.questions.prompts[i].size();
      info.generated += answers_[i].ids.size();
      GeneratedAnswer answer = shown(i);
      known += answer.wanted ? 1 : 0;
      rightly += answer.right ? 1 : 0;
      const bool wrong = answer.wanted && !answer.right;
      if (i < kFirstAnswers || (wrong && info.answers.size() < kMostAnswers)) {
        info.answers.push_back(std::move(answer));
      }
    }
    if (known > 0) {
      facts_.answers = static_cast<double>(rightly) / static_cast<double>(known);
    }
  }

  void conclude() {
    describe();
    facts_.mismatches = different_ + oracle_.mismatches;
    facts_.max_error = oracle_.max_error;
    facts_.cosine = oracle_.cosine;
    result_.status = CaseStatus::kMeasured;
    if (facts_.weights.mismatches + facts_.mismatches > 0) {
      result_.status = CaseStatus::kFail;
      result_.reason = {
          reason::kMismatch,
          fmt::format(
              "{} weights and {} logits disagree with the oracle{}, {} tokens with the "
              "first pass",
              facts_.weights.mismatches, oracle_.mismatches,
              oracle_.diverges.empty() ? "" : fmt::format(" ({} to diverge)", oracle_.diverges),
              different_)};
      facts_.timing_invalid = result_.reason.text();
      for (auto& [name, stage] : result_.stages) {
        stage.samples_ns.clear();
        stage.summary.reset();
        stage.reason = facts_.timing_invalid;
      }
    }
    fill_generation_metrics(result_, case_.format, facts_);
  }

  void release() {
    generation_.release();
    weights_.release();
  }

  const Case& case_;
  const model::Model& model_;
  worker::BackendClient& client_;
  CaseResult& result_;
  Quiz quiz_;
  ModelWeights weights_;
  Generation generation_;
  std::vector<Answer> answers_;  ///< of the first pass, by prompt
  std::vector<OperationTime> profile_;
  OracleCheck oracle_;
  std::uint64_t different_ = 0;  ///< tokens that a pass gave otherwise than the first one
  GenerationFacts facts_;
};

}  // namespace

void GenerationCases::run(const Case& what, worker::BackendClient& client, const Sampling& sampling,
                          const std::function<Ceilings()>& ceilings, CaseResult& result) {
  Conductor(what, model_of(*what.suite), client, result).run(sampling, ceilings);
}

const model::Model& GenerationCases::model_of(const SuiteSpec& suite) {
  if (suite_ != &suite) {
    const GenerateSpec& generate = *suite.generate;
    suite_ = nullptr;
    model_.reset();
    model_ = generate.model.empty()
                 ? model::make_synthetic(generate.synthetic, generate.layers, suite.seed)
                 : model::open_gguf(generate.model, generate.i2_s);
    suite_ = &suite;
  }
  return *model_;
}

}  // namespace bitgate
