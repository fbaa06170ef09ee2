// Source of the format: https://github.com/ggml-org/llama.cpp/blob/master/tools/llama-bench, its
// README on -o json and -o jsonl.
#include <cmath>
#include <stdexcept>

#include "common/interop/interop.hpp"
#include "common/interop/statistics.hpp"

namespace interop {
namespace llama_bench {
namespace {

bool is_row(const Json& row) {
  return row.is_object() && row.contains("n_prompt") && row.contains("n_gen");
}

}  // namespace

bool is_one(const Json& document) {
  if (document.is_array()) return !document.empty() && is_row(document.front());
  return is_row(document);  // JSON Lines of one line
}

/// Named as its table names them, without the @: pp512, tg128, pp512+tg128, at depth 1024 pp512
/// d1024.
std::vector<Measured> read(const Json& document) {
  std::vector<Measured> out;
  for (const Json& row : document.is_array() ? document : Json::array({document})) {
    const auto prompt = row.at("n_prompt").get<std::uint64_t>();
    const auto generated = row.at("n_gen").get<std::uint64_t>();
    const auto depth = row.value("n_depth", std::uint64_t{0});
    std::string name = prompt > 0 ? "pp" + std::to_string(prompt) : "";
    if (generated > 0) name += (name.empty() ? "tg" : "+tg") + std::to_string(generated);
    if (depth > 0) name += " d" + std::to_string(depth);
    Measured& one = of_name(out, name);
    if (!one.times_ns.empty()) {
      throw std::runtime_error("has several rows for " + name +
                               ": take one model and one setting for each command");
    }
    row.at("samples_ns").get_to(one.times_ns);
    one.amount = static_cast<double>(prompt + generated);
    one.unit = "tokens";
  }
  return out;
}

}  // namespace llama_bench

/// Of -o jsonl: an object a line. Its times are whole nanoseconds.
std::string llama_bench_text(const Origin& origin, std::span<const Phase> all) {
  std::string out;
  for (const Phase& phase : all) {
    const auto tokens = static_cast<double>(phase.prompt_tokens + phase.generated);
    std::vector<std::int64_t> samples;
    std::vector<double> rates;
    for (const double ns : phase.times_ns) {
      samples.push_back(std::llround(ns));
      rates.push_back(tokens * 1e9 / ns);
    }
    const bool several = samples.size() > 1;
    const Json row = {{"build_commit", origin.git},
                      {"cpu_info", origin.processor},
                      {"gpu_info", ""},
                      {"backends", phase.backend},
                      {"model_filename", phase.model},
                      {"model_type", phase.stored_as},
                      {"model_size", phase.stored_bytes},
                      {"model_n_params", phase.parameters},
                      {"n_threads", phase.threads},
                      {"n_prompt", phase.prompt_tokens},
                      {"n_gen", phase.generated},
                      {"n_depth", 0},
                      {"test_time", origin.time},
                      {"avg_ns", std::llround(mean(phase.times_ns))},
                      {"stddev_ns", several ? std::llround(deviation(phase.times_ns)) : 0},
                      {"avg_ts", mean(rates)},
                      {"stddev_ts", several ? deviation(rates) : 0.0},
                      {"samples_ns", samples},
                      {"samples_ts", rates}};
    out += row.dump() + "\n";
  }
  return out;
}

}  // namespace interop
