// Tables that fit into a document of limited size.
#pragma once

#include <cstddef>
#include <string>

#include <nlohmann/json.hpp>

namespace markdown {

inline std::string counted(std::size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

/// For what counts the rows that a table leaves out, and for what is around it.
inline constexpr std::size_t kMargin = 200;

/// A row for each item while there is room, in bytes; the rest is counted, and `holder` has it.
template <class Row>
std::string table(const std::string& head, const nlohmann::ordered_json& items,
                  const std::string& what, std::size_t room, const Row& row,
                  const std::string& holder = "the receipt") {
  std::string out = head;
  std::size_t shown = 0;
  for (const nlohmann::ordered_json& item : items) {
    const std::string line = row(item);
    if (out.size() + line.size() + kMargin > room) break;
    out += line;
    ++shown;
  }
  if (shown < items.size()) {
    out +=
        "\nand " + counted(items.size() - shown, "more " + what) + ", which " + holder + " has.\n";
  }
  return out;
}

}  // namespace markdown
