// The reporter "github": a check run and an entry in the pull request's ledger.
#include <bitgate/report_text.hpp>
#include <bitgate/reporter.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "api.hpp"
#include "check_run.hpp"
#include "comment.hpp"
#include "context.hpp"
#include "fallback.hpp"
#include "job.hpp"
#include "lock.hpp"
#include "outbox.hpp"
#include "progress.hpp"
#include "subject.hpp"

namespace {

using github::Failure;
using github::Json;
using Options = nlohmann::json;

/// What there is to publish, but for the ledger's entry, which needs to be read first.
struct Parts {
  const github::Result& result;
  const Json& check_run;
  std::string issue;     ///< number of the issue; empty: not known
  std::string progress;  ///< the progress comment; empty: none is wanted
};

/// What one publication came to.
struct Done {
  std::vector<std::string> said;          ///< "check run created"
  std::vector<std::string> troubles;      ///< what failed, in order
  std::vector<github::Request> requests;  ///< that are still to be made
};

class Publication {
 public:
  Publication(github::Api& api, github::Subject subject, Parts parts, std::string author)
      : api_(api),
        subject_(std::move(subject)),
        parts_(std::move(parts)),
        author_(std::move(author)) {}

  Done run() {
    check_run();
    ledger();
    if (!parts_.progress.empty() && subject_.pull_request) progress();
    return std::move(done_);
  }
  [[nodiscard]] const github::Subject& subject() const { return subject_; }

 private:
  void check_run() {
    try {
      done_.said.push_back(github::publish_check_run(api_, subject_, parts_.check_run, author_));
      return;
    } catch (const Failure& failure) {
      trouble(failure);
      if (failure.kind() == Failure::Kind::kDenied && set_status()) return;
    }
    done_.requests.push_back({"POST", github::check_runs_path(subject_), parts_.check_run.dump()});
  }

  bool set_status() {
    try {
      done_.said.push_back(github::publish_status(api_, subject_, parts_.result) + " instead");
      done_.troubles.pop_back();
      return true;
    } catch (const Failure& failure) {
      trouble(failure);
      return false;
    }
  }

  void ledger() {
    const github::Entry entry = github::entry_of(parts_.result, subject_.run_url, parts_.issue);
    try {
      // Without a connection there is no use in asking for more.
      if (offline_) throw Failure(Failure::Kind::kPassing, "the ledger was not tried");
      if (!subject_.pull_request) {
        api_.persist([&] { subject_.pull_request = github::find_pull_request(api_, subject_); });
      }
      if (!subject_.pull_request) {
        done_.said.emplace_back("no open pull request of this commit, so no ledger");
        return;
      }
      const auto [done, issue] = github::publish_ledger(api_, subject_, entry, author_);
      done_.said.push_back(done);
      if (!issue.empty() && issue != parts_.issue) {
        done_.said.push_back("issue " + issue + " by the ledger" +
                             (parts_.issue.empty() ? "" : ", not " + parts_.issue));
      }
      return;
    } catch (const Failure& failure) {
      trouble(failure);
    } catch (const github::NotEdited& why) {
      done_.troubles.emplace_back(why.what());
    }
    if (subject_.pull_request) {
      done_.requests.push_back({"POST", github::comments_path(subject_),
                                Json{{"body", github::new_ledger(entry)}}.dump()});
    }
  }

  void progress() {
    try {
      if (offline_) throw Failure(Failure::Kind::kPassing, "the progress comment was not tried");
      done_.said.push_back(github::publish_progress(api_, subject_, parts_.progress, author_));
    } catch (const Failure& failure) {
      trouble(failure);
      done_.requests.push_back(
          {"POST", github::comments_path(subject_), Json{{"body", parts_.progress}}.dump()});
    }
  }

  void trouble(const Failure& failure) {
    offline_ = offline_ || failure.kind() == Failure::Kind::kPassing;
    done_.troubles.emplace_back(failure.what());
  }

  github::Api& api_;
  github::Subject subject_;
  Parts parts_;
  std::string author_;
  Done done_;
  bool offline_ = false;
};

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : "; ") + part;
  return out;
}

class GithubReporter : public bitgate::Reporter {
 public:
  static constexpr std::string_view kDescription =
      R"({"title": "A check run and the ledger comment of a pull request on GitHub", "options":)"
      R"( {"type": "object", "additionalProperties": false, "properties": {)"
      R"("token": {"type": "string", "writeOnly": true, "description": "what it signs in with,)"
      R"( e.g. ${secret:GITHUB_TOKEN}; without it, as gh is; without either, git notes and the outbox"},)"
      R"( "repository": {"type": "string", "minLength": 3, "description": "owner/name; default:)"
      R"( the workflow's"},)"
      R"( "commit": {"type": "string", "minLength": 40, "description": "whole sha; default: the)"
      R"( head of the event's pull request"},)"
      R"( "pull_request": {"type": ["integer", "string"], "description": "its number; default:)"
      R"( the event's, or the open one of the commit"},)"
      R"( "gate": {"type": "string", "minLength": 1, "description": "publish only receipts of)"
      R"( this gate, e.g. generative:gate:benchmarks"},)"
      R"( "author": {"type": "string", "minLength": 1, "default": "github-actions[bot]",)"
      R"( "description": "who the token's comments come from"},)"
      R"( "on_skip": {"type": "string", "enum": ["neutral", "failure", "action_required"],)"
      R"( "default": "neutral", "description": "conclusion of a skipped gate; GitHub merges)"
      R"( neutral ones"},)"
      R"( "timeout_s": {"type": ["integer", "string"], "minimum": 1, "maximum": 30, "default":)"
      R"( 10,)"
      R"( "description": "seconds that one request may take"},)"
      R"( "outbox": {"type": "string", "minLength": 1, "default": "bitgate-outbox",)"
      R"( "description": "directory for what can't be published"},)"
      R"( "progress_comment": {"type": ["boolean", "string"], "default": false, "description": "say in a)"
      R"( comment of its own, which is edited in place, what was done"},)"
      R"( "dry_run": {"type": ["boolean", "string"], "default": false, "description": "write the requests to)"
      R"( the outbox, and make none"}}}})";

  GithubReporter(bitgate::Host host, std::string_view options)
      : host_(host), options_(Options::parse(options)) {
    const auto text = [](const Options& value) {
      return value.is_string() && !value.get<std::string>().empty();
    };
    const auto is_on_skip = [](const Options& value) {
      return value == "neutral" || value == "failure" || value == "action_required";
    };
    const auto is_timeout = [](const Options& value) {
      return github::number_of(value).value_or(kMostSeconds + 1) <= kMostSeconds;
    };
    const auto is_boolean = [](const Options& value) { return truth_of(value).has_value(); };
    const auto is_number = [](const Options& value) {
      return github::number_of(value).has_value();
    };
    const std::pair<const char*, std::function<bool(const Options&)>> known[] = {
        {"token", text},
        {"repository", text},
        {"commit", text},
        {"pull_request", is_number},
        {"gate", text},
        {"author", text},
        {"outbox", text},
        {"on_skip", is_on_skip},
        {"timeout_s", is_timeout},
        {"progress_comment", is_boolean},
        {"dry_run", is_boolean}};
    for (const auto& [name, value] : options_.items()) {
      const auto* found =
          std::find_if(std::begin(known), std::end(known),
                       [&key = name](const auto& entry) { return entry.first == key; });
      if (found == std::end(known)) fail("unknown option '" + name + "'");
      if (!found->second(value)) fail("option " + name + " has no value that fits");
    }
  }

  void begin(std::string_view plan) override {
    context_ = Json::parse(plan).value("context", Json::object());
  }

  void finish(std::string_view document) override {
    const Json receipt = Json::parse(document);
    const github::Result result = github::result_of(receipt);
    require_gate(result);
    const github::Subject subject = github::subject_of(options_, context_);
    github::require_subject(receipt, context_, subject);
    for (const std::string& trouble : github::write_job_files(receipt, result)) {
      host_.log(BG_LOG_WARNING, "github: " + trouble);
    }
    const std::string author = options_.value("author", "github-actions[bot]");
    const Json check_run = github::check_run_of(receipt, result, subject, context_,
                                                options_.value("on_skip", "neutral"));
    const Parts parts{
        result, check_run, github::fact_of(context_, "issue"),
        is_on("progress_comment") ? github::progress_of(receipt, result, subject, context_) : ""};
    const github::Outbox outbox(options_.value("outbox", "bitgate-outbox"), result);
    const std::string api = github::environment("GITHUB_API_URL");
    const std::string address = api.empty() ? "https://api.github.com" : api;

    if (is_on("dry_run")) {
      outbox.write(address, "dry run", requests_of(parts, subject), receipt);
      host_.write(BG_STDERR,
                  "github: dry run, the requests are in " + outbox.requests().string() + "\n");
      return;
    }
    const std::optional<std::string> token = find_token(address);
    if (!token) {
      leave_note(subject, result);
      conclude({{}, {no_token_}, requests_of(parts, subject)}, subject, outbox, address, receipt);
      return;
    }
    github::Http http(address, *token);
    github::Api server(http, seconds_for_request());
    const github::Lock lock(address + "/" + subject.repository);
    Publication publication(server, subject, parts, author);
    const Done done = publication.run();
    conclude(done, publication.subject(), outbox, address, receipt);
  }

 private:
  [[noreturn]] static void fail(const std::string& message) {
    throw bitgate::Error(BG_INVALID_ARGUMENT, "github: " + message);
  }

  /// What there is to do on a server of which nothing is known.
  static std::vector<github::Request> requests_of(const Parts& parts,
                                                  const github::Subject& subject) {
    std::vector<github::Request> out = {
        {"POST", github::check_runs_path(subject), parts.check_run.dump()}};
    if (!subject.pull_request) return out;
    const auto comment = [&](const std::string& body) {
      out.push_back({"POST", github::comments_path(subject), Json{{"body", body}}.dump()});
    };
    comment(github::new_ledger(github::entry_of(parts.result, subject.run_url, parts.issue)));
    if (!parts.progress.empty()) comment(parts.progress);
    return out;
  }

  /// A receipt may come from strangers, and a name that others trust must not come with it.
  void require_gate(const github::Result& result) const {
    const std::string wanted = options_.value("gate", result.gate);
    if (result.gate != wanted) {
      fail("the receipt is of the gate " + bitgate::printable(result.gate) +
           ", and option gate says " + bitgate::printable(wanted) + ": nothing is published");
    }
  }

  /// As such or in letters: options of the command line are texts.
  static std::optional<bool> truth_of(const Options& option) {
    if (option == true || option == "true") return true;
    if (option == false || option == "false") return false;
    return std::nullopt;
  }
  [[nodiscard]] bool is_on(const char* option) const {
    return options_.contains(option) && truth_of(options_.at(option)).value_or(false);
  }

  [[nodiscard]] std::chrono::seconds seconds_for_request() const {
    constexpr std::uint64_t kUsual = 10;
    const auto given =
        options_.contains("timeout_s") ? github::number_of(options_.at("timeout_s")) : std::nullopt;
    return std::chrono::seconds(given.value_or(kUsual));
  }

  /// The option's, else that of the program gh.
  std::optional<std::string> find_token(const std::string& address) {
    if (!options_.contains("token")) {
      no_token_ = "no token; write options: {token: \"${secret:GITHUB_TOKEN}\"}";
    } else {
      try {
        return host_.secret(options_.at("token").get<std::string>());
      } catch (const bitgate::Error& error) {
        if (error.status() != BG_UNAVAILABLE) throw;
        no_token_ = error.what();
      }
    }
    std::string token = github::token_of_gh(address);
    if (token.empty()) {
      no_token_ += ", or sign in with gh auth login";
      return std::nullopt;
    }
    host_.write(BG_STDERR, "github: " + no_token_ + ": signed in as gh is\n");
    return token;
  }

  /// Where nobody can be told, the repository itself keeps the result.
  void leave_note(const github::Subject& subject, const github::Result& result) const {
    const std::string text = result.evidence + "\n" + result.finished + " " + result.route + "\n";
    const std::string why = github::note_on(subject.commit, result.gate, text);
    const std::string ref = github::notes_ref(result.gate);
    host_.write(BG_STDERR,
                why.empty()
                    ? "github: kept as a git note: git notes --ref " + ref + " show " +
                          subject.commit + "\n"
                    : "github: not kept as a git note either: " + bitgate::printable(why) + "\n");
  }

  void conclude(const Done& done, const github::Subject& subject, const github::Outbox& outbox,
                const std::string& address, const Json& receipt) const {
    const std::string about =
        "github: " + subject.repository + "@" + subject.commit.substr(0, 12) + ": ";
    if (!done.said.empty()) host_.write(BG_STDERR, about + joined(done.said) + "\n");
    if (done.troubles.empty()) {
      outbox.clear();
      return;
    }
    const std::string why = joined(done.troubles);
    outbox.write(address, why, done.requests, receipt);
    std::string replay =
        "bitgate report " + outbox.receipt().string() +
        " --reporter 'github:token=${secret:GITHUB_TOKEN},repository=" + subject.repository +
        ",commit=" + subject.commit;
    if (subject.pull_request) {
      replay += ",pull_request=" + std::to_string(*subject.pull_request);
    }
    host_.write(BG_STDERR, "CHECK-SKIPPED: reason=" + why + "\n" + about +
                               "to publish it later: " + replay + "'\n");
    throw bitgate::Error(BG_UNAVAILABLE, "not everything could be published; the requests are in " +
                                             outbox.requests().string());
  }

  static constexpr std::uint64_t kMostSeconds = 30;

  bitgate::Host host_;
  Options options_;
  Json context_ = Json::object();  ///< the plan's
  std::string no_token_;
};

}  // namespace

BITGATE_REPORTER(github, "github", "0.1.0", GithubReporter)
