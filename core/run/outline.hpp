// A case before anything ran.
#pragma once

#include "pipeline/expand.hpp"
#include "receipt/receipt.hpp"

namespace bitgate {

/// Its result as far as the plan knows it, with why there is no more.
CaseResult not_run(const Case& what, Reason why);

}  // namespace bitgate
