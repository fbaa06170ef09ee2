// Reporters: whatever a run came to, they tell it, and they change nothing.
#include <array>

#include <fmt/format.h>

#include "base/text.hpp"
#include "conform/bench.hpp"
#include "conform/reporter_talk.hpp"
#include "conform/run_documents.hpp"
#include "receipt/json.hpp"

namespace bitgate::conform {
namespace {

/// Tells a new reporter of a run, from begin to close.
void tell(Bench& bench, const RunDocuments& run, const std::string& what) {
  const auto worker = bench.opened();
  ReporterTalk talk(*worker);
  try {
    talk.whole_run(run);
  } catch (const worker::PluginError& error) {
    bench.fail(fmt::format("{}: {}", what, error.what()));
  }
  worker->call({{"do", "close"}});
}

void statuses(Bench& bench) {
  for (const VerdictStatus verdict :
       {VerdictStatus::kPass, VerdictStatus::kFail, VerdictStatus::kSkipped}) {
    tell(bench, documents_of(receipt_with_every_status(verdict)),
         fmt::format("a run with the verdict {}", bitgate::word(verdict)));
  }
}

void empty(Bench& bench) {
  tell(bench, documents_of(empty_receipt()), "a run that measured nothing");
}

void interrupted(Bench& bench) {
  const RunDocuments run = documents_of(interrupted_receipt());
  const auto worker = bench.opened();
  ReporterTalk talk(*worker);
  try {
    talk.begin(run.plan);
    // The second case started and never finished.
    for (std::size_t i = 0; i < 3; ++i) talk.event(run.events.at(i));
    talk.finish(run.receipt);
  } catch (const worker::PluginError& error) {
    bench.fail(error.what());
  }
  worker->call({{"do", "close"}});
}

void order(Bench& bench) {
  const RunDocuments run = small_run();
  {
    const auto worker = bench.opened();
    ReporterTalk talk(*worker);
    talk.begin(run.plan);
    talk.finish(run.receipt);  // no event at all
    worker->call({{"do", "close"}});
  }
  // Opened and closed without a run, and after a run that began and never came to its end.
  bench.opened()->call({{"do", "close"}});
  const auto worker = bench.opened();
  ReporterTalk(*worker).begin(run.plan);
  worker->call({{"do", "close"}});
}

void large(Bench& bench) {
  constexpr std::size_t kCases = 100'000;
  tell(bench, documents_of(large_receipt(kCases)), fmt::format("{} cases", kCases));
}

/// Control characters that a terminal or a log reader would act on.
std::string forbidden_in(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool control = (byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7F;
    if (control) return fmt::format("the control character 0x{:02X}", byte);
  }
  if (to_utf8(text) != text || text.find("\xEF\xBF\xBD") != std::string_view::npos) {
    return "bytes that are no UTF-8";
  }
  // GitHub's runner looks behind leading spaces, too.
  for (std::size_t at = text.find("::error file="); at != std::string_view::npos;
       at = text.find("::error file=", at + 1)) {
    const std::size_t before = text.substr(0, at).find_last_not_of(" \t");
    if (before == std::string_view::npos || text[before] == '\n') {
      return "a case's name as a command to the CI system";
    }
  }
  return {};
}

void names(Bench& bench) {
  tell(bench, documents_of(hostile_receipt()), "hostile names");
  const std::string found = forbidden_in(bench.written());
  if (!found.empty()) bench.fail("a stream that is no terminal was sent " + found);
}

void added_members(Bench& bench) {
  tell(bench, with_unknown_members(documents_of(receipt_with_every_status(VerdictStatus::kFail))),
       "documents of a later version");
}

void documents(Bench& bench) {
  const auto worker = bench.opened();
  ReporterTalk talk(*worker);
  talk.whole_run(documents_of(receipt_with_every_status(VerdictStatus::kFail)));
  worker->call({{"do", "close"}});
  if (!talk.changed().empty()) {
    bench.fail(fmt::format("the document given to {} was changed: it is borrowed", talk.changed()));
  }
}

void garbage(Bench& bench) {
  const RunDocuments run = small_run();
  for (const std::string& text : {std::string("{"), std::string("null"), std::string("[]"),
                                  std::string("{}"), std::string(100'000, '[')}) {
    const auto worker = bench.opened();
    ReporterTalk talk(*worker);
    try {
      talk.begin(run.plan);
      talk.finish(text);
    } catch (const worker::PluginError& refusal) {
      if (refusal.message().empty()) bench.fail("refused without a message");
    }
    worker->call({{"do", "close"}});
  }
}

constexpr std::array<Check, 9> kChecks = {{
    {"reporter.statuses", Subject::kReporter,
     "every status of cases, gates and verdicts can be told", statuses},
    {"reporter.empty", Subject::kReporter, "a run that measured nothing can be told", empty},
    {"reporter.interrupted", Subject::kReporter,
     "finish after an interrupted run works, with a case that never finished", interrupted},
    {"reporter.order", Subject::kReporter,
     "finish without events, and close without finish or without a run, work", order},
    {"reporter.large", Subject::kReporter, "a receipt of 100,000 cases can be told", large},
    {"reporter.names", Subject::kReporter,
     "unicode and hostile names can be told, and reach no stream as commands", names},
    {"reporter.added-members", Subject::kReporter,
     "members and events that a later version adds do no harm", added_members},
    {"reporter.documents", Subject::kReporter, "documents, verdict included, are left as they are",
     documents},
    {"reporter.garbage", Subject::kReporter, "a receipt that is none ends in a status", garbage},
}};

}  // namespace

std::span<const Check> reporter_checks() { return kChecks; }

}  // namespace bitgate::conform
