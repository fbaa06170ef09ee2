#include "common/interop/interop.hpp"

#include <algorithm>
#include <array>

namespace interop {
namespace {

constexpr std::array<Unit, 8> kUnits = {{
    {"ns", 1, 0, ""},
    {"us", 1e3, 0, ""},
    {"ms", 1e6, 0, ""},
    {"s", 1e9, 0, ""},
    {"tokens/s", 0, 1, "tokens"},
    {"items/s", 0, 1, "items"},
    {"bytes/s", 0, 1, "bytes"},
    {"GB/s", 0, 1e9, "bytes"},
}};

constexpr std::array<Format, 5> kFormats = {{
    {"google-benchmark", google_benchmark::is_one, google_benchmark::read},
    {"llama-bench", llama_bench::is_one, llama_bench::read},
    {"hyperfine", hyperfine::is_one, hyperfine::read},
    {"bencher", bencher::is_one, bencher::read},
    {"github-action-benchmark", github_action::is_one, github_action::read},
}};

}  // namespace

std::span<const Unit> units() { return kUnits; }

const Unit* find_unit(std::string_view name) {
  const auto* found = std::find_if(kUnits.begin(), kUnits.end(),
                                   [&](const Unit& unit) { return unit.name == name; });
  return found == kUnits.end() ? nullptr : found;
}

void add_value(Measured& measured, const Unit& unit, double value) {
  measured.amount = unit.amount;
  measured.unit = unit.of;
  measured.times_ns.push_back(unit.ns > 0 ? value * unit.ns : 1e9 / value);
}

Measured* find_measured(std::vector<Measured>& all, std::string_view name) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Measured& one) { return one.name == name; });
  return found == all.end() ? nullptr : &*found;
}

Measured& of_name(std::vector<Measured>& all, const std::string& name) {
  if (Measured* found = find_measured(all, name)) return *found;
  return all.emplace_back(Measured{name, {}, 0, "", ""});
}

std::span<const Format> formats() { return kFormats; }

const Format* find_format(std::string_view name) {
  const auto* found = std::find_if(kFormats.begin(), kFormats.end(),
                                   [&](const Format& format) { return format.name == name; });
  return found == kFormats.end() ? nullptr : found;
}

const Format* recognized(const Json& document) {
  const auto* found = std::find_if(kFormats.begin(), kFormats.end(),
                                   [&](const Format& format) { return format.is_one(document); });
  return found == kFormats.end() ? nullptr : found;
}

Json parsed(std::string_view text) {
  Json document = Json::parse(text, nullptr, false);
  if (!document.is_discarded()) return document;
  Json lines = Json::array();
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    Json one = Json::parse(line, nullptr, false);
    if (!one.is_object()) return document;
    lines.push_back(std::move(one));
  }
  return lines.empty() ? document : lines;
}

}  // namespace interop
