// A table that fits its terminal.
#pragma once

#include <string>
#include <vector>

#include "style.hpp"

namespace console {

struct Column {
  std::string title;
  bool right = false;  ///< alignment
  int rank = 0;  ///< where the table is too wide, columns of the highest rank go first; 0 stays
};

/// A row is cells, or a first few cells and a message in place of the rest.
struct Row {
  std::vector<std::string> cells;
  std::string message;
  bool bad = false;  ///< the message is an error, not a skip
};

/// Lines, each indented by two, with the header dimmed.
std::string render(std::vector<Column> columns, std::vector<Row> rows, const Style& style);

}  // namespace console
