#include "run/baseline.hpp"

#include <bitgate/atomic_file.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/sha256.hpp"
#include "gate/evidence.hpp"
#include "gate/reading.hpp"
#include "run/verify.hpp"

namespace bitgate {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 30;

/// What a machine is, whatever it does just now.
constexpr std::array<std::string_view, 11> kLasting = {
    "cpu.model",      "cpu.isa", "cpu.cores", "cpu.quota",      "cpu.smt",   "memory.total",
    "virtualisation", "kernel",  "os",        "build.compiler", "build.type"};

bool is_commit(const std::string& text) {
  return text.size() == 40 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

/// The receipt, if it may be a baseline.
Receipt checked(const Json& document, const std::string& commit) {
  if (!is_commit(commit)) {
    throw BadBaseline(
        fmt::format("the commit '{}' is not 40 hex digits; a baseline is of one", commit));
  }
  try {
    const Verification verification = verify(document);
    if (!verification.differences.empty()) {
      throw BadBaseline("the receipt is not verified: " + verification.differences.front());
    }
    Receipt receipt = receipt_of(document);
    if (receipt.verdict.status != VerdictStatus::kPass) {
      throw BadBaseline("the verdict of the receipt is not pass: " + receipt.verdict.reason.text());
    }
    return receipt;
  } catch (const BadReceipt& error) {
    throw BadBaseline(std::string("the receipt ") + error.what());
  }
}

Baseline load(const fs::path& path) {
  const auto fail = [&](const std::string& why) {
    throw BadBaseline(fmt::format("{} is no baseline: {}", path.string(), why));
  };
  try {
    const Json document = parse_document(read_file(path, kMostBytes));
    if (!document.is_object() || document.value("schema", "") != kBaselineSchema) {
      fail(fmt::format("it does not say \"schema\": \"{}\"", kBaselineSchema));
    }
    Baseline out{path, document.at("commit").get<std::string>(), "", {}};
    // Through the reader of receipts, which bounds what it takes.
    out.receipt = checked(parse_receipt(document.at("receipt").dump()), out.commit);
    out.fingerprint = fingerprint_of(out.receipt.environment);
    return out;
  } catch (const Json::exception& error) {
    fail(error.what());
  } catch (const BadReceipt& error) {
    fail(std::string("its receipt ") + error.what());
  } catch (const std::system_error& error) {
    fail(error.code().message());
  } catch (const BadBaseline& error) {
    if (std::string_view(error.what()).starts_with(path.string())) throw;
    fail(error.what());
  }
  return {};
}

/// The measured cases by id; ids that `order` lacks are put behind it.
std::map<std::string, const CaseResult*> measured_of(const Receipt& receipt,
                                                     std::set<std::string>& seen,
                                                     std::vector<std::string>& order) {
  std::map<std::string, const CaseResult*> cases;
  for (const CaseResult& result : receipt.cases) {
    if (standing_of(result).status != CaseStatus::kMeasured) continue;
    cases[result.id] = &result;
    if (seen.insert(result.id).second) order.push_back(result.id);
  }
  return cases;
}

}  // namespace

std::string fingerprint_of(const Environment& environment) {
  std::string text;
  for (const std::string_view name : kLasting) {
    const auto fact = std::find_if(environment.facts.begin(), environment.facts.end(),
                                   [&](const auto& known) { return known.first == name; });
    text += fmt::format("{}={}\n", name, fact == environment.facts.end() ? "" : fact->second);
  }
  return sha256(text).substr(0, 12);
}

fs::path baseline_path(const fs::path& directory, const Receipt& receipt) {
  return directory /
         fmt::format("{}-{}.json", receipt.pipeline.name, fingerprint_of(receipt.environment));
}

Baseline save_baseline(const fs::path& directory, const Json& document, const std::string& commit) {
  Baseline out{{}, commit, "", checked(document, commit)};
  out.fingerprint = fingerprint_of(out.receipt.environment);
  out.path = baseline_path(directory, out.receipt);
  fs::create_directories(directory);
  const Json stored = {{"schema", kBaselineSchema}, {"commit", commit}, {"receipt", document}};
  write_file_atomically(out.path, stored.dump(1) + "\n");
  return out;
}

std::optional<Baseline> find_baseline(const fs::path& directory, const Receipt& receipt) {
  const fs::path path = baseline_path(directory, receipt);
  std::error_code error;
  if (!fs::exists(path, error)) return std::nullopt;
  return load(path);
}

std::vector<Baseline> baselines_in(const fs::path& directory) {
  std::vector<fs::path> paths;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    if (entry.path().extension() == ".json") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<Baseline> out;
  out.reserve(paths.size());
  for (const fs::path& path : paths) out.push_back(load(path));
  return out;
}

std::vector<Movement> movements(const Receipt& before, const Receipt& now) {
  std::set<std::string> metrics;
  for (const Receipt* receipt : {&before, &now}) {
    for (const GateResult& gate : receipt->gates) metrics.insert(gate.metric);
  }
  std::set<std::string> seen;
  std::vector<std::string> order;
  const auto then = measured_of(before, seen, order);
  const auto today = measured_of(now, seen, order);
  const auto value = [](const auto& cases, const std::string& id, const std::string& metric) {
    const auto found = cases.find(id);
    return found == cases.end() ? std::nullopt : shown_value(metric, *found->second);
  };
  std::vector<Movement> out;
  for (const std::string& id : order) {
    for (const std::string& name : metrics) {
      Movement one{id, name, "", Direction::kLower, value(then, id, name), value(today, id, name)};
      if (!one.before && !one.now) continue;
      const CaseResult& known = *(one.now ? today : then).at(id);
      one.unit = known.metrics.at(name).unit;
      one.direction = known.metrics.at(name).direction;
      out.push_back(std::move(one));
    }
  }
  return out;
}

}  // namespace bitgate
