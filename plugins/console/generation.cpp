#include "generation.hpp"

#include <algorithm>
#include <optional>

#include "text.hpp"
#include "values.hpp"

namespace console {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kBar = 8;
constexpr std::size_t kWidestAnswer = 60;

std::string count_text(const Json& value) { return number_text(value.get<double>()); }

std::string counted(const Json& count, const std::string& what) {
  return count_text(count) + " " + what + (count == 1 ? "" : "s");
}

/// "1.83 GB"
std::string bytes_text(double bytes) {
  for (const char* unit : {"B", "kB", "MB"}) {
    if (bytes < 1000) return number_text(bytes) + " " + unit;
    bytes /= 1000;
  }
  return number_text(bytes) + " GB";
}

std::string answer_line(const Json& answer, const Style& style) {
  std::string said = text_of(answer.at("text"));
  if (said.empty()) {
    for (const Json& id : answer.at("ids")) said += (said.empty() ? "" : " ") + id.dump();
    said = "tokens " + said;
  }
  const std::string prompt = text_of(answer.at("prompt"));
  std::string line = prompt.empty() ? said : prompt + (style.unicode ? " → " : " -> ") + said;
  line = cut(line, kWidestAnswer, style.unicode);
  if (!answer.at("right").is_boolean()) return line;
  if (answer.at("right").get<bool>()) return line + " " + style.green(style.unicode ? "✓" : "+");
  return line + " " + style.red(style.unicode ? "✗" : "x") + " (" + text_of(answer.at("wanted")) +
         ")";
}

/// The parts of a step that take most of it.
std::string profile_line(const Json& profile) {
  double sum = 0;
  for (const Json& part : profile) sum += part.at("ns").get<double>();
  std::string line;
  constexpr std::size_t kParts = 5;
  for (std::size_t i = 0; i < std::min(kParts, profile.size()) && sum > 0; ++i) {
    line += (i == 0 ? "a step: " : ", ") + text_of(profile.at(i).at("operation")) + " " +
            percent_text(profile.at(i).at("ns").get<double>() / sum);
  }
  return line;
}

}  // namespace

bool generates(const Json& result) {
  const auto found = result.find("generation");
  return found != result.end() && found->is_object();
}

std::vector<Column> generation_columns() {
  return {{"load", true, 6},        {"quantize", true, 5}, {"first token", true, 3},
          {"prefill", true, 0},     {"decode", true, 0},   {"p99", true, 4},
          {"of ceiling", false, 2}, {"right", true, 0},    {"perplexity", true, 1},
          {"memory", true, 6}};
}

std::vector<std::string> generation_cells(const Json& result, const Style& style) {
  const auto time = [&](const char* name) {
    const std::optional<double> ns = metric(result, name);
    return ns ? time_text(*ns, style.unicode) : "";
  };
  const auto rate = [&](const char* name) {
    const std::optional<double> tokens = metric(result, name);
    return tokens ? rate_text(*tokens, "tokens/s") : "";
  };
  const std::optional<double> share = metric(result, "decode.ceiling");
  const std::optional<double> answers = metric(result, "output.answers");
  const std::optional<double> perplexity = metric(result, "output.perplexity");
  const std::optional<double> memory = metric(result, "memory.peak");
  return {time("load.time"),
          time("quantize.time"),
          time("compute.ttft"),
          rate("prefill.rate"),
          rate("decode.rate"),
          time("decode.latency_p99"),
          share ? right(percent_text(*share), 5) + " " + style.bar(*share, kBar) : "",
          answers ? percent_text(*answers) : "",
          perplexity ? number_text(*perplexity) : "",
          memory ? bytes_text(*memory) : ""};
}

/// "stored as i2_s, 1.18 GB loaded at 12.3 GB/s; a step reads 1.28 GB"
std::string bytes_note(const Json& result) {
  const Json& info = result.at("generation");
  std::string note = "stored as " + text_of(info.at("stored_as")) + ", " +
                     bytes_text(info.at("stored_bytes").get<double>());
  if (const std::optional<double> rate = metric(result, "load.rate")) {
    note += " loaded at " + rate_text(*rate, "GB/s");
  }
  return note + "; a step reads " + bytes_text(info.at("bytes_per_token").get<double>());
}

std::string generation_notes(const std::vector<const Json*>& cases, const Style& style) {
  const auto found = std::find_if(cases.begin(), cases.end(),
                                  [](const Json* result) { return generates(*result); });
  if (found == cases.end()) return "";
  const Json& info = (*found)->at("generation");
  std::string model = text_of(info.at("model"));
  model = model.substr(model.rfind('/') + 1);
  std::string out = "  " +
                    style.dim(model + ", " + count_text(info.at("parameters")) + " weights " +
                              bytes_note(**found) + "; " + counted(info.at("prompts"), "prompt") +
                              " of " + counted(info.at("prompt_tokens"), "token") + ", " +
                              count_text(info.at("generated")) + " generated") +
                    "\n";
  const std::string profile = profile_line(info.at("profile"));
  if (!profile.empty()) out += "  " + style.dim(profile) + "\n";
  constexpr std::size_t kShown = 3;
  for (std::size_t i = 0; i < std::min(kShown, info.at("answers").size()); ++i) {
    out += "  " + answer_line(info.at("answers").at(i), style) + "\n";
  }
  return out;
}

}  // namespace console
