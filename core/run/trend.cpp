#include "run/trend.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "base/version.hpp"
#include "gate/reading.hpp"
#include "measure/statistics.hpp"
#include "receipt/json.hpp"
#include "receipt/read.hpp"
#include "run/baseline.hpp"

namespace bitgate {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 30;
constexpr std::uint64_t kSeed = 1;
constexpr std::size_t kFewestPermutations = 9999;

/// What identifies a series, in the order in which they are listed.
using Key = std::tuple<std::string, std::string, std::string, std::string>;

std::vector<fs::path> json_files(const fs::path& folder) {
  std::vector<fs::path> out;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".json") out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

/// The receipt in a file, which may be a baseline's. Throws BadReceipt, std::system_error.
Json document_in(const fs::path& path) {
  const std::string text = read_file(path, kMostBytes);
  const Json whole = parse_document(text);
  const bool is_baseline = whole.is_object() && whole.value("schema", Json()) == kBaselineSchema &&
                           whole.contains("receipt");
  const Json document = parse_receipt(is_baseline ? whole["receipt"].dump() : text);
  if (document.value("digest", Json()) != digest_of(document)) {
    throw BadReceipt("was changed: its digest is of another content");
  }
  return document;
}

/// Empty if it is not known.
std::string fact(const Environment& environment, std::string_view name) {
  for (const auto& [key, value] : environment.facts) {
    if (key == name) return value;
  }
  return "";
}

std::string describe(const Environment& environment) {
  std::string out;
  for (const std::string_view name : {"cpu.model", "cpu.cores", "kernel", "build.compiler"}) {
    const std::string value = fact(environment, name);
    if (value.empty()) continue;
    out += (out.empty() ? "" : ", ") + value + (name == "cpu.cores" ? " cores" : "");
  }
  return out;
}

class Folder {
 public:
  explicit Folder(const fs::path& folder) : root_(folder) { trend_.folder = folder.string(); }

  Trend read() {
    for (const fs::path& path : json_files(root_)) {
      const std::string name = path.lexically_relative(root_).string();
      try {
        take(name, document_in(path));
      } catch (const BadReceipt& error) {
        skip(name, error.what());
      } catch (const std::system_error& error) {
        skip(name, "can't be read: " + error.code().message());
      }
    }
    for (auto& [key, series] : series_) {
      std::stable_sort(
          series.points.begin(), series.points.end(),
          [](const TrendPoint& a, const TrendPoint& b) { return a.started < b.started; });
      trend_.series.push_back(std::move(series));
    }
    find_changes();
    return std::move(trend_);
  }

 private:
  void skip(const std::string& file, std::string why) {
    trend_.skipped.push_back({file, std::move(why)});
  }

  void take(const std::string& file, const Json& document) {
    const Receipt receipt = receipt_of(document);
    const auto [known, is_new] = digests_.emplace(document["digest"].get<std::string>(), file);
    if (!is_new) return skip(file, "is the same receipt as " + known->second);
    ++trend_.receipts;
    std::set<std::string> metrics;
    for (const GateResult& gate : receipt.gates) metrics.insert(gate.metric);
    for (const CaseResult& result : receipt.cases) {
      if (result.status != CaseStatus::kMeasured) continue;
      const Environment& environment = environment_of(receipt, result);
      const std::string machine = fingerprint_of(environment);
      trend_.machines.emplace(machine, describe(environment));
      for (const std::string& metric : metrics) {
        const auto value = shown_value(metric, result);
        if (!value) continue;
        TrendSeries& series = series_[{machine, receipt.pipeline.name, result.id, metric}];
        series.pipeline = receipt.pipeline.name;
        series.machine = machine;
        series.id = result.id;
        series.metric = metric;
        series.unit = result.metrics.at(metric).unit;
        series.direction = result.metrics.at(metric).direction;
        series.points.push_back({file, receipt.started, fact(environment, "git.commit"), *value});
      }
    }
  }

  /// Of the machine that the case ran on.
  static const Environment& environment_of(const Receipt& receipt, const CaseResult& result) {
    for (const Machine& machine : receipt.machines) {
      const std::pair<std::string, std::string> axis("machine", machine.name);
      if (std::find(result.axes.begin(), result.axes.end(), axis) != result.axes.end()) {
        return machine.environment;
      }
    }
    return receipt.environment;
  }

  void find_changes() {
    // So many that one series among all can be believed.
    const std::size_t permutations = std::max(
        kFewestPermutations,
        static_cast<std::size_t>(2 * static_cast<double>(trend_.series.size()) / kFalseChanges));
    std::vector<std::vector<double>> values;
    std::vector<double> chances;
    for (const TrendSeries& series : trend_.series) {
      std::vector<double>& of_one = values.emplace_back();
      for (const TrendPoint& point : series.points) of_one.push_back(point.value);
      chances.push_back(clearest_change(of_one, permutations, kSeed).chance);
    }
    const double level = believed_level(chances, kFalseChanges);
    for (std::size_t i = 0; i < values.size(); ++i) {
      trend_.series[i].changes = changes(values[i], level, permutations, kSeed);
    }
  }

  fs::path root_;
  Trend trend_;
  std::map<std::string, std::string> digests_;  ///< -> file
  std::map<Key, TrendSeries> series_;
};

/// The median of each level, first to last.
std::vector<double> levels_of(const TrendSeries& series) {
  std::vector<double> values;
  for (const TrendPoint& point : series.points) values.push_back(point.value);
  std::vector<double> out;
  std::size_t from = 0;
  for (std::size_t i = 0; i <= series.changes.size(); ++i) {
    const std::size_t to = i < series.changes.size() ? series.changes[i].at : values.size();
    out.push_back(median(std::span(values).subspan(from, to - from)));
    from = to;
  }
  return out;
}

Json to_json(const TrendSeries& series) {
  Json points = Json::array();
  for (const TrendPoint& point : series.points) {
    points.push_back(
        {{"file", to_utf8(point.file)},
         {"started", to_utf8(point.started)},
         {"commit", point.commit.empty() ? Json(nullptr) : Json(to_utf8(point.commit))},
         {"value", point.value}});
  }
  const std::vector<double> levels = levels_of(series);
  Json found = Json::array();
  for (std::size_t i = 0; i < series.changes.size(); ++i) {
    const bool up = levels[i + 1] > levels[i];
    const bool same = levels[i + 1] == levels[i];
    const char* which = up == (series.direction == Direction::kHigher) ? "better" : "worse";
    const Json change = levels[i] == 0 ? Json(nullptr) : Json(levels[i + 1] / levels[i] - 1);
    found.push_back({{"at", series.changes[i].at},
                     {"before", levels[i]},
                     {"after", levels[i + 1]},
                     {"change", change},
                     {"which", same ? "same" : which},
                     {"chance", series.changes[i].chance}});
  }
  return {{"pipeline", to_utf8(series.pipeline)},
          {"machine", series.machine},
          {"case", to_utf8(series.id)},
          {"metric", series.metric},
          {"unit", series.unit},
          {"direction", word(series.direction)},
          {"points", std::move(points)},
          {"changes", std::move(found)}};
}

}  // namespace

Trend read_trend(const fs::path& folder) { return Folder(folder).read(); }

Json to_json(const Trend& trend) {
  Json skipped = Json::array();
  for (const Trend::Skipped& one : trend.skipped) {
    skipped.push_back({{"file", to_utf8(one.file)}, {"why", to_utf8(one.why)}});
  }
  Json machines = Json::object();
  for (const auto& [fingerprint, what] : trend.machines) machines[fingerprint] = to_utf8(what);
  Json series = Json::array();
  for (const TrendSeries& one : trend.series) series.push_back(to_json(one));
  return {{"schema", kTrendSchema},
          {"tool", {{"version", tool_version()}, {"git", tool_git()}}},
          {"folder", to_utf8(trend.folder)},
          {"receipts", trend.receipts},
          {"skipped", std::move(skipped)},
          {"false_changes", kFalseChanges},
          {"seed", kSeed},
          {"machines", std::move(machines)},
          {"series", std::move(series)}};
}

}  // namespace bitgate
