// Where the run stands, on stderr.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "style.hpp"

namespace console {

/// Text to write to stderr for an event: on a terminal one line that rewrites itself, elsewhere a
/// line for each finished case.
class Progress {
 public:
  Progress(Style style, bool terminal) : style_(style), terminal_(terminal) {}

  std::string event(const nlohmann::json& event);
  /// Takes the rewritten line away.
  std::string clear();

 private:
  [[nodiscard]] std::string live_line(const nlohmann::json& event) const;
  [[nodiscard]] std::string plain_line(const nlohmann::json& event) const;

  Style style_;
  bool terminal_;
  bool shown_ = false;
};

}  // namespace console
