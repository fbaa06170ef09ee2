#include "check_run.hpp"

#include <bitgate/report_text.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include "context.hpp"
#include "markdown/digest.hpp"
#include "markdown/document.hpp"
#include "markdown/escape.hpp"

namespace github {
namespace {

constexpr std::size_t kMostTitle = 200;
constexpr std::size_t kMostAnnotations = 50;   // in one request
constexpr std::size_t kMostMessage = 1000;     // of an annotation
constexpr std::size_t kMostDescription = 140;  // of a status
constexpr std::size_t kMostContext = 350;      // bytes
constexpr std::string_view kBot = "[bot]";

/// "fail (limit: simd-gain: …)", "skipped (inconclusive): …".
std::string title_of(const Result& result) {
  const std::string why = result.reason.empty() ? "" : ": " + result.reason;
  return bitgate::shortened(bitgate::printable(result.status + why), kMostTitle);
}

std::string summary_of(const Json& receipt, const Result& result, const Subject& subject,
                       const Json& context) {
  std::string out = "**" + markdown::cell(result.status) + "**";
  if (!subject.run_url.empty()) out += " · [the run, with its receipt](" + subject.run_url + ")";
  const std::string line = context_line(context, subject);
  if (line.size() <= kMostContext) out += "\n\n" + line;  // else all of it would become too long
  return out + "\n\n" + markdown::document(receipt, result.digest);
}

/// The pipeline's file in this checkout.
struct PipelineFile {
  std::string path;  ///< relative to the repository
  std::string text;
};

/// Nothing if the receipt's pipeline is not here, or not as it was.
std::optional<PipelineFile> find_pipeline(const Json& receipt) {
  namespace fs = std::filesystem;
  constexpr std::uintmax_t kMostBytes = 1U << 20;
  const Json& pipeline = receipt.at("pipeline");
  const std::string workspace = environment("GITHUB_WORKSPACE");
  std::error_code error;
  const fs::path root = fs::canonical(workspace.empty() ? "." : workspace, error);
  if (error) return std::nullopt;
  const fs::path path = fs::canonical(pipeline.at("path").get<std::string>(), error);
  if (error || !fs::is_regular_file(path, error) || fs::file_size(path, error) > kMostBytes) {
    return std::nullopt;
  }
  const fs::path below = path.lexically_relative(root);
  if (below.empty() || *below.begin() == "..") return std::nullopt;
  std::ifstream in(path, std::ios::binary);
  PipelineFile file{below.generic_string(), {std::istreambuf_iterator<char>(in), {}}};
  if (markdown::sha256(file.text) != pipeline.at("sha256")) return std::nullopt;
  return file;
}

/// The number of the line below `gates:` that has "id: ID"; 0 if there is none.
std::size_t line_of_gate(std::string_view text, const std::string& id) {
  constexpr std::string_view kKey = "id:";
  bool in_gates = false;
  std::size_t number = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end);
    ++number;
    in_gates = in_gates || line.starts_with("gates:");
    const std::size_t key = line.find(kKey);
    if (!in_gates || key == std::string_view::npos) continue;
    std::string_view value = line.substr(key + kKey.size());
    constexpr std::string_view kAround = " \t\"'";
    value.remove_prefix(std::min(value.find_first_not_of(kAround), value.size()));
    if (value.substr(0, value.find_first_of(" \t\"',}\r\n#")) == id) return number;
  }
  return 0;
}

/// One for each gate that failed and of which the line is known.
Json annotations_of(const Json& receipt) {
  Json out = Json::array();
  const std::optional<PipelineFile> file = find_pipeline(receipt);
  if (!file) return out;
  for (const Json& gate : receipt.at("gates")) {
    if (gate.at("status") != "fail" || out.size() == kMostAnnotations) continue;
    const auto id = gate.at("id").get<std::string>();
    const std::size_t line = line_of_gate(file->text, id);
    if (line == 0) continue;
    const Json& reason = gate.at("reason");
    const std::string message = gate.at("metric").get<std::string>() + " " +
                                gate.at("require").get<std::string>() + ": " +
                                (reason.is_string() ? reason.get<std::string>() : "fail");
    out.push_back({{"path", file->path},
                   {"start_line", line},
                   {"end_line", line},
                   {"annotation_level", "failure"},
                   {"title", bitgate::shortened(bitgate::printable("gate " + id), kMostTitle)},
                   {"message", bitgate::shortened(bitgate::printable(message), kMostMessage)}});
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
                  const Json& context, const std::string& on_skip) {
  Json output = {{"title", title_of(result)},
                 {"summary", summary_of(receipt, result, subject, context)}};
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
