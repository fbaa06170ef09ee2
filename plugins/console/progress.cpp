#include "progress.hpp"

#include "text.hpp"

namespace console {
namespace {

constexpr std::size_t kBar = 20;
constexpr const char* kEraseLine = "\r\x1b[2K";

}  // namespace

std::string Progress::event(const nlohmann::json& event) {
  const std::string kind = event.at("event");
  if (kind == "message") {
    return clear() + printable(event.at("text").get<std::string>()) + "\n";
  }
  if (terminal_ && kind == "case-started") {
    shown_ = true;
    return kEraseLine + live_line(event);
  }
  if (terminal_ && kind == "comparison-started") {
    shown_ = true;
    nlohmann::json line = event;
    line["id"] = event.at("candidate").get<std::string>() + " against " +
                 event.at("baseline").get<std::string>();
    line["left_s"] = nullptr;
    return kEraseLine + live_line(line);
  }
  return !terminal_ && kind == "case-finished" ? plain_line(event) : "";
}

std::string Progress::clear() {
  if (!shown_) return "";
  shown_ = false;
  return kEraseLine;
}

std::string Progress::live_line(const nlohmann::json& event) const {
  const double index = event.at("index");
  const double total = event.at("total");
  std::string head = style_.bar(index / total, kBar) + " " + number_text(index + 1) + "/" +
                     number_text(total) + " ";
  std::string tail;
  if (event.at("left_s").is_number()) tail = "  ~" + duration_text(event.at("left_s")) + " left";
  const std::size_t used = width(head) + width(tail) + 1;
  const std::size_t room = style_.columns > used + 10 ? style_.columns - used : 10;
  return head + cut_middle(printable(event.at("id").get<std::string>()), room, style_.unicode) +
         tail;
}

std::string Progress::plain_line(const nlohmann::json& event) const {
  const nlohmann::json& result = event.at("case");
  std::string line = "[" + number_text(event.at("index").get<double>() + 1) + "/" +
                     number_text(event.at("total")) + "] " +
                     printable(result.at("id").get<std::string>()) + "  ";
  const auto time = result.at("metrics").find("compute.time");
  if (time != result.at("metrics").end() && time->at("value").is_number()) {
    line += time_text(time->at("value"), style_.unicode);
  } else {
    const nlohmann::json& why = result.at("reason");
    const std::string text =
        with_reason(result.at("status").get<std::string>(),
                    first_line(why.is_string() ? why.get<std::string>() : std::string()));
    line += cut(printable(text), 160, style_.unicode);
  }
  return line + "\n";
}

}  // namespace console
