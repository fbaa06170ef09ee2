#include "context.hpp"

#include <algorithm>
#include <cctype>

#include "markdown/escape.hpp"

namespace github {
namespace {

constexpr std::size_t kCommitDigits = 12;
constexpr std::size_t kMostValue = 60;

}  // namespace

std::string context_line(const Json& context, const Subject& subject) {
  std::string out = "commit " + markdown::code(subject.commit.substr(0, kCommitDigits));
  const auto add = [&](const char* words, const char* name, const std::string& value) {
    out += ", " + std::string(words) + " ";
    if (value.empty()) {
      out += "not known";
      return;
    }
    out += markdown::cell(value, kMostValue);
    const std::string source =
        fact_of(context, name) == value ? part_of_fact(context, name, "source") : "option";
    if (!source.empty()) out += " (" + markdown::cell(source, kMostValue) + ")";
  };
  if (subject.pull_request)
    add("pull request", "pull_request", std::to_string(*subject.pull_request));
  add("branch", "branch", fact_of(context, "branch"));
  add("issue", "issue", fact_of(context, "issue"));
  return out;
}

std::string issue_in_ledger(std::string_view comment) {
  constexpr std::string_view kWord = "issue:";
  std::string found;
  while (!comment.empty()) {
    const std::size_t end = std::min(comment.find('\n'), comment.size() - 1) + 1;
    std::string line;  // without emphasis and spaces, in lower case
    for (const char c : comment.substr(0, end)) {
      if (c == '*' || c == ' ' || c == '\r' || c == '\n') continue;
      line += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    comment.remove_prefix(end);
    if (!line.starts_with(kWord) || line.size() == kWord.size() || line[kWord.size()] != '#')
      continue;
    const std::string number = line.substr(kWord.size() + 1);
    if (!number_of(nlohmann::json(number))) continue;
    if (!found.empty() && found != number) return "";
    found = number;
  }
  return found;
}

}  // namespace github
