#include "run/context.hpp"

#include <algorithm>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/command.hpp"
#include "base/text.hpp"
#include "pipeline/diagnostics.hpp"
#include "run/github_event.hpp"

namespace bitgate {
namespace {

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kIssue = "{issue}";
constexpr std::size_t kMostOutput = std::size_t{4} << 20;
constexpr std::size_t kMostPaths = 10'000;

bool is_number(std::string_view text) {
  constexpr std::size_t kMost = 18;
  return !text.empty() && text.size() <= kMost && text.front() != '0' &&
         text.find_first_not_of(kDigits) == std::string_view::npos;
}

bool is_commit(std::string_view text) {
  return (text.size() == 40 || text.size() == 64) &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// "owner/name"
bool is_repository(std::string_view text) {
  const auto is_name = [](std::string_view name) {
    return !name.empty() && name.front() != '.' &&
           std::all_of(name.begin(), name.end(), [](char c) {
             return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '-' || c == '_' || c == '.';
           });
  };
  const std::size_t slash = text.find('/');
  return slash != std::string_view::npos && is_name(text.substr(0, slash)) &&
         is_name(text.substr(slash + 1));
}

/// Whether git may get it as a name of a commit or branch, and people to see it.
bool is_ref(std::string_view text) {
  return !text.empty() && text.front() != '-' && std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) > 0x20 && c != 0x7F;
  });
}

/// What a value must be, if it isn't.
const char* objection(std::string_view name, const std::string& text) {
  if (name == "repository" && !is_repository(text)) return "owner/name";
  if (name == "commit" && !is_commit(text)) return "a whole sha of 40 digits in lower case";
  if ((name == "branch" || name == "base") && !is_ref(text))
    return "the name of a branch or commit";
  if ((name == "pull_request" || name == "issue") && !is_number(text)) return "a number from 1 on";
  return nullptr;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    if (end > 0) parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

/// What git prints; throws std::runtime_error with its words.
std::string git(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "git");
  std::string out = command_output(arguments, kMostOutput);
  while (!out.empty() && out.back() == '\n') out.pop_back();
  return out;
}

/// "owner/name" of "git@host:owner/name.git" and "https://host/owner/name"; else empty.
std::string repository_of(std::string address) {
  if (address.ends_with(".git")) address.resize(address.size() - 4);
  const std::size_t name = address.rfind('/');
  if (name == std::string::npos || name == 0) return "";
  const std::size_t owner = address.find_last_of("/:", name - 1);
  std::string out = owner == std::string::npos ? "" : address.substr(owner + 1);
  return is_repository(out) ? out : "";
}

class Finder {
 public:
  explicit Finder(const ContextSources& sources) : sources_(sources) {}

  Context find() {
    for (const auto& [name, text] : sources_.given) take_given(name, text);
    repository();
    commit();
    branch();
    base();
    pull_request();
    labels();
    issue();
    changed();
    return std::move(context_);
  }

 private:
  void take_given(const std::string& name, const std::string& text) {
    const auto last = kFacts.end() - 1;  // the scope follows from the others
    if (std::find(kFacts.begin(), last, name) == last) {
      throw std::invalid_argument(
          fmt::format("--context {}: there are {}", name, fmt::join(kFacts.begin(), last, ", ")));
    }
    if (const char* wanted = objection(name, text)) {
      throw std::invalid_argument(
          fmt::format("--context {}: must be {}, not {}", name, wanted, in_quotes(text)));
    }
    Fact& fact = context_[name];
    fact.values = is_list_fact(name) ? split(text, ',') : std::vector{text};
    fact.source = "command line";
  }

  /// Takes it unless an earlier source had it. One that says what can't be is not passed over.
  void take(std::string_view name, const std::string& text, const std::string& source) {
    Fact& fact = context_[name];
    if (fact.known() || !fact.reason.empty() || text.empty()) return;
    if (const char* wanted = objection(name, text)) {
      fact.reason = fmt::format("{} says {}, which is not {}", source, in_quotes(text), wanted);
      return;
    }
    fact = {std::vector{text}, source, ""};
  }

  /// Takes what git says to these arguments.
  void take_git(std::string_view name, std::vector<std::string> arguments) {
    if (context_[name].known() || !event_.trouble().empty()) return;
    try {
      const std::string said = git(std::move(arguments));
      take(name, name == "repository" ? repository_of(said) : said, "git");
    } catch (const std::runtime_error& error) {
      if (context_[name].reason.empty()) context_[name].reason = error.what();
    }
  }

  /// Says why it is not known, if it isn't, before what was noted; always with the fix.
  void give_up(std::string_view name, const std::string& why) {
    Fact& fact = context_[name];
    if (fact.known()) return;
    if (!event_.trouble().empty()) {
      fact.reason = event_.trouble();
    } else if (fact.reason.empty()) {
      fact.reason = why;
    }
    fact.reason += fmt::format("; say it with --context {}=…", name);
  }

  void repository() {
    take("repository", environment("GITHUB_REPOSITORY"), "GITHUB_REPOSITORY");
    take_git("repository", {"remote", "get-url", "origin"});
    give_up("repository", "git's remote origin is no repository of a server");
  }

  void commit() {
    take("commit", event_.commit(), "event");
    if (event_.trouble().empty()) take("commit", environment("GITHUB_SHA"), "GITHUB_SHA");
    take_git("commit", {"rev-parse", "--verify", "--quiet", "HEAD"});
    give_up("commit", "nobody says");
  }

  void branch() {
    take("branch", event_.branch(), "event");
    take("branch", environment("GITHUB_HEAD_REF"), "GITHUB_HEAD_REF");
    if (environment("GITHUB_REF_TYPE") == "branch" && pull_of_ref().empty()) {
      take("branch", environment("GITHUB_REF_NAME"), "GITHUB_REF_NAME");
    }
    take_git("branch", {"symbolic-ref", "--quiet", "--short", "HEAD"});
    give_up("branch", "no branch is checked out");
  }

  void base() {
    take("base", event_.base(), "event");
    if (const std::string ref = environment("GITHUB_BASE_REF"); !ref.empty()) {
      take("base", "origin/" + ref, "GITHUB_BASE_REF");
    }
    give_up("base", "no event names what the change is to");
  }

  void pull_request() {
    take("pull_request", event_.pull_request(), "event");
    take("pull_request", pull_of_ref(), "GITHUB_REF");
    give_up("pull_request", "no event of a pull request");
  }

  /// "7" where the ref is "refs/pull/7/merge".
  static std::string pull_of_ref() {
    constexpr std::string_view kPulls = "refs/pull/";
    const std::string ref = environment("GITHUB_REF");
    if (!ref.starts_with(kPulls)) return "";
    return ref.substr(kPulls.size(), ref.find('/', kPulls.size()) - kPulls.size());
  }

  void labels() {
    Fact& fact = context_["labels"];
    if (!fact.known()) {
      if (auto labels = event_.labels()) fact = {std::move(labels), "event", ""};
    }
    give_up("labels", "no event of a pull request");
  }

  void issue() {
    take("issue", event_.issue(), "event");
    const std::string branch = context_["branch"].text();
    take("issue", issue_in(branch, sources_.issue_branches), "branch " + branch);
    const std::vector<std::string> closed = issues_closed_by(event_.body());
    if (closed.size() == 1) take("issue", closed[0], "the pull request's text");
    for (const std::string& label :
         context_["labels"].values.value_or(std::vector<std::string>())) {
      take("issue", issue_in(label, sources_.issue_branches), "label " + label);
    }
    give_up("issue",
            closed.size() > 1
                ? fmt::format("the pull request closes several: {}", fmt::join(closed, ", "))
                : "neither the branch's name nor the pull request names one");
  }

  void changed() {
    Fact& fact = context_["changed"];
    if (fact.known()) return;
    if (!sources_.wants_changes) {
      fact.reason = "no rule of the pipeline's scope asks for changed paths";
      return;
    }
    const std::string base = context_["base"].text();
    if (base.empty()) {
      fact.reason = "what they are changes to is not known; say it with --context base=REF";
      return;
    }
    try {
      const std::string out = git(
          {"diff", "--name-only", "--no-renames", "--no-ext-diff", "-z", base + "...HEAD", "--"});
      std::vector<std::string> paths = split(out, '\0');
      if (out.size() < kMostOutput && paths.size() <= kMostPaths) {
        fact = {std::move(paths), "git, since " + base, ""};
        return;
      }
      fact.reason = fmt::format("there are more than {}, or they take 4 MiB", kMostPaths);
    } catch (const std::runtime_error& error) {
      fact.reason = fmt::format("{}; fetch the history with it (actions/checkout: fetch-depth: 0)",
                                error.what());
    }
    give_up("changed", "");
  }

  const ContextSources& sources_;
  GithubEvent event_;
  Context context_;
};

}  // namespace

Context find_context(const ContextSources& sources) { return Finder(sources).find(); }

std::string issue_in(const std::string& text, const std::vector<std::string>& patterns) {
  std::string found;
  for (const std::string& pattern : patterns) {
    const std::size_t at = pattern.find(kIssue);
    if (at == std::string::npos) continue;
    const std::string_view front = std::string_view(pattern).substr(0, at);
    const std::string_view back = std::string_view(pattern).substr(at + kIssue.size());
    std::size_t begin = text.find_first_of(kDigits);
    while (begin != std::string::npos) {
      const std::size_t end = std::min(text.find_first_not_of(kDigits, begin), text.size());
      const std::string number = text.substr(begin, end - begin);
      if (is_number(number) && wildcard_matches(front, std::string_view(text).substr(0, begin)) &&
          wildcard_matches(back, std::string_view(text).substr(end))) {
        if (!found.empty() && found != number) return "";
        found = number;
      }
      begin = text.find_first_of(kDigits, end);
    }
  }
  return found;
}

std::vector<std::string> issues_closed_by(const std::string& text) {
  constexpr std::array<std::string_view, 9> kWords = {
      "close", "closes", "closed", "fix", "fixes", "fixed", "resolve", "resolves", "resolved"};
  std::vector<std::string> found;
  std::string word;    // the last one, in lower case
  std::string before;  // the one before it
  const auto take = [&] {
    const bool closes = std::find(kWords.begin(), kWords.end(), before) != kWords.end();
    if (closes && word.starts_with('#') && is_number(std::string_view(word).substr(1)) &&
        std::find(found.begin(), found.end(), word.substr(1)) == found.end()) {
      found.push_back(word.substr(1));
    }
    if (!word.empty()) before = std::exchange(word, "");
  };
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '#' || c == '/';
    if (c >= 'A' && c <= 'Z') {
      word += static_cast<char>(c - 'A' + 'a');
    } else if (letter) {
      word += c;
    } else if (c == ':' && !word.empty() && word[0] != '#') {
      continue;  // "Closes: #45"
    } else {
      take();
    }
  }
  take();
  return found;
}

}  // namespace bitgate
