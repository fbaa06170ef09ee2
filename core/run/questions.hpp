// What a generating suite asks its model, as token ids.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/model.hpp"
#include "pipeline/pipeline.hpp"
#include "run/generation.hpp"
#include "run/perplexity.hpp"

namespace bitgate {

struct Quiz {
  Questions questions;
  std::vector<std::string> texts;  ///< of the prompts; empty: none, only ids
  std::vector<std::optional<std::string>>
      answers;     ///< right ones, by prompt; empty: none are known
  Texts foretell;  ///< what perplexity is about; empty: nothing is
};

/// A file has a prompt a line, with its right answer behind a tab if it is known; or a text a line,
/// of which what is before a tab is given, long ones in pieces of 512 tokens. Throws
/// std::runtime_error for a file that can't be read or has nothing, answers that are to be checked
/// and missing, ids beyond the vocabulary, text for a model without one, and more tokens than the
/// model's context.
Quiz read_quiz(const SuiteSpec& suite, const model::Model& model);

}  // namespace bitgate
