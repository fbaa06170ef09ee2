// The event that started a workflow of GitHub Actions, as the runner leaves it: a file, and
// variables.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace bitgate {

/// The variable's value; empty if it is not set.
std::string environment(const char* name);

class GithubEvent {
 public:
  /// The one that GITHUB_EVENT_PATH and GITHUB_EVENT_NAME name.
  GithubEvent();

  /// Why there is none to ask: it can't be read; empty also where there is no event at all.
  [[nodiscard]] const std::string& trouble() const { return trouble_; }
  /// Whether it is one that no pull request has: a push, a schedule, …
  [[nodiscard]] bool without_pull_request() const;

  /// Empty where the event does not say.
  [[nodiscard]] std::string commit() const;  ///< the head of its pull request, never a merge
  [[nodiscard]] std::string branch() const;
  [[nodiscard]] std::string base() const;  ///< a commit
  [[nodiscard]] std::string pull_request() const;
  [[nodiscard]] std::string issue() const;
  [[nodiscard]] std::string body() const;  ///< of the pull request
  [[nodiscard]] std::optional<std::vector<std::string>> labels() const;

 private:
  [[nodiscard]] const nlohmann::json& at(const char* pointer) const;
  [[nodiscard]] std::string text(const char* pointer) const;
  [[nodiscard]] std::string number(const char* pointer) const;

  nlohmann::json document_ = nlohmann::json::object();
  std::string name_;
  std::string trouble_;
};

}  // namespace bitgate
