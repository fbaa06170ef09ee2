#include "trend.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "common/sparkline.hpp"
#include "text.hpp"
#include "values.hpp"

namespace console {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostPlot = 40;

std::string counted(std::size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

std::string amount(const Json& value, const Json& series) {
  return printable(bitgate::quantity_text(value.get<double>(), raw_text(series.at("unit"))));
}

class Trend {
 public:
  Trend(const Json& document, const Style& style) : document_(document), style_(style) {
    for (const Json& series : document.at("series")) {
      metric_width_ = std::max(metric_width_, width(text_of(series.at("metric"))));
      most_points_ = std::max(most_points_, series.at("points").size());
    }
  }

  std::string text() const {
    std::string out = style_.bold("trend of " + text_of(document_.at("folder"))) +
                      style_.separator() +
                      counted(document_.at("receipts").get<std::size_t>(), "receipt") + "\n";
    for (const Json& one : document_.at("skipped")) {
      out += style_.yellow("skipped " + text_of(one.at("file")) + ": " +
                           std::string(first_line(text_of(one.at("why"))))) +
             "\n";
    }
    std::string machine;
    std::string pipeline;
    std::string id;
    std::size_t found = 0;
    for (const Json& series : document_.at("series")) {
      const std::string of = text_of(series.at("machine"));
      if (of != machine || text_of(series.at("pipeline")) != pipeline) {
        machine = of;
        pipeline = text_of(series.at("pipeline"));
        id.clear();
        out += "\n" + style_.bold(pipeline) + style_.separator() +
               text_of(document_.at("machines").at(raw_text(series.at("machine")))) +
               style_.dim(" (" + machine + ")") + "\n";
      }
      if (text_of(series.at("case")) != id) {
        id = text_of(series.at("case"));
        out += "  " + cut_middle(id, style_.columns - 2, style_.unicode) + "\n";
      }
      out += row(series);
      found += series.at("changes").size();
    }
    return out + "\n" + conclusion(found);
  }

 private:
  std::string row(const Json& series) const {
    std::vector<double> values;
    for (const Json& point : series.at("points")) values.push_back(point.at("value").get<double>());
    const std::size_t room = std::min(kMostPlot, most_points_);
    std::string out = "    " + left(text_of(series.at("metric")), metric_width_) + "  " +
                      left(sparkline::text(values, room, style_.unicode), room) + "  " +
                      amount(series.at("points").back().at("value"), series) +
                      style_.dim(style_.separator() + counted(values.size(), "receipt")) + "\n";
    for (const Json& change : series.at("changes")) out += change_line(change, series);
    return out;
  }

  std::string change_line(const Json& change, const Json& series) const {
    const std::string which = text_of(change.at("which"));
    const Json& since = series.at("points").at(change.at("at").get<std::size_t>());
    std::string text = which;
    if (change.at("change").is_number()) {
      text += " by " + bitgate::fixed_text(std::abs(change["change"].get<double>()) * 100) + "%";
    }
    const std::string commit = bitgate::shortened(text_of(since.at("commit")), 13);
    text += " since " + text_of(since.at("started")) + " (" + text_of(since.at("file")) +
            (commit.empty() ? "" : ", commit " + commit) +
            "): " + amount(change.at("before"), series) + " to " +
            amount(change.at("after"), series);
    return "      " + (which == "worse" ? style_.red(text) : style_.green(text)) + "\n";
  }

  std::string conclusion(std::size_t found) const {
    const std::size_t series = document_.at("series").size();
    if (series == 0) return "no receipt here has a measured metric of a gate\n";
    std::string out = counted(found, "change") + " in " + std::to_string(series) + " series";
    if (found > 0) {
      out += "; of what is found, at most " +
             bitgate::fixed_text(document_.at("false_changes").get<double>() * 100) +
             "% is expected to be chance";
    }
    return out + "\nadvice only: a number of another hour decides nothing\n";
  }

  const Json& document_;
  const Style& style_;
  std::size_t metric_width_ = 0;
  std::size_t most_points_ = 0;
};

}  // namespace

std::string trend(const Json& document, const Style& style) {
  return Trend(document, style).text();
}

}  // namespace console
