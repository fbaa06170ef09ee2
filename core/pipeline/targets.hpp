// Documented targets: numbers that somebody published, as data with their source. docs/pipeline.md
// describes the file.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pipeline/pipeline.hpp"

namespace bitgate {

/// Whether a gate of the pipeline asks for a target.
bool wants_targets(const Pipeline& pipeline);

/// Gives each gate that names a target what that target requires, from the text of the file
/// `pipeline.targets`. Where the file is not there (no text), where the pipeline names none, or
/// where it lacks the target, the rule says so in `missing_target`, and its gate can't pass. Throws
/// ConfigError with up to 20 diagnostics if the file is wrong, or a target is not of its gate's
/// metric. A pure function: a receipt that holds the text is judged again by it.
void apply_targets(std::optional<std::string_view> text, Pipeline& pipeline);

/// The same with the file itself, if a gate asks for a target. Throws ConfigError also if it can't
/// be read though it is there.
void read_targets(Pipeline& pipeline);

}  // namespace bitgate
