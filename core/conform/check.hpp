// The conformance kit's vocabulary: a check proves one promise of a plugin's, and ends in a status.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bitgate::conform {

class Bench;

enum class Status {
  kPass,
  kSkip,   ///< could not be checked here, with the reason
  kWarn,   ///< allowed, or not certain enough to fail
  kFail,   ///< the plugin breaks a rule
  kCrash,  ///< its worker died or hung
};

/// "pass", "skip", "warn", "fail", "crash".
std::string_view word(Status status);

/// What a check is about, and so how often it is run.
enum class Subject {
  kPlugin,    ///< any plugin
  kBackend,   ///< a backend
  kDevice,    ///< a backend, once for each of its devices
  kReporter,  ///< a reporter
};

struct Check {
  std::string_view name;  ///< "group.what"
  Subject subject;
  std::string_view proves;  ///< one line
  void (*run)(Bench& bench);
};

/// One thing that a check found out.
struct Finding {
  Status status = Status::kFail;
  std::string text;
  std::string token;  ///< of the case that shows it, for `bitgate repro`; empty if there is none
};

struct Result {
  std::string plugin;
  std::string check;
  Subject subject = Subject::kPlugin;
  std::string device;  ///< empty if the check is not about one
  Status status = Status::kPass;
  std::vector<Finding> findings;  ///< the gravest first
  std::string output;             ///< the last lines that the plugin printed before its worker died
  double seconds = 0;
};

/// The groups, one file each.
std::span<const Check> load_checks();
std::span<const Check> surroundings_checks();
std::span<const Check> describe_checks();
std::span<const Check> numeric_checks();
std::span<const Check> timing_checks();
std::span<const Check> fault_checks();
std::span<const Check> reporter_checks();

/// Every check there is, in the order in which they run.
std::vector<Check> all_checks();

}  // namespace bitgate::conform
