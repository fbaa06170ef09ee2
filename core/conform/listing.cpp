#include "conform/listing.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/version.hpp"

namespace bitgate::conform {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<Status, 5> kStatuses = {Status::kPass, Status::kSkip, Status::kWarn,
                                             Status::kFail, Status::kCrash};

std::size_t count(std::span<const Result> results, Status status) {
  return static_cast<std::size_t>(std::count_if(
      results.begin(), results.end(), [&](const Result& one) { return one.status == status; }));
}

std::string name_of(const Result& result) {
  return result.device.empty() ? result.check : fmt::format("{}@{}", result.check, result.device);
}

/// Text that can't take over a terminal: control characters as \xNN, line ends kept.
std::string printable(std::string_view text) {
  std::string out;
  for (const char c : to_utf8(text)) {
    const auto byte = static_cast<unsigned char>(c);
    const bool control = (byte < 0x20 && c != '\n') || byte == 0x7F;
    out += control ? fmt::format("\\x{:02x}", byte) : std::string(1, c);
  }
  return out;
}

std::string repro_line(const Finding& finding) { return "bitgate repro " + finding.token; }

/// For XML 1.0, which has no control characters beside tab, line feed and carriage return.
std::string xml(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\n':
        out += "&#10;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

/// All that was found out, with the commands and the plugin's last words.
std::string details(const Result& result) {
  std::string out;
  for (const Finding& finding : result.findings) {
    out += fmt::format("{}{}: {}", out.empty() ? "" : "\n", word(finding.status), finding.text);
    if (!finding.token.empty()) out += "\n" + repro_line(finding);
  }
  if (!result.output.empty()) out += "\noutput:\n" + result.output;
  return out;
}

std::string test_case(const Result& result) {
  std::string out = fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"{:.3f}\"",
                                xml(result.plugin), xml(name_of(result)), result.seconds);
  if (result.status == Status::kPass) return out + "/>\n";
  const std::string message = xml(result.findings.front().text);
  const std::string body = xml(details(result));
  switch (result.status) {
    case Status::kSkip:
      return out + fmt::format("><skipped message=\"{}\"/></testcase>\n", message);
    case Status::kWarn:
      return out + fmt::format("><system-out>{}</system-out></testcase>\n", body);
    case Status::kCrash:
      return out + fmt::format("><error message=\"{}\">{}</error></testcase>\n", message, body);
    default:
      return out + fmt::format("><failure message=\"{}\">{}</failure></testcase>\n", message, body);
  }
}

/// Those that put the plugin to use.
std::vector<Result> in_use(std::span<const Result> results) {
  std::vector<Result> out;
  std::copy_if(results.begin(), results.end(), std::back_inserter(out), [](const Result& one) {
    return one.subject == Subject::kDevice || one.subject == Subject::kReporter;
  });
  return out;
}

std::map<std::string, std::vector<Result>> by_device(std::span<const Result> results) {
  std::map<std::string, std::vector<Result>> out;
  for (const Result& result : results) {
    if (!result.device.empty()) out[result.device].push_back(result);
  }
  return out;
}

std::string in_words(std::span<const Result> results) {
  switch (conformance(results)) {
    case Conformance::kConforms:
      return "conforms";
    case Conformance::kBreaksRules:
      return "does not conform";
    case Conformance::kNothingChecked:
      break;
  }
  return "nothing could be checked: " + printable(why_nothing(results));
}

}  // namespace

std::string text_of(const Result& result) {
  std::string out = fmt::format("{:<5}  {}\n", word(result.status), name_of(result));
  constexpr std::size_t kShown = 3;
  for (std::size_t i = 0; i < result.findings.size() && i < kShown; ++i) {
    const Finding& finding = result.findings[i];
    out += fmt::format("       {}\n", printable(finding.text));
    if (!finding.token.empty()) out += fmt::format("       {}\n", repro_line(finding));
  }
  if (result.findings.size() > kShown) {
    out += fmt::format("       and {} more of the kind\n", result.findings.size() - kShown);
  }
  if (!result.output.empty()) {
    const std::string words = printable(result.output);
    const std::size_t last = words.find_last_not_of('\n');
    const std::size_t line = last == std::string::npos ? last : words.rfind('\n', last);
    const std::size_t first = line == std::string::npos ? 0 : line + 1;
    if (last != std::string::npos) {
      out += fmt::format("       it printed: {}\n", words.substr(first, last + 1 - first));
    }
  }
  return out;
}

std::string summary(const std::string& plugin, std::span<const Result> results) {
  std::string counts;
  for (const Status status : kStatuses) {
    const std::size_t number = count(results, status);
    if (number > 0)
      counts += fmt::format("{}{} {}", counts.empty() ? "" : ", ", number, word(status));
  }
  std::string out =
      fmt::format("{}: {}: {}\n", plugin, counts.empty() ? "no check" : counts, in_words(results));
  if (conformance(results) == Conformance::kNothingChecked) return out;
  for (const auto& [device, list] : by_device(results)) {
    if (conformance(list) != Conformance::kNothingChecked) continue;
    out += fmt::format("{}: {}\n", printable(device), in_words(list));
  }
  return out;
}

Conformance conformance(std::span<const Result> results) {
  if (count(results, Status::kFail) + count(results, Status::kCrash) > 0) {
    return Conformance::kBreaksRules;
  }
  const auto all_skipped = [](const auto& list) {
    return std::all_of(list.begin(), list.end(),
                       [](const Result& one) { return one.status == Status::kSkip; });
  };
  const std::vector<Result> uses = in_use(results);
  const bool nothing = all_skipped(results) || (!uses.empty() && all_skipped(uses));
  return nothing ? Conformance::kNothingChecked : Conformance::kConforms;
}

std::string why_nothing(std::span<const Result> results) {
  const std::vector<Result> uses = in_use(results);
  const auto first = [](const auto& list) {
    return list.empty() || list.front().findings.empty() ? std::string()
                                                         : list.front().findings.front().text;
  };
  const std::string why = uses.empty() ? first(results) : first(uses);
  return why.empty() ? "no check is about this kind of plugin" : why;
}

std::string list_of(std::span<const Check> checks) {
  std::size_t width = 0;
  for (const Check& check : checks) width = std::max(width, check.name.size());
  std::string out;
  for (const Check& check : checks) {
    out += fmt::format("{:<{}}  {}\n", check.name, width, check.proves);
  }
  return out;
}

Json to_json(const Setting& setting, std::span<const Result> results) {
  Json counts = Json::object();
  for (const Status status : kStatuses) counts[std::string(word(status))] = count(results, status);
  Json list = Json::array();
  for (const Result& result : results) {
    Json findings = Json::array();
    for (const Finding& finding : result.findings) {
      findings.push_back(
          {{"status", word(finding.status)},
           {"text", to_utf8(finding.text)},
           {"repro", finding.token.empty() ? Json(nullptr) : Json(repro_line(finding))}});
    }
    list.push_back(
        {{"check", result.check},
         {"device", result.device.empty() ? Json(nullptr) : Json(to_utf8(result.device))},
         {"status", word(result.status)},
         {"seconds", result.seconds},
         {"findings", std::move(findings)},
         {"output", to_utf8(result.output)}});
  }
  return {{"schema", "bitgate.check/1"},
          {"tool", tool_version()},
          {"plugin",
           {{"id", setting.plugin.identity.id},
            {"kind", setting.plugin.identity.kind},
            {"version", to_utf8(setting.plugin.identity.version)},
            {"path", to_utf8(setting.plugin.path.string())},
            {"sha256", setting.plugin.sha256}}},
          {"options", Json::parse(setting.options.dump())},
          {"seed", setting.seed},
          {"conforms", conformance(results) == Conformance::kConforms},
          {"reason", conformance(results) == Conformance::kNothingChecked
                         ? Json(to_utf8(why_nothing(results)))
                         : Json(nullptr)},
          {"counts", std::move(counts)},
          {"results", std::move(list)}};
}

std::string junit(std::span<const Result> results) {
  std::map<std::string, std::vector<Result>> suites;
  for (const Result& result : results) suites[result.plugin].push_back(result);
  std::string out =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"bitgate plugin check\">\n";
  for (const auto& [plugin, list] : suites) {
    double seconds = 0;
    for (const Result& result : list) seconds += result.seconds;
    out += fmt::format(
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" "
        "time=\"{:.3f}\">\n",
        xml(plugin), list.size(), count(list, Status::kFail), count(list, Status::kCrash),
        count(list, Status::kSkip), seconds);
    for (const Result& result : list) out += test_case(result);
    out += "  </testsuite>\n";
  }
  return out + "</testsuites>\n";
}

}  // namespace bitgate::conform
