// The text of a ledger: the comment in which all gates of a pull request keep their state, in three
// blocks between markers. Only the own row, one hop and the decision are written; every other byte
// stays as it is. Pure functions.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace github {

/// What is entered, escaped and on one line each.
struct Entry {
  std::string gate;    ///< the row's key: "benchmarks"
  std::string status;  ///< "skipped (inconclusive)"
  std::string evidence;
  std::string receipt;  ///< first digits of the digest
  std::string hop;      ///< "2026-01-02T03:04:05Z benchmark-runner: …; NEXT → self"
  std::string state;    ///< "ready", "needs-rework", "in-progress"
  std::string why;
  std::string next;        ///< "FINALIZE → quality-finalizer"
  std::string issue = {};  ///< number of the issue, for the head of a new ledger; empty: not known
};

/// Why a ledger can't be edited without guessing.
class NotEdited : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

enum class LedgerKind {
  kNone,   ///< no ledger
  kWhole,  ///< has the three start markers
  kPart,   ///< has some of them: a ledger that was damaged
};
LedgerKind ledger_kind(std::string_view comment);

/// A new comment with this entry.
std::string new_ledger(const Entry& entry);

/// The comment with the row replaced (or added), the hop appended unless one of the same receipt is
/// there, and the decision rewritten, with the line ends that each block has. The same entry again
/// changes nothing. Evidence is shortened if the comment would become too long. Throws NotEdited.
std::string updated_ledger(const std::string& comment, const Entry& entry);

/// Whether a hop of this receipt is there. Hops are only ever added, so one that is missing after
/// it was written was overwritten.
bool has_hop(std::string_view comment, const Entry& entry);

/// What a comment may be long on GitHub, in characters.
constexpr std::size_t kMostCharacters = 65'536;

}  // namespace github
