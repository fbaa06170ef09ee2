// Cases of op generate: rates by phase, and what the model said.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "style.hpp"
#include "table.hpp"

namespace console {

/// Whether a case generated something.
bool generates(const nlohmann::ordered_json& result);

/// Columns behind the axes and the backend, and a timed case's cells for them.
std::vector<Column> generation_columns();
std::vector<std::string> generation_cells(const nlohmann::ordered_json& result, const Style& style);

/// Lines below the table: the model, and its first answers in the first of these cases that has
/// any.
std::string generation_notes(const std::vector<const nlohmann::ordered_json*>& cases,
                             const Style& style);

}  // namespace console
