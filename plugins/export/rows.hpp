// What the documents of other tools are made of, from a receipt.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "common/interop/interop.hpp"

namespace exporting {

using interop::Json;

interop::Origin origin_of(const Json& receipt);

/// The times of each case's computation, by its id; why there are none, of a case that was not
/// measured.
std::vector<interop::Series> series_of(const Json& receipt);

/// All metrics with a value of all cases that were measured, with the interval that a gate over
/// one gives. `better`: "higher" or "lower" to have only those; empty: all.
std::vector<interop::Value> values_of(const Json& receipt, const std::string& better);

/// Prefill and decode of all cases that generate and were measured. Not the prefill of prompts that
/// have no whole number of tokens on average.
std::vector<interop::Phase> phases_of(const Json& receipt);

/// How many cases were not measured.
std::size_t unmeasured(const Json& receipt);

}  // namespace exporting
