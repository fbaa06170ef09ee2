// What one case takes and gives: the operation, its input bytes, and the oracle's opinion of the
// output.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "conform/numeric_case.hpp"
#include "worker/backend_client.hpp"

namespace bitgate::conform {

/// What is wrong with an output, "row 2, column 7: expected -254, got 0 (12 of 660 elements
/// differ)".
using Objection = std::optional<std::string>;

/// The operation of a case, on descriptions of tensors.
worker::OpSpec operation(const NumericCase& what);

struct Materials {
  worker::OpSpec op;                           ///< operands are descriptions
  std::vector<std::vector<std::byte>> inputs;  ///< canonical bytes, one for each of op.inputs
  /// What each output holds before: valid, and not the answer, or what the operation adds to.
  std::vector<std::vector<std::byte>> stale;
  bool exact = true;  ///< one right answer, or a bound around it
  /// Of all outputs, one behind the other.
  std::function<Objection(std::span<const std::byte>)> judge;
};

/// `variant` gives other inputs for the same case, and so another answer; matmul keeps its weights,
/// which a backend may have repacked when the program was prepared. Throws
/// std::invalid_argument for words or shapes that do not exist.
Materials materials(const NumericCase& what, std::uint64_t variant = 0);

/// Valid bytes of any tensor format, random by the seed.
std::vector<std::byte> valid_bytes(const std::string& format, std::uint64_t rows,
                                   std::uint64_t cols, std::uint64_t seed);

/// Where two byte strings of a tensor differ first; "byte 3: 0x55 and 0x54 (2 of 64 bytes differ)".
Objection difference(std::span<const std::byte> a, std::span<const std::byte> b);

}  // namespace bitgate::conform
