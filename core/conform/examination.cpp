#include "conform/examination.hpp"

#include <bitgate/abi.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include <fmt/format.h>

#include "conform/space.hpp"
#include "conform/transformer_cases.hpp"
#include "oracle/registry.hpp"

namespace bitgate::conform {
namespace {

struct Named {
  std::string_view check;
  Examine examine;
};

constexpr std::array<Named, 14> kExaminations = {{
    {"numeric.quantize", agrees_with_oracle},
    {"numeric.dequantize", agrees_with_oracle},
    {"numeric.matmul", agrees_with_oracle},
    {"numeric.transformer", agrees_with_oracle},
    {"numeric.in-place", works_in_place},
    {"numeric.big", agrees_with_oracle},
    {"numeric.repeat", repeats_itself},
    {"numeric.fresh-inputs", follows_its_inputs},
    {"numeric.inputs", keeps_its_inputs},
    {"numeric.canaries", stays_in_its_bounds},
    {"numeric.threads", same_on_threads},
    {"numeric.round-trip", reads_what_was_written},
    {"numeric.illegal-codes", refuses_illegal_codes},
    {"numeric.fuzz", agrees_with_oracle},
}};

/// The same bits where there is one right answer; otherwise as good an answer.
Objection same_answer(const Materials& materials, std::span<const std::byte> first,
                      std::span<const std::byte> second, std::string_view what) {
  const Objection objection = materials.exact ? difference(first, second) : materials.judge(second);
  if (!objection) return std::nullopt;
  return fmt::format("{}: {}", what, *objection);
}

void require_format(const NumericCase& what) {
  const std::vector<std::string> known = tensor_formats();
  if (std::find(known.begin(), known.end(), what.format) != known.end()) return;
  throw std::invalid_argument(fmt::format("no format '{}'", what.format));
}

}  // namespace

Objection agrees_with_oracle(Probe& probe, const NumericCase& what) {
  const Materials given = materials(what);
  probe.session(what.threads);
  const Probe::Bound bound = probe.bind(given);
  const std::vector<std::byte> output = probe.run(bound, given);
  probe.release(bound);
  return given.judge(output);
}

Objection works_in_place(Probe& probe, const NumericCase& what) {
  const Materials given = materials(what);
  for (const std::size_t input : in_place_inputs(what.op)) {
    const Probe::Bound bound = probe.bind(given, input);
    const std::vector<std::byte> output = probe.run(bound, given);
    probe.release(bound);
    if (const Objection wrong = given.judge(output)) {
      return fmt::format("with the output in the place of input {}: {}", input, *wrong);
    }
  }
  return std::nullopt;
}

Objection repeats_itself(Probe& probe, const NumericCase& what) {
  const Materials given = materials(what);
  const Probe::Bound bound = probe.bind(given);
  const std::vector<std::byte> first = probe.run(bound, given);
  const std::vector<std::byte> second = probe.run(bound, given);
  const std::vector<std::byte> third = probe.run(bound, given, 3);
  probe.release(bound);
  if (Objection wrong = same_answer(given, first, second, "the first and the second run"))
    return wrong;
  return same_answer(given, first, third, "one run and three");
}

Objection follows_its_inputs(Probe& probe, const NumericCase& what) {
  const Materials given = materials(what);
  const Materials other = materials(what, 1);
  const Probe::Bound bound = probe.bind(given);
  probe.run(bound, given);
  probe.write(bound.op.inputs.back(), other.inputs.back());
  const std::vector<std::byte> output = probe.run(bound, other);
  probe.release(bound);
  return other.judge(output);
}

Objection keeps_its_inputs(Probe& probe, const NumericCase& what) {
  const Materials given = materials(what);
  const Probe::Bound bound = probe.bind(given);
  probe.run(bound, given);
  Objection wrong;
  for (std::size_t i = 0; i < given.inputs.size() && !wrong; ++i) {
    if (const Objection changed = difference(given.inputs[i], probe.read(bound.op.inputs[i]))) {
      wrong = fmt::format("input {} after the run: {}", i, *changed);
    }
  }
  probe.release(bound);
  return wrong;
}

Objection stays_in_its_bounds(Probe& probe, const NumericCase& what) {
  const Materials given = materials(what);
  const worker::TensorRef output = given.op.outputs[0];
  const worker::TensorRef before = probe.create(output);
  const Probe::Bound bound = probe.bind(given);
  const worker::TensorRef behind = probe.create(output);
  for (const worker::TensorRef& neighbour : {before, behind})
    probe.write(neighbour, given.stale[0]);
  probe.run(bound, given);
  Objection wrong = probe.trespass();
  for (const worker::TensorRef& neighbour : {before, behind}) {
    const Objection changed = difference(given.stale[0], probe.read(neighbour));
    if (changed && !wrong) {
      wrong = fmt::format("the tensor made {} the output: {}",
                          neighbour.handle == before.handle ? "before" : "after", *changed);
    }
    probe.client().destroy(neighbour);
  }
  probe.release(bound);
  return wrong;
}

Objection same_on_threads(Probe& probe, const NumericCase& what) {
  const Materials given = materials(what);
  const auto output_of = [&](unsigned threads) {
    probe.session(threads);
    const Probe::Bound bound = probe.bind(given);
    std::vector<std::byte> output = probe.run(bound, given);
    probe.release(bound);
    return output;
  };
  const std::vector<std::byte> one = output_of(1);
  const std::vector<std::byte> several = output_of(what.threads);
  return same_answer(given, one, several, fmt::format("1 thread and {}", what.threads));
}

Objection reads_what_was_written(Probe& probe, const NumericCase& what) {
  require_format(what);
  const std::vector<std::byte> bytes = valid_bytes(what.format, what.rows, what.cols, what.seed);
  const worker::TensorRef tensor = probe.create({what.format, what.rows, what.cols});
  probe.write(tensor, bytes);
  const std::vector<std::byte> back = probe.read(tensor);
  probe.client().destroy(tensor);
  if (probe.trespass()) return probe.trespass();
  const Objection wrong = difference(bytes, back);
  if (!wrong) return std::nullopt;
  return "written and read back: " + *wrong;
}

Objection refuses_illegal_codes(Probe& probe, const NumericCase& what) {
  const oracle::Codec* codec = oracle::find_codec(what.format);
  if (codec == nullptr) throw std::invalid_argument("no ternary format '" + what.format + "'");
  std::vector<std::byte> bytes = valid_bytes(what.format, what.rows, what.cols, what.seed);
  // Somewhere among the codes, wherever the format keeps its scales: the oracle knows.
  std::size_t at = what.weights == "last"     ? bytes.size()
                   : what.weights == "middle" ? bytes.size() / 2
                                              : 0;
  const auto forbidden = [&](std::size_t index) {
    const std::byte kept = bytes[index];
    bytes[index] = std::byte{0xFF};
    try {
      static_cast<void>(codec->decode(bytes, what.rows, what.cols));
    } catch (const std::invalid_argument& error) {
      // Not so a scale that became negative or infinite: formats don't ask backends to look at it.
      if (std::string_view(error.what()).find("illegal") != std::string_view::npos) return true;
    }
    bytes[index] = kept;
    return false;
  };
  bool found = false;
  if (what.weights == "last") {
    while (!found && at > 0) found = forbidden(--at);
  } else {
    for (; !found && at < bytes.size(); ++at) found = forbidden(at);
  }
  if (!found) return std::nullopt;
  const worker::TensorRef tensor = probe.create({what.format, what.rows, what.cols});
  Objection wrong = fmt::format("a write with an illegal code ({}) was accepted", what.weights);
  try {
    probe.write(tensor, bytes);
  } catch (const worker::PluginError& refusal) {
    wrong.reset();
    if (refusal.status() != BG_INVALID_ARGUMENT) {
      wrong = fmt::format("a write with an illegal code ended with '{}', not with INVALID_ARGUMENT",
                          refusal.what());
    }
  }
  probe.client().destroy(tensor);
  return wrong;
}

Examine find_examination(std::string_view check) {
  const auto* found = std::find_if(kExaminations.begin(), kExaminations.end(),
                                   [&](const Named& known) { return known.check == check; });
  return found == kExaminations.end() ? nullptr : found->examine;
}

}  // namespace bitgate::conform
