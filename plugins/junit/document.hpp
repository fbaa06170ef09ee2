// A receipt as JUnit XML, as CI systems show test results.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace junit {

/// Three test suites: the verdict, the gates, the cases; a test case for each. JUnit readers take
/// a skipped test for a good one, so what keeps a verdict from pass is never <skipped>:
///
///   | verdict skipped; required gate that was not judged; case error | <error>   |
///   | verdict fail; required gate fail; case fail                    | <failure> |
///   | any other gate or case that is not a pass                      | <skipped> |
std::string document(const nlohmann::ordered_json& receipt);

}  // namespace junit
