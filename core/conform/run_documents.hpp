// Runs that never happened, as the documents that a reporter is told of them.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "receipt/receipt.hpp"

namespace bitgate::conform {

struct RunDocuments {
  std::string plan;
  std::vector<std::string> events;
  std::string receipt;
};

/// A run whose receipt is this one: its cases started and finished one after the other.
RunDocuments documents_of(const Receipt& receipt);

/// Two cases, one gate, pass.
Receipt small_receipt();
/// Every status of cases, gates and stages, with this verdict.
Receipt receipt_with_every_status(VerdictStatus verdict);
/// Interrupted before the last case ended.
Receipt interrupted_receipt();
/// Nothing was measured: no case, no gate.
Receipt empty_receipt();
/// `cases` short cases.
Receipt large_receipt(std::size_t cases);
/// Names that terminals, browsers, CI systems and file formats take for commands.
Receipt hostile_receipt();

RunDocuments small_run();

/// The documents with members, events and reasons that a later version may add.
RunDocuments with_unknown_members(RunDocuments documents);

}  // namespace bitgate::conform
