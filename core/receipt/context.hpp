// What a receipt is about, as far as it is known: each fact with where it was found, or why it is
// not known. Nothing is guessed.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace bitgate {

/// Names of the facts, in the order of the receipt.
inline constexpr std::array<std::string_view, 9> kFacts = {"repository", "commit",       "branch",
                                                           "base",       "pull_request", "issue",
                                                           "labels",     "changed",      "scope"};

/// Whether a fact is a list of texts: labels, changed paths, and the features and suites that a
/// pipeline has on.
bool is_list_fact(std::string_view name);

struct Fact {
  std::optional<std::vector<std::string>> values;  ///< one text, or a list's; nothing: not known
  std::string source;                              ///< "command line", "event", "git", …
  std::string reason;                              ///< why it is not known, with the fix

  [[nodiscard]] bool known() const { return values.has_value(); }
  /// Of a fact that is no list; empty if it is not known.
  [[nodiscard]] std::string text() const { return values ? values->front() : ""; }
};

class Context {
 public:
  /// `name`: one of kFacts.
  [[nodiscard]] const Fact& operator[](std::string_view name) const;
  [[nodiscard]] Fact& operator[](std::string_view name);

 private:
  std::array<Fact, kFacts.size()> facts_;
};

nlohmann::ordered_json to_json(const Context& context);
/// Throws BadReceipt.
Context context_of(const nlohmann::ordered_json& document);

}  // namespace bitgate
