// An outside command: run as often as its options say, and what its results say. Or such results
// alone, if they were left before.
#pragma once

#include <bitgate/plugin.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "options.hpp"
#include "results.hpp"

namespace process {

class Outside {
 public:
  Outside(bitgate::Host host, Options options) : host_(host), options_(std::move(options)) {}

  /// The answer of op benchmark, as docs/abi.md describes it. Runs the command the first time; what
  /// it measured, or how it failed, holds for all of its benchmarks.
  Json answer(const std::string& name, const std::string& directory);

  /// "cargo bench", or the file, for people.
  [[nodiscard]] std::string shown() const;

 private:
  /// One of the gate contract's words, or "error", and a sentence.
  struct Failure {
    std::string code;
    std::string detail;
  };
  void run_all(const std::string& directory);
  void run_once(const std::string& directory);
  std::vector<Measured> read_criterion_directory(const std::string& root);
  std::vector<Measured> read_document(const std::string& out, const std::string& root);
  std::vector<Measured> read_imported(const std::string& root);
  std::vector<Measured> results_of(const std::string& text);
  void take(std::vector<Measured> measured);
  void refuse_mocks(const std::string& printed, const Json& document) const;
  [[nodiscard]] std::string nothing_from(const std::string& where) const;

  bitgate::Host host_;
  Options options_;
  bool ran_ = false;
  std::optional<Failure> failure_;
  std::string format_;  ///< whose results they are
  std::vector<Measured> measured_;
  std::uint64_t runs_ = 0;
  std::string directory_;
  std::string source_;
  std::string digested_;  ///< text of the last results
  std::string printed_;   ///< by the last run, without results
  /// Results that were there before the last run, with what tells an old file from a new one.
  std::vector<std::pair<std::string, std::string>> before_;
};

}  // namespace process
