#include "subject.hpp"

#include <bitgate/report_text.hpp>
#include <bitgate/reporter.hpp>

#include <algorithm>
#include <charconv>
#include <cstdlib>

namespace github {
namespace {

using nlohmann::json;

constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kDigits = "0123456789";

[[noreturn]] void fail(const std::string& message) {
  throw bitgate::Error(BG_INVALID_ARGUMENT, "github: " + message);
}

bool is_name(std::string_view text) {
  const std::string allowed = std::string(kLetters) + std::string(kDigits) + "-_.";
  return !text.empty() && text != "." && text != ".." &&
         text.find_first_not_of(allowed) == std::string_view::npos;
}

bool is_repository(std::string_view text) {
  const std::size_t slash = text.find('/');
  return slash != std::string_view::npos && is_name(text.substr(0, slash)) &&
         is_name(text.substr(slash + 1));
}

bool is_commit(std::string_view text) {
  return (text.size() == 40 || text.size() == 64) &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end.ec != std::errc() || end.ptr != text.data() + text.size() || value == 0) {
    return std::nullopt;
  }
  return value;
}

/// Why a fact is not known, in brackets; empty if nobody says.
std::string why_unknown(const nlohmann::ordered_json& context, const char* name) {
  const std::string reason = part_of_fact(context, name, "reason");
  return reason.empty() ? "" : " (" + bitgate::printable(reason) + ")";
}

}  // namespace

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::optional<std::uint64_t> number_of(const json& option) {
  return whole_number(option.is_string() ? option.get<std::string>() : option.dump());
}

std::string part_of_fact(const nlohmann::ordered_json& context, const char* name,
                         const char* part) {
  const auto fact = context.is_object() ? context.find(name) : context.end();
  if (!context.is_object() || fact == context.end() || !fact->is_object()) return "";
  const auto found = fact->find(part);
  return found != fact->end() && found->is_string() ? found->get<std::string>() : "";
}

std::string fact_of(const nlohmann::ordered_json& context, const char* name) {
  return part_of_fact(context, name, "value");
}

Subject subject_of(const json& options, const nlohmann::ordered_json& context) {
  Subject subject;
  subject.repository = options.value("repository", fact_of(context, "repository"));
  if (subject.repository.empty()) {
    fail("the repository is not known" + why_unknown(context, "repository") +
         ": write repository: owner/name");
  }
  if (!is_repository(subject.repository)) fail("option repository must be owner/name");
  subject.commit = options.value("commit", fact_of(context, "commit"));
  if (subject.commit.empty()) {
    fail("the commit is not known" + why_unknown(context, "commit") +
         ": write commit: with its whole sha");
  }
  if (!is_commit(subject.commit))
    fail("option commit must be a whole sha of 40 digits in lower case");
  subject.pull_request = options.contains("pull_request")
                             ? number_of(options.at("pull_request"))
                             : whole_number(fact_of(context, "pull_request"));
  const std::string server = environment("GITHUB_SERVER_URL");
  const std::string run = environment("GITHUB_RUN_ID");
  if (server.starts_with("https://") && whole_number(run)) {
    subject.run_url = server + "/" + subject.repository + "/actions/runs/" + run;
  }
  return subject;
}

void require_subject(const nlohmann::ordered_json& receipt, const nlohmann::ordered_json& context,
                     const Subject& subject) {
  const nlohmann::ordered_json own = receipt.value("context", nlohmann::ordered_json::object());
  const auto require = [&](const char* fact, const char* name, const std::string& wanted) {
    const std::string said = fact_of(own, fact);
    if (said.empty() || wanted.empty() || said == wanted || said == fact_of(context, fact)) return;
    fail("the receipt is about the " + std::string(name) + " " + bitgate::printable(said) +
         ", and this is " + wanted + ": nothing is published");
  };
  require("commit", "commit", subject.commit);
  require("pull_request", "pull request",
          subject.pull_request ? std::to_string(*subject.pull_request) : "");
}

}  // namespace github
