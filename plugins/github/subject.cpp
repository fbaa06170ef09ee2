#include "subject.hpp"

#include <bitgate/reporter.hpp>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <iterator>

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

/// The event that started the workflow's run; nothing outside of GitHub Actions.
json event() {
  const std::string path = environment("GITHUB_EVENT_PATH");
  if (path.empty()) return json::object();
  std::ifstream in(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  json document = json::parse(text, nullptr, false);
  if (!document.is_object()) {
    fail("the event in " + path + ", which GITHUB_EVENT_PATH names, is no JSON object");
  }
  return document;
}

/// The member at a path; null if there is none.
json member(const json& from, const char* pointer) {
  const json::json_pointer path(pointer);
  return from.contains(path) ? from.at(path) : json(nullptr);
}

std::string text_at(const json& from, const char* pointer) {
  const json value = member(from, pointer);
  return value.is_string() ? value.get<std::string>() : "";
}

std::optional<std::uint64_t> number_at(const json& from, const char* pointer) {
  const json value = member(from, pointer);
  if (!value.is_number_unsigned() || value == 0U) return std::nullopt;
  return value.get<std::uint64_t>();
}

std::string commit_of(const json& about) {
  for (const char* place : {"/pull_request/head/sha", "/workflow_run/head_sha"}) {
    if (std::string commit = text_at(about, place); !commit.empty()) return commit;
  }
  return environment("GITHUB_SHA");
}

std::optional<std::uint64_t> pull_request_of(const json& about, const std::string& commit) {
  if (auto number = number_at(about, "/pull_request/number")) return number;
  const json several = member(about, "/workflow_run/pull_requests");
  if (!several.is_array()) return std::nullopt;
  for (const json& one : several) {
    if (text_at(one, "/head/sha") == commit) return number_at(one, "/number");
  }
  return std::nullopt;
}

}  // namespace

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::optional<std::uint64_t> number_of(const json& option) {
  return whole_number(option.is_string() ? option.get<std::string>() : option.dump());
}

Subject subject_of(const json& options) {
  const json about = event();
  Subject subject;
  subject.repository = options.value("repository", environment("GITHUB_REPOSITORY"));
  if (subject.repository.empty()) {
    fail("the repository is not known: outside of GitHub Actions, write repository: owner/name");
  }
  if (!is_repository(subject.repository)) fail("option repository must be owner/name");
  subject.commit = options.value("commit", commit_of(about));
  if (subject.commit.empty()) {
    fail("the commit is not known: outside of GitHub Actions, write commit: with its whole sha");
  }
  if (!is_commit(subject.commit))
    fail("option commit must be a whole sha of 40 digits in lower case");
  if (options.contains("pull_request")) {
    subject.pull_request = number_of(options.at("pull_request"));
  } else {
    subject.pull_request = pull_request_of(about, subject.commit);
  }
  const std::string server = environment("GITHUB_SERVER_URL");
  const std::string run = environment("GITHUB_RUN_ID");
  if (server.starts_with("https://") && whole_number(run)) {
    subject.run_url = server + "/" + subject.repository + "/actions/runs/" + run;
  }
  return subject;
}

}  // namespace github
