#include "results.hpp"

#include <algorithm>
#include <stdexcept>

namespace process {
namespace {

using Json = nlohmann::json;

/// The one of this name, made if there is none: repetitions of a benchmark are rows of their own.
Measured& of_name(std::vector<Measured>& all, const std::string& name) {
  if (Measured* found = find_measured(all, name)) return *found;
  return all.emplace_back(Measured{name, {}, 0, "", ""});
}

/// Source: https://github.com/google/benchmark/blob/main/docs/user_guide.md, --benchmark_format.
std::vector<Measured> google_benchmark(const Json& document) {
  std::vector<Measured> out;
  for (const Json& row : document.at("benchmarks")) {
    if (row.value("run_type", "iteration") != "iteration") continue;
    Measured& one = of_name(out, row.value("run_name", row.at("name").get<std::string>()));
    if (row.value("error_occurred", false) || row.value("skipped", false)) {
      one.failure = row.value("error_message", row.value("skip_message", "it was skipped"));
      continue;
    }
    const Unit* unit = find_unit(row.at("time_unit").get<std::string>());
    if (unit == nullptr || unit->ns == 0) throw std::runtime_error("has an unknown time_unit");
    one.times_ns.push_back(row.at("real_time").get<double>() * unit->ns);
    // Its rates are of the processor's time, unless the benchmark says otherwise in its name.
    const bool real = one.name.find("/real_time") != std::string::npos ||
                      one.name.find("/manual_time") != std::string::npos;
    const double seconds = row.at(real ? "real_time" : "cpu_time").get<double>() * unit->ns / 1e9;
    for (const auto& [key, name] :
         {std::pair("items_per_second", "items"), std::pair("bytes_per_second", "bytes")}) {
      if (!row.contains(key)) continue;
      one.amount = row.at(key).get<double>() * seconds;
      one.unit = name;
    }
  }
  return out;
}

/// Source: https://github.com/ggml-org/llama.cpp/blob/master/tools/llama-bench/README.md, -o json.
/// Named as its table names them, without the @: pp512, tg128, pp512+tg128, at depth 1024 pp512
/// d1024.
std::vector<Measured> llama_bench(const Json& document) {
  std::vector<Measured> out;
  for (const Json& row : document) {
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

/// Source: https://github.com/sharkdp/hyperfine, --export-json.
std::vector<Measured> hyperfine(const Json& document) {
  std::vector<Measured> out;
  for (const Json& row : document.at("results")) {
    Measured& one = of_name(out, row.at("command").get<std::string>());
    for (const Json& seconds : row.at("times")) one.times_ns.push_back(seconds.get<double>() * 1e9);
    for (const Json& code : row.at("exit_codes")) {
      if (code != 0) one.failure = "a run of it ended with " + code.dump();
    }
  }
  return out;
}

std::vector<Measured> own(const Options& options, const Json& document) {
  std::vector<Measured> out;
  for (const auto& [name, place] : options.values) {
    const Json::json_pointer pointer(place.path);
    if (!document.contains(pointer)) {
      throw std::runtime_error("holds nothing at " + place.path);
    }
    Measured one{name, {}, 0, "", ""};
    const Unit& unit = *find_unit(place.unit);
    one.amount = unit.amount;
    one.unit = unit.of;
    const Json& at = document.at(pointer);
    for (const Json& number : at.is_array() ? at : Json::array({at})) {
      if (!number.is_number()) throw std::runtime_error("holds no number at " + place.path);
      const double value = number.get<double>();
      one.times_ns.push_back(unit.ns > 0 ? value * unit.ns : 1e9 / value);
    }
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace

Measured* find_measured(std::vector<Measured>& all, std::string_view name) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Measured& one) { return one.name == name; });
  return found == all.end() ? nullptr : &*found;
}

std::vector<Measured> read_results(const Options& options, const Json& document) {
  if (options.format == "google-benchmark") return google_benchmark(document);
  if (options.format == "llama-bench") return llama_bench(document);
  if (options.format == "hyperfine") return hyperfine(document);
  return own(options, document);
}

}  // namespace process
