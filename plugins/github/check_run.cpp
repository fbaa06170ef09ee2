#include "check_run.hpp"

#include <bitgate/report_text.hpp>

#include <filesystem>
#include <optional>

#include "markdown/document.hpp"
#include "markdown/escape.hpp"

namespace github {
namespace {

constexpr std::size_t kMostTitle = 200;
constexpr std::size_t kMostAnnotations = 50;   // in one request
constexpr std::size_t kMostDescription = 140;  // of a status
constexpr std::string_view kBot = "[bot]";

/// "fail (limit: simd-gain: …)", "skipped (inconclusive): …".
std::string title_of(const Result& result) {
  const std::string why = result.reason.empty() ? "" : ": " + result.reason;
  return bitgate::shortened(bitgate::printable(result.status + why), kMostTitle);
}

std::string summary_of(const Json& receipt, const Result& result, const Subject& subject) {
  std::string out = "**" + markdown::cell(result.status) + "**";
  if (!subject.run_url.empty()) out += " · [the run, with its receipt](" + subject.run_url + ")";
  return out + "\n\n" + markdown::document(receipt, result.digest);
}

/// The pipeline's file as the repository has it; nothing if it lies elsewhere.
std::string path_in_repository(const Json& receipt) {
  namespace fs = std::filesystem;
  const fs::path path = receipt.at("pipeline").at("path").get<std::string>();
  const std::string workspace = environment("GITHUB_WORKSPACE");
  std::error_code error;
  const fs::path root = workspace.empty() ? fs::current_path(error) : fs::path(workspace);
  const fs::path below = path.lexically_relative(root);
  if (error || below.empty() || *below.begin() == ".." || below == ".") return "";
  return below.generic_string();
}

/// One for each gate that failed and of which the line is known.
Json annotations_of(const Json& receipt) {
  Json out = Json::array();
  const std::string path = path_in_repository(receipt);
  if (path.empty()) return out;
  for (const Json& gate : receipt.at("gates")) {
    const auto line = gate.find("line");
    if (gate.at("status") != "fail" || line == gate.end() || !line->is_number_unsigned()) continue;
    if (out.size() == kMostAnnotations) break;
    const Json& reason = gate.at("reason");
    out.push_back(
        {{"path", path},
         {"start_line", *line},
         {"end_line", *line},
         {"annotation_level", "failure"},
         {"title", bitgate::shortened(
                       bitgate::printable("gate " + gate.at("id").get<std::string>()), kMostTitle)},
         {"message",
          bitgate::shortened(
              bitgate::printable(gate.at("metric").get<std::string>() + " " +
                                 gate.at("require").get<std::string>() + ": " +
                                 (reason.is_string() ? reason.get<std::string>() : "fail")),
              1000)}});
  }
  return out;
}

/// The slug of the app that writes as this author: "github-actions" of "github-actions[bot]".
std::string app_of(const std::string& author) {
  return author.ends_with(kBot) ? author.substr(0, author.size() - kBot.size()) : author;
}

std::string encoded(std::string_view text) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (kPlain.find(c) != std::string_view::npos) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', kDigits[byte >> 4], kDigits[byte & 0xF]};
    }
  }
  return out;
}

bool has(const Json& object, const char* key, const Json& value) {
  const auto found = object.find(key);
  return found != object.end() && *found == value;
}

/// The newest that this app made of this name on this commit; null if there is none.
Json find_own(Api& api, const Subject& subject, const Json& check_run, const std::string& app) {
  Json newest;
  for (const Json& one :
       api.all("/repos/" + subject.repository + "/commits/" + subject.commit +
                   "/check-runs?check_name=" + encoded(check_run.at("name").get<std::string>()) +
                   "&filter=latest",
               "check_runs")) {
    if (!one.is_object() || !has(one, "name", check_run.at("name")) ||
        !has(one, "head_sha", subject.commit) || !one.contains("id") ||
        !one["id"].is_number_unsigned()) {
      continue;
    }
    const auto maker = one.find("app");
    if (maker == one.end() || !maker->is_object() || !has(*maker, "slug", app)) continue;
    if (newest.is_null() || one["id"] > newest["id"]) newest = one;
  }
  return newest;
}

}  // namespace

Json check_run_of(const Json& receipt, const Result& result, const Subject& subject,
                  const std::string& on_skip) {
  Json output = {{"title", title_of(result)}, {"summary", summary_of(receipt, result, subject)}};
  if (Json annotations = annotations_of(receipt); !annotations.empty()) {
    output["annotations"] = std::move(annotations);
  }
  Json out = {{"name", result.gate},
              {"head_sha", subject.commit},
              {"external_id", result.digest},
              {"status", "completed"},
              {"conclusion", result.outcome == Outcome::kPass   ? "success"
                             : result.outcome == Outcome::kFail ? "failure"
                                                                : on_skip},
              {"started_at", result.started},
              {"completed_at", result.finished}};
  if (!subject.run_url.empty()) out["details_url"] = subject.run_url;
  out["output"] = std::move(output);
  return out;
}

std::string check_runs_path(const Subject& subject) {
  return "/repos/" + subject.repository + "/check-runs";
}

std::string publish_check_run(Api& api, const Subject& subject, const Json& check_run,
                              const std::string& author) {
  const std::string app = app_of(author);
  std::string done;
  api.persist([&] {
    const Json own = find_own(api, subject, check_run, app);
    if (own.is_null()) {
      const Json answer = api.call("POST", check_runs_path(subject), check_run);
      const Json maker = answer.value("app", Json::object());
      done = "check run created";
      if (maker.is_object() && !has(maker, "slug", app)) {
        done += ", but not by the app " + app + ": write author: with the app's own name";
      }
      return;
    }
    if (has(own, "external_id", check_run.at("external_id")) && has(own, "status", "completed") &&
        has(own, "conclusion", check_run.at("conclusion"))) {
      done = "check run unchanged";
      return;
    }
    Json changes = check_run;
    changes.erase("head_sha");
    api.call("PATCH", check_runs_path(subject) + "/" + own.at("id").dump(), changes);
    done = "check run updated";
  });
  return done;
}

std::string publish_status(Api& api, const Subject& subject, const Result& result) {
  // A status knows no neutral. What was not decided is pending, and never a success.
  Json body = {{"state", result.outcome == Outcome::kPass   ? "success"
                         : result.outcome == Outcome::kFail ? "failure"
                                                            : "pending"},
               {"context", result.gate},
               {"description", bitgate::shortened(title_of(result), kMostDescription)}};
  if (!subject.run_url.empty()) body["target_url"] = subject.run_url;
  api.persist([&] {
    api.call("POST", "/repos/" + subject.repository + "/statuses/" + subject.commit, body);
  });
  return "commit status set";
}

}  // namespace github
