// Several receipts of one pipeline as one.
#pragma once

#include <span>
#include <stdexcept>
#include <string>

#include "receipt/receipt.hpp"

namespace bitgate {

/// Receipts that don't belong together; what() says in what they differ.
class CantMerge : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A receipt and what to call it in messages.
struct Shard {
  std::string name;
  Receipt receipt;
};

/// The receipt of a run that had done what these, at least one, did together: every case of the
/// pipeline and every comparison from the one that has it, judged anew; what none has is missing,
/// which no gate passes over. They must be of the same pipeline with the same changes from the
/// command line, of the same plugins, models and bitgate, and no two may hold the same case.
///
/// A kind of machine, which is its processor and how many cores it gave, is an axis: receipts of
/// several kinds make every case of the pipeline one case for each, with the axis `machine`, and
/// what is compared is compared on one machine. Throws CantMerge, or BadReceipt if the pipeline
/// can't be read.
Receipt merge(std::span<const Shard> shards);

}  // namespace bitgate
