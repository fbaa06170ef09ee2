// The machine and its state, for the receipt and `bitgate doctor`.
#pragma once

#include "receipt/receipt.hpp"

namespace bitgate {

/// CPU model, ISA extensions that kernels care about, cores allowed, cgroup quota, governor, SMT,
/// virtualisation, kernel, memory, compiler and build type of this binary, clock resolution; with
/// warnings for what disturbs measurements. What can't be found out is absent.
Environment read_environment();

}  // namespace bitgate
