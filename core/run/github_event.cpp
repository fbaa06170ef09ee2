#include "run/github_event.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/file.hpp"

namespace bitgate {

using nlohmann::json;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

GithubEvent::GithubEvent() : name_(environment("GITHUB_EVENT_NAME")) {
  constexpr std::uint64_t kMostBytes = std::uint64_t{32} << 20;
  const std::string path = environment("GITHUB_EVENT_PATH");
  if (path.empty()) return;
  try {
    json document = json::parse(read_file(path, kMostBytes), nullptr, false);
    if (document.is_object()) {
      document_ = std::move(document);
    } else {
      trouble_ =
          fmt::format("the event in {}, which GITHUB_EVENT_PATH names, is no JSON object", path);
    }
  } catch (const std::system_error& error) {
    trouble_ = fmt::format("the event in {}, which GITHUB_EVENT_PATH names, can't be read: {}",
                           path, error.code().message());
  }
}

bool GithubEvent::without_pull_request() const {
  constexpr std::array<std::string_view, 4> kNames = {"push", "schedule", "workflow_dispatch",
                                                      "release"};
  return std::find(kNames.begin(), kNames.end(), name_) != kNames.end();
}

std::string GithubEvent::commit() const {
  const std::string head = text("/pull_request/head/sha");
  return head.empty() ? text("/workflow_run/head_sha") : head;
}

std::string GithubEvent::branch() const {
  const std::string head = text("/pull_request/head/ref");
  return head.empty() ? text("/workflow_run/head_branch") : head;
}

std::string GithubEvent::base() const {
  const std::string base = text("/pull_request/base/sha");
  if (!base.empty() || name_ != "push") return base;
  // A branch's first push has nothing before it.
  const std::string before = text("/before");
  return before.find_first_not_of('0') == std::string::npos ? "" : before;
}

std::string GithubEvent::pull_request() const {
  if (std::string own = number("/pull_request/number"); !own.empty()) return own;
  const json& several = at("/workflow_run/pull_requests");
  const std::string head = commit();
  for (const json& one : several.is_array() ? several : json::array()) {
    const json::json_pointer sha("/head/sha");
    if (one.is_object() && one.contains(sha) && one.at(sha) == head && one.contains("number") &&
        one.at("number").is_number_unsigned()) {
      return one.at("number").dump();
    }
  }
  return "";
}

std::string GithubEvent::issue() const {
  // To the API a pull request is an issue too.
  return at("/issue/pull_request").is_null() ? number("/issue/number") : "";
}

std::string GithubEvent::body() const { return text("/pull_request/body"); }

std::optional<std::vector<std::string>> GithubEvent::labels() const {
  if (without_pull_request()) return std::vector<std::string>();
  const json& list = at("/pull_request/labels");
  if (!list.is_array()) return std::nullopt;
  std::vector<std::string> out;
  for (const json& one : list) {
    if (one.is_object() && one.contains("name") && one.at("name").is_string()) {
      out.push_back(one.at("name").get<std::string>());
    }
  }
  return out;
}

const json& GithubEvent::at(const char* pointer) const {
  static const json nothing;
  const json::json_pointer path(pointer);
  return document_.contains(path) ? document_.at(path) : nothing;
}

std::string GithubEvent::text(const char* pointer) const {
  const json& value = at(pointer);
  return value.is_string() ? value.get<std::string>() : "";
}

std::string GithubEvent::number(const char* pointer) const {
  const json& value = at(pointer);
  return value.is_number_unsigned() && value != 0U ? value.dump() : "";
}

}  // namespace bitgate
