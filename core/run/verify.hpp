// Whether a receipt says what follows from its samples.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "pipeline/pipeline.hpp"
#include "receipt/receipt.hpp"

namespace bitgate {

/// The pipeline that a receipt holds, read as it was read then. Throws BadReceipt.
Pipeline pipeline_in(const PipelineInfo& info);

struct Verification {
  /// Each a sentence: what the receipt says at some place, and what follows from its samples. None:
  /// the receipt is verified.
  std::vector<std::string> differences;
  std::vector<std::string> notes;  ///< what could not be looked at
  Verdict verdict;                 ///< that follows
};

/// Reads the pipeline that the receipt holds, makes its cases again, and derives summaries,
/// metrics, gates and verdict anew from the raw samples; everything must come out bit for bit, and
/// the receipt's digest must be its own. A pure function of the document. Throws BadReceipt if it
/// is no whole receipt.
Verification verify(const nlohmann::ordered_json& document);

/// Throws BadReceipt unless the document is a receipt as this bitgate writes them: everything is
/// there, of the right kind, and nothing else (docs/receipt.schema.json). Whether it is true is
/// another question.
void require_whole(const nlohmann::ordered_json& document);

/// Holds the pipeline and the plugins where they lie today against the digests in the receipt; what
/// is not there becomes a note.
void verify_files(const Receipt& receipt, Verification& verification);

}  // namespace bitgate
