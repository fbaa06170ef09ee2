// The promises about numbers, each as a function of one case: what `plugin check` runs over many
// cases and `repro` over one.
#pragma once

#include <string_view>
#include <vector>

#include "conform/materials.hpp"
#include "conform/numeric_case.hpp"
#include "conform/probe.hpp"

namespace bitgate::conform {

/// What the backend breaks in this case, or nothing. Throws as Worker::call does.
using Examine = Objection (*)(Probe& probe, const NumericCase& what);

/// The output is the oracle's: bit for bit, or for floats within the bound of a correct sum.
Objection agrees_with_oracle(Probe& probe, const NumericCase& what);
/// The output is as good where an input was; see in_place_inputs.
Objection works_in_place(Probe& probe, const NumericCase& what);
/// Two runs of a program, and three at once, give the same.
Objection repeats_itself(Probe& probe, const NumericCase& what);
/// New activations in the same tensor give the new answer.
Objection follows_its_inputs(Probe& probe, const NumericCase& what);
/// Inputs read back as they were written.
Objection keeps_its_inputs(Probe& probe, const NumericCase& what);
/// Tensors beside the output, and host memory round the bytes of transfers, stay as they were.
Objection stays_in_its_bounds(Probe& probe, const NumericCase& what);
/// The case's number of threads gives what one thread gives.
Objection same_on_threads(Probe& probe, const NumericCase& what);
/// Whatever a tensor was written reads back bit for bit; `op` is "transfer".
Objection reads_what_was_written(Probe& probe, const NumericCase& what);
/// Bytes that the format forbids are refused; `op` is "illegal", `weights` says where the code is:
/// "first", "middle" or "last". Nothing if the format forbids nothing.
Objection refuses_illegal_codes(Probe& probe, const NumericCase& what);

/// The examination behind a check's name; nullptr if there is none.
Examine find_examination(std::string_view check);

}  // namespace bitgate::conform
