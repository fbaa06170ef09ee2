// What abi.h says at bg_op of operands and attributes, for backends that run every operation of it.
#pragma once

#include <bitgate/backend.hpp>

namespace op_rules {

/// Whether these operands and attributes make one of the ABI's operations.
bitgate::Support supports(const bitgate::Op& op);

}  // namespace op_rules
