#include "run/outline.hpp"

#include <utility>

namespace bitgate {

CaseResult not_run(const Case& what, Reason why) {
  CaseResult result;
  result.id = what.id;
  result.suite = what.suite->name;
  result.backend = what.backend->name;
  result.axes = what.axes();
  result.reason = std::move(why);
  return result;
}

}  // namespace bitgate
