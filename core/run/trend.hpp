// How numbers moved over the receipts of a folder: for advice, as any number of another hour.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "measure/change_points.hpp"
#include "receipt/receipt.hpp"

namespace bitgate {

inline constexpr const char* kTrendSchema = "bitgate.trend/1";

/// One number of a series, and the receipt that it is from.
struct TrendPoint {
  std::string file;     ///< below the folder
  std::string started;  ///< RFC 3339
  std::string commit;   ///< of what was measured; empty: unknown
  double value = 0;
};

/// One metric of one case of one pipeline on one kind of machine, in the order of time. Machines
/// that differ in what lasts (fingerprint_of) are never in one series.
struct TrendSeries {
  std::string pipeline;
  std::string machine;  ///< fingerprint
  std::string id;       ///< of the case
  std::string metric;
  std::string unit;
  Direction direction = Direction::kLower;
  std::vector<TrendPoint> points;
  std::vector<Change> changes;
};

struct Trend {
  struct Skipped {
    std::string file;
    std::string why;
  };

  std::string folder;
  std::size_t receipts = 0;  ///< that were read
  std::vector<Skipped> skipped;
  std::map<std::string, std::string> machines;  ///< fingerprint -> what it is, for people
  std::vector<TrendSeries> series;              ///< by machine, pipeline, case and metric
};

/// Share of the changes found that may be false, over all series of a folder.
inline constexpr double kFalseChanges = 0.05;

/// All receipts and baselines below a folder, which are its .json files: those that are none, are
/// not whole, do not fit their digest or were there already are skipped, each with its reason. The
/// series are of the metrics of the receipts' gates, in cases that were measured. Changes are
/// searched for with a fixed seed: the same folder gives the same ones. Throws std::system_error if
/// the folder can't be read.
Trend read_trend(const std::filesystem::path& folder);

/// What reporters get, see docs/write-a-reporter.md.
nlohmann::ordered_json to_json(const Trend& trend);

}  // namespace bitgate
