#include "conform/check.hpp"

namespace bitgate::conform {

std::string_view word(Status status) {
  switch (status) {
    case Status::kPass:
      return "pass";
    case Status::kSkip:
      return "skip";
    case Status::kWarn:
      return "warn";
    case Status::kFail:
      return "fail";
    case Status::kCrash:
      break;
  }
  return "crash";
}

std::vector<Check> all_checks() {
  std::vector<Check> all;
  for (const auto group : {load_checks(), surroundings_checks(), describe_checks(),
                           numeric_checks(), timing_checks(), fault_checks(), reporter_checks()}) {
    all.insert(all.end(), group.begin(), group.end());
  }
  return all;
}

}  // namespace bitgate::conform
