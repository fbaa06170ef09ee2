#include "trend.hpp"

#include <bitgate/report_text.hpp>

#include <cmath>
#include <vector>

#include "common/sparkline.hpp"
#include "document.hpp"
#include "escape.hpp"
#include "table.hpp"

namespace markdown {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostPlot = 40;
constexpr std::size_t kMostSkipped = 20;
constexpr const char* kHolder = "the trend as JSON";

std::string text_of(const Json& value) { return value.is_string() ? value.get<std::string>() : ""; }

std::string amount(const Json& value, const Json& series) {
  return prose(bitgate::quantity_text(value.get<double>(), text_of(series.at("unit"))));
}

/// Every change with the series that it is of.
Json changes_of(const Json& document) {
  Json out = Json::array();
  for (const Json& series : document.at("series")) {
    for (const Json& change : series.at("changes")) {
      out.push_back({{"series", series}, {"change", change}});
    }
  }
  return out;
}

std::string change_row(const Json& item) {
  const Json& series = item.at("series");
  const Json& change = item.at("change");
  const Json& since = series.at("points").at(change.at("at").get<std::size_t>());
  std::string which = text_of(change.at("which"));
  if (change.at("change").is_number()) {
    which += " by " + bitgate::fixed_text(std::abs(change["change"].get<double>()) * 100) + "%";
  }
  return "| " + code(text_of(series.at("case"))) + " | " + code(text_of(series.at("metric"))) +
         " | " + which + " | " + amount(change.at("before"), series) + " | " +
         amount(change.at("after"), series) + " | " + prose(text_of(since.at("started"))) + " | " +
         code(text_of(since.at("file"))) + " | " + prose(text_of(since.at("commit")), 13) + " |\n";
}

std::string series_row(const Json& series) {
  std::vector<double> values;
  for (const Json& point : series.at("points")) values.push_back(point.at("value").get<double>());
  return "| " + code(text_of(series.at("machine"))) + " | " + code(text_of(series.at("case"))) +
         " | " + code(text_of(series.at("metric"))) + " | " +
         sparkline::text(values, kMostPlot, true) + " | " +
         amount(series.at("points").back().at("value"), series) + " | " +
         std::to_string(values.size()) + " |\n";
}

std::string skipped(const Json& document) {
  const Json& all = document.at("skipped");
  std::string out;
  for (std::size_t i = 0; i < all.size() && i < kMostSkipped; ++i) {
    out += "- skipped " + code(text_of(all[i].at("file"))) + ": " +
           prose(text_of(all[i].at("why"))) + "\n";
  }
  if (all.size() > kMostSkipped) {
    out += "- and " + counted(all.size() - kMostSkipped, "more file") + "\n";
  }
  return out.empty() ? "" : out + "\n";
}

std::string machines(const Json& document) {
  std::string out;
  for (const auto& [fingerprint, what] : document.at("machines").items()) {
    if (out.size() > kMargin * 20) break;
    out += "- " + code(fingerprint) + ": " + prose(text_of(what)) + "\n";
  }
  return out.empty() ? "" : out + "\n";
}

}  // namespace

std::string trend(const Json& document) {
  const Json& series = document.at("series");
  const Json changes = changes_of(document);
  std::string out = "## Trend of " + prose(text_of(document.at("folder"))) + "\n\n" +
                    counted(changes.size(), "change") + " in " + std::to_string(series.size()) +
                    " series of " + counted(document.at("receipts").get<std::size_t>(), "receipt") +
                    ". Advice only: a number of another hour decides nothing.\n\n";
  out += skipped(document) + machines(document);
  if (!changes.empty()) {
    out += table(
        "| Case | Metric | Change | Before | After | Since | Receipt | Commit |\n"
        "| ---- | ------ | ------ | -----: | ----: | ----- | ------- | ------ |\n",
        changes, "change", kMostBytes / 2, change_row, kHolder);
    out += "\n";
  }
  if (!series.empty()) {
    out += table(
        "| Machine | Case | Metric | Trend | Last | Receipts |\n"
        "| ------- | ---- | ------ | ----- | ---: | -------: |\n",
        series, "row", kMostBytes - out.size(), series_row, kHolder);
  }
  return out;
}

}  // namespace markdown
