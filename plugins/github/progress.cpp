#include "progress.hpp"

#include <vector>

#include "comment.hpp"
#include "context.hpp"
#include "markdown/escape.hpp"

namespace github {
namespace {

constexpr std::size_t kMostEvidence = 20'000;
constexpr std::size_t kMostReason = 1000;
constexpr std::size_t kMostGates = 50;

std::string in_capitals(std::string text) {
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return text;
}

std::string text_of(const Json& value) { return value.is_string() ? value.get<std::string>() : ""; }

/// A line for each gate that does not pass.
std::string open_gates(const Json& receipt) {
  std::string out;
  std::size_t count = 0;
  for (const Json& gate : receipt.at("gates")) {
    const std::string status = text_of(gate.at("status"));
    if (status == "pass") continue;
    if (++count > kMostGates) continue;
    out += "  - " + markdown::cell(text_of(gate.at("id"))) + ": " + markdown::cell(status) + ", " +
           markdown::cell(text_of(gate.at("reason")), kMostReason) + "\n";
  }
  if (count > kMostGates) out += "  - and " + std::to_string(count - kMostGates) + " more\n";
  return out;
}

/// The first line, up to its end.
std::string_view marker_of(std::string_view body) { return body.substr(0, body.find('\n')); }

std::vector<Comment> find_progress(Api& api, const Subject& subject, const std::string& author,
                                   std::string_view marker) {
  std::vector<Comment> out;
  for (Comment& one : own_comments(api, subject, author)) {
    const bool fits = one.body.starts_with(marker) &&
                      (one.body.size() == marker.size() || one.body[marker.size()] == '\n' ||
                       one.body[marker.size()] == '\r');
    if (fits) out.push_back(std::move(one));
  }
  return out;
}

}  // namespace

std::string progress_of(const Json& receipt, const Result& result, const Subject& subject,
                        const Json& context) {
  const std::string flow = result.gate.substr(0, result.gate.find(':'));
  const Json& pipeline = receipt.at("pipeline");
  std::string out = "<!-- bitgate:progress " + result.gate + " -->\n";
  out += "**\\[" + in_capitals(flow) + "/benchmark-runner/" + result.short_gate + "\\] " +
         markdown::cell(result.status) + ": " + result.measured + "**\n\n";
  out += "- **Intent:** measure the pipeline " + markdown::code(text_of(pipeline.at("name"))) +
         " and judge its gates\n";
  out += "- **Inputs and scope:** " + context_line(context, subject) + "; pipeline SHA-256 " +
         markdown::code(text_of(pipeline.at("sha256")).substr(0, 12)) + "\n";
  const std::string gates = open_gates(receipt);
  out += "- **Observations:** " + result.measured + "; " +
         (gates.empty() ? "every gate passes\n" : "gates that don't pass:\n" + gates);
  out += "- **Actions:** measured from " + markdown::cell(result.started) + " to " +
         markdown::cell(result.finished) + ", then judged and reported\n";
  out += "- **Evidence:** " + markdown::cell(result.evidence, kMostEvidence) + "\n";
  out += "- **Decision and route:** " + markdown::cell(result.status) +
         (result.reason.empty() ? "" : ", " + markdown::cell(result.reason, kMostReason)) + "; " +
         markdown::cell(result.route) + "\n";
  out += "- **Receipts:** " + short_digest(result);
  if (!subject.run_url.empty()) out += " ([run](" + subject.run_url + "))";
  return out + "\n";
}

std::string publish_progress(Api& api, const Subject& subject, const std::string& body,
                             const std::string& author) {
  std::string done;
  const std::string_view marker = marker_of(body);
  api.persist([&] {
    const std::vector<Comment> known = find_progress(api, subject, author, marker);
    if (!known.empty()) {
      const bool same = known.front().body == body;
      if (!same) api.call("PATCH", comment_path(subject, known.front().id), {{"body", body}});
      done = same ? "progress comment unchanged" : "progress comment updated";
      return;
    }
    const Json answer = api.call("POST", comments_path(subject), {{"body", body}});
    done = "progress comment created";
    const std::vector<Comment> now = find_progress(api, subject, author, marker);
    if (now.size() > 1 && answer.is_object() && answer.value("id", Json()) == now.back().id) {
      api.call("DELETE", comment_path(subject, now.back().id));
      throw Failure(Failure::Kind::kPassing,
                    "another run created the progress comment at the same time");
    }
  });
  return done;
}

}  // namespace github
