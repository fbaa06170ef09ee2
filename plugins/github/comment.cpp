#include "comment.hpp"

#include <bitgate/report_text.hpp>

#include <algorithm>
#include <vector>

#include "context.hpp"
#include "markdown/escape.hpp"

namespace github {
namespace {

constexpr std::size_t kMostEvidence = 4000;
constexpr std::size_t kMostHop = 120;
constexpr std::size_t kMostWhy = 500;
constexpr std::size_t kMostRoute = 100;

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

std::string login_of(const Json& comment) {
  const auto user = comment.find("user");
  return user != comment.end() && user->is_object() ? text_of(*user, "login") : "";
}

Comment comment_of(const Json& answer) {
  if (!answer.is_object() || !answer.contains("id") || !answer["id"].is_number_unsigned()) {
    throw Failure(Failure::Kind::kRefused, "the server answered with no comment");
  }
  return {answer["id"].get<std::uint64_t>(), text_of(answer, "body")};
}

/// Our comments that are ledgers or were, oldest first.
std::vector<Comment> own_ledgers(Api& api, const Subject& subject, const std::string& author) {
  std::vector<Comment> out = own_comments(api, subject, author);
  std::erase_if(
      out, [](const Comment& comment) { return ledger_kind(comment.body) == LedgerKind::kNone; });
  return out;
}

/// The first whole ledger; none if there is nothing of a ledger.
const Comment* find_whole(const std::vector<Comment>& ledgers) {
  const auto whole = std::find_if(ledgers.begin(), ledgers.end(), [](const Comment& comment) {
    return ledger_kind(comment.body) == LedgerKind::kWhole;
  });
  if (whole != ledgers.end()) return &*whole;
  if (ledgers.empty()) return nullptr;
  throw NotEdited("comment " + std::to_string(ledgers.front().id) +
                  " is a ledger that lacks one of its blocks gates, hoplog and decision; put the "
                  "block back or delete the comment");
}

/// Another run may have written between our reading and our writing.
void check_written(Api& api, const Subject& subject, const Comment& written, const Entry& entry) {
  const Comment now = comment_of(api.call("GET", comment_path(subject, written.id)));
  if (!has_hop(now.body, entry)) {
    throw Failure(Failure::Kind::kPassing, "another run wrote to the ledger at the same time");
  }
}

std::string create(Api& api, const Subject& subject, const Entry& entry,
                   const std::string& author) {
  const Json answer = api.call("POST", comments_path(subject), {{"body", new_ledger(entry)}});
  const Comment created = comment_of(answer);
  if (const std::string login = login_of(answer); login != author) {
    return "ledger created, but as " + bitgate::printable(login) + ": write author: \"" +
           bitgate::printable(login) + "\", or the next run will not find it";
  }
  const std::vector<Comment> ledgers = own_ledgers(api, subject, author);
  if (const Comment* first = find_whole(ledgers); first != nullptr && first->id < created.id) {
    api.call("DELETE", comment_path(subject, created.id));
    throw Failure(Failure::Kind::kPassing, "another run created the ledger at the same time");
  }
  check_written(api, subject, created, entry);
  return "ledger created";
}

}  // namespace

Entry entry_of(const Result& result, const std::string& run_url, const std::string& issue) {
  Entry entry;
  entry.issue = issue;
  entry.gate = result.short_gate;
  entry.status = markdown::cell(result.status);
  entry.evidence = markdown::cell(result.evidence, kMostEvidence);
  entry.receipt = short_digest(result);
  const std::string route = markdown::cell(result.route, kMostRoute);
  const std::string reason = result.reason.empty() ? "" : ", " + result.reason;
  entry.hop = markdown::cell(result.finished) + " benchmark-runner: " + entry.gate + "=" +
              entry.status + "; " + markdown::cell(result.measured + reason, kMostHop) + "; " +
              route;
  entry.state = result.outcome == Outcome::kPass   ? "ready"
                : result.outcome == Outcome::kFail ? "needs-rework"
                                                   : "in-progress";
  entry.why =
      entry.gate + " " + entry.status + ": " + markdown::cell(result.measured + reason, kMostWhy);
  if (!run_url.empty()) entry.why += " ([run](" + run_url + "))";
  entry.next = route;
  return entry;
}

std::string comments_path(const Subject& subject) {
  return "/repos/" + subject.repository + "/issues/" +
         std::to_string(subject.pull_request.value_or(0)) + "/comments";
}

std::string comment_path(const Subject& subject, std::uint64_t id) {
  return "/repos/" + subject.repository + "/issues/comments/" + std::to_string(id);
}

std::vector<Comment> own_comments(Api& api, const Subject& subject, const std::string& author) {
  std::vector<Comment> out;
  for (const Json& one : api.all(comments_path(subject))) {
    if (one.is_object() && login_of(one) == author) out.push_back(comment_of(one));
  }
  std::sort(out.begin(), out.end(), [](const Comment& a, const Comment& b) { return a.id < b.id; });
  return out;
}

std::optional<std::uint64_t> find_pull_request(Api& api, const Subject& subject) {
  std::optional<std::uint64_t> found;
  for (const Json& one :
       api.all("/repos/" + subject.repository + "/commits/" + subject.commit + "/pulls")) {
    if (!one.is_object() || text_of(one, "state") != "open") continue;
    const auto head = one.find("head");
    const auto number = one.find("number");
    if (head == one.end() || !head->is_object() || text_of(*head, "sha") != subject.commit ||
        number == one.end() || !number->is_number_unsigned()) {
      continue;
    }
    if (found) return std::nullopt;
    found = number->get<std::uint64_t>();
  }
  return found;
}

PublishedLedger publish_ledger(Api& api, const Subject& subject, const Entry& entry,
                               const std::string& author) {
  PublishedLedger out;
  api.persist([&] {
    const std::vector<Comment> ledgers = own_ledgers(api, subject, author);
    const Comment* ledger = find_whole(ledgers);
    if (ledger == nullptr) {
      out = {create(api, subject, entry, author), entry.issue};
      return;
    }
    out.issue = issue_in_ledger(ledger->body);
    const std::string name = "comment " + std::to_string(ledger->id);
    try {
      const std::string body = updated_ledger(ledger->body, entry);
      if (body == ledger->body) {
        out.done = "ledger unchanged";
        return;
      }
      api.call("PATCH", comment_path(subject, ledger->id), {{"body", body}});
      check_written(api, subject, *ledger, entry);
      out.done = "ledger updated";
    } catch (const NotEdited& why) {
      throw NotEdited(name + " can't be edited: " + why.what());
    }
  });
  return out;
}

}  // namespace github
