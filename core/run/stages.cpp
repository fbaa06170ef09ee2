#include "run/stages.hpp"

#include <bitgate/formats.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <stdexcept>

#include <fmt/format.h>

#include "base/sha256.hpp"
#include "measure/ceilings.hpp"
#include "oracle/codec.hpp"
#include "oracle/registry.hpp"

namespace bitgate {
namespace {

constexpr std::byte kPoison{0xA5};
/// Copies of the weights that a case may have. Beyond, the bookkeeping of so many tensors would be
/// what is measured.
constexpr std::uint64_t kMostSlots = 8192;

std::uint64_t bytes_of(const worker::TensorRef& tensor) {
  return formats::byte_size(tensor.format, tensor.rows, tensor.cols).value_or(0);
}

bool within_two_ulp(float a, float b) {
  return std::abs(a - b) <= 2 * std::numeric_limits<float>::epsilon() * std::abs(b);
}

/// Of f16, whose scales are the nearest to an f32 that may itself differ in its last bits.
bool within_half_ulp(float half, float wanted) {
  constexpr float kSmallest = 0x1p-24F;
  return std::abs(half - wanted) <= std::max(0x1.01p-11F * std::abs(wanted), kSmallest);
}

void judge_values(std::span<const float> source, std::span<const float> got, QuantizeCheck& check) {
  check.nmse = oracle::nmse(source, got);
  check.cosine = oracle::cosine(source, got);
  check.max_abs = oracle::max_abs_difference(source, got);
}

DeviceSamples device_samples(std::span<const worker::DeviceTime> times) {
  DeviceSamples out;
  for (const worker::DeviceTime& time : times) {
    if (time.queued_ns) out.queued_ns.push_back(*time.queued_ns);
    if (time.submitted_ns) out.submitted_ns.push_back(*time.submitted_ns);
    out.execution_ns.push_back(time.execution_ns);
  }
  // A part that is not told of every sample can't be laid beside them.
  if (out.queued_ns.size() != times.size()) out.queued_ns.clear();
  if (out.submitted_ns.size() != times.size()) out.submitted_ns.clear();
  return out;
}

}  // namespace

Stages::Stages(const Case& what, worker::BackendClient& client, Workload& workload)
    : case_(what),
      client_(client),
      workload_(workload),
      buffer_(std::max({bytes_of(weights_spec()), bytes_of(activations_spec()),
                        bytes_of(output_spec()), std::uint64_t{1}}),
              "bitgate-transfer"),
      weights_region_(client.attach(workload.weights())),
      buffer_region_(client.attach(buffer_)) {}

bool Stages::quantized() const { return case_.format != formats::kF32; }

worker::TensorRef Stages::weights_spec() const {
  return {case_.format, case_.shape.rows, case_.shape.cols};
}

worker::TensorRef Stages::activations_spec() const {
  return {std::string(activations_format(case_.format)), case_.batch, case_.shape.cols};
}

worker::TensorRef Stages::output_spec() const {
  if (case_.suite->op == ComputeOp::kDequantize) {
    return {std::string(formats::kF32), case_.shape.rows, case_.shape.cols};
  }
  const bool integer = formats::is_ternary(case_.format);
  return {std::string(integer ? formats::kI32 : formats::kF32), case_.batch, case_.shape.rows};
}

worker::OpSpec Stages::quantize_op(worker::TensorRef from, worker::TensorRef to) const {
  std::string rounding = "nearest";
  if (formats::is_ternary(to.format)) {
    rounding = case_.suite->rounding == oracle::Rounding::kTernary ? "ternary" : "absmean";
  }
  return {"quantize", {std::move(from)}, {std::move(to)}, {{"rounding", std::move(rounding)}}};
}

worker::OpSpec Stages::compute_op(worker::TensorRef weights, worker::TensorRef x,
                                  worker::TensorRef y) const {
  if (case_.suite->op == ComputeOp::kDequantize) {
    return {"dequantize", {std::move(weights)}, {std::move(y)}, {}};
  }
  return {"matmul", {std::move(weights), std::move(x)}, {std::move(y)}, {}};
}

std::optional<std::string> Stages::unsupported() {
  if (!formats::byte_size(case_.format, case_.shape.rows, case_.shape.cols)) {
    return formats::why_not(case_.format, case_.shape.rows, case_.shape.cols);
  }
  if (slot_count() > kMostSlots) {
    return fmt::format(
        "cold weights of {} bytes need {} copies to outgrow {} MiB of cache, more than {}: take a "
        "larger shape, or cache: hot",
        bytes_of(weights_spec()), slot_count(), last_level_cache() >> 20, kMostSlots);
  }
  if (quantized()) {
    const worker::TensorRef source{std::string(formats::kF32), case_.shape.rows, case_.shape.cols};
    if (auto why = client_.unsupported(quantize_op(source, weights_spec()))) return why;
  }
  return client_.unsupported(compute_op(weights_spec(), activations_spec(), output_spec()));
}

StageResult Stages::load() {
  const worker::TensorRef spec{std::string(formats::kF32), case_.shape.rows, case_.shape.cols};
  return measure_briefly([&](std::uint64_t samples, std::uint64_t repeat) {
    std::vector<std::uint64_t> times(samples, 0);
    for (std::uint64_t& time : times) {
      for (std::uint64_t i = 0; i < repeat; ++i) {
        if (source_.handle != 0) client_.destroy(source_);
        std::uint64_t ns = 0;
        source_ = client_.create(spec, ns);
        time += ns + client_.write(source_, weights_region_, bytes_of(spec));
      }
    }
    return times;
  });
}

StageResult Stages::quantize() {
  std::uint64_t ns = 0;
  activations_ = client_.create(activations_spec(), ns);
  Slot slot;
  slot.weights = quantized() ? client_.create(weights_spec(), ns) : source_;
  slot.output = client_.create(output_spec(), ns);
  slots_.push_back(slot);
  Slot& first = slots_.front();
  const std::vector<worker::OpSpec> compute = {
      compute_op(first.weights, activations_, first.output)};
  if (!quantized()) {
    first.program = client_.prepare(compute, ns);
    StageResult none;
    none.reason = "f32 weights are used as they are";
    return none;
  }
  const std::uint64_t program = client_.prepare({quantize_op(source_, first.weights)}, ns);
  StageResult result = measure_briefly([&](std::uint64_t samples, std::uint64_t repeat) {
    std::vector<std::uint64_t> times(samples, 0);
    for (std::uint64_t& time : times) {
      for (std::uint64_t i = 0; i < repeat; ++i) {
        time += run_timed({{program}}, 0, 1, 1).at(0);
        if (first.program != 0) client_.destroy_program(first.program);
        std::uint64_t prepare_ns = 0;
        first.program = client_.prepare(compute, prepare_ns);
        time += prepare_ns;
      }
    }
    return times;
  });
  client_.destroy_program(program);
  return result;
}

QuantizeCheck Stages::check_weights() {
  const worker::TensorRef& weights = slots_.front().weights;
  const std::uint64_t size = bytes_of(weights);
  std::fill_n(buffer_.bytes().begin(), size, kPoison);
  client_.read(weights, buffer_region_, size);
  const std::span<const std::byte> bytes = buffer_.bytes().first(size);
  if (formats::is_ternary(weights.format)) return check_ternary(weights, bytes);
  // Floats have one right rounding: element by element, bit by bit.
  const std::span<const std::byte> wanted = workload_.float_weights(weights.format);
  const std::size_t element = size / (weights.rows * weights.cols);
  QuantizeCheck check;
  for (std::size_t at = 0; at < size; at += element) {
    check.mismatches += std::memcmp(&wanted[at], &bytes[at], element) != 0 ? 1 : 0;
  }
  judge_values(workload_.weight_values(), float_values(weights.format, bytes), check);
  return check;
}

QuantizeCheck Stages::check_ternary(const worker::TensorRef& weights,
                                    std::span<const std::byte> bytes) {
  const std::span<const float> source = workload_.weight_values();
  const oracle::Ternary& wanted = workload_.ternary();
  QuantizeCheck check;
  try {
    const oracle::Codec& codec = *oracle::find_codec(weights.format);
    const oracle::Ternary got = codec.decode(bytes, weights.rows, weights.cols);
    // The mean behind absmean's scale may be summed in any order, which the last bits show; the
    // codes must be exact for the scale that was chosen. A format with scales of 16 bits does not
    // say which that was, so there the oracle's own codes count.
    const bool narrow = !got.block_scales.empty();
    const std::vector<std::int8_t> codes =
        narrow || got.scale == wanted.scale
            ? wanted.codes
            : oracle::ternary_codes(source, got.scale, case_.suite->rounding);
    for (std::size_t i = 0; i < codes.size(); ++i) {
      check.mismatches += codes[i] != got.codes[i] ? 1 : 0;
    }
    const bool scales_right =
        narrow ? std::all_of(got.block_scales.begin(), got.block_scales.end(),
                             [&](float scale) { return within_half_ulp(scale, wanted.scale); })
               : within_two_ulp(got.scale, wanted.scale);
    if (!scales_right) check.mismatches = codes.size();
    judge_values(source, oracle::dequantize(got), check);
  } catch (const std::invalid_argument&) {
    check.mismatches = source.size();
    check.nmse = std::numeric_limits<double>::infinity();
    check.cosine = std::numeric_limits<double>::quiet_NaN();
    check.max_abs = std::numeric_limits<double>::infinity();
  }
  return check;
}

std::uint64_t Stages::slot_count() const {
  if (case_.cache == Cache::kHot) return 1;
  const bool writes_more = case_.suite->op == ComputeOp::kDequantize;
  const std::uint64_t touched =
      bytes_of(weights_spec()) + (writes_more ? bytes_of(output_spec()) : 0);
  return kColdCaches * last_level_cache() / std::max<std::uint64_t>(touched, 1) + 1;
}

void Stages::add_copies() {
  const worker::TensorRef original = slots_.front().weights;
  const std::uint64_t size = bytes_of(original);
  const bool from_buffer = quantized();
  if (from_buffer) client_.read(original, buffer_region_, size);
  while (slots_.size() < slot_count()) {
    std::uint64_t ns = 0;
    Slot slot;
    slot.weights = client_.create(weights_spec(), ns);
    client_.write(slot.weights, from_buffer ? buffer_region_ : weights_region_, size);
    slot.output = client_.create(output_spec(), ns);
    slot.program = client_.prepare({compute_op(slot.weights, activations_, slot.output)}, ns);
    slots_.push_back(slot);
  }
  const std::uint64_t output_size = bytes_of(output_spec());
  std::fill_n(buffer_.bytes().begin(), output_size, kPoison);
  for (const Slot& slot : slots_) client_.write(slot.output, buffer_region_, output_size);
}

void Stages::write_activations(std::uint64_t variant) {
  if (case_.suite->op == ComputeOp::kDequantize) return;
  const std::vector<std::byte> bytes = workload_.activations(case_.format, case_.batch, variant);
  std::copy(bytes.begin(), bytes.end(), buffer_.bytes().begin());
  client_.write(activations_, buffer_region_, bytes.size());
}

std::vector<std::uint64_t> Stages::run_timed(std::span<const std::uint64_t> programs,
                                             std::size_t first, std::uint64_t samples,
                                             std::uint64_t repeat) {
  std::vector<std::uint64_t> times = client_.sample(programs, first, samples, repeat);
  const std::vector<worker::DeviceTime>& device = client_.device_times();
  for (std::size_t i = 0; i < device.size(); ++i) {
    const std::string why = worker::implausible_clock(device[i], times[i]);
    if (!why.empty()) throw std::runtime_error(why);
  }
  return times;
}

std::vector<std::uint64_t> Stages::sample(std::uint64_t samples, std::uint64_t repeat) {
  // Fresh activations for every group of samples: a backend that remembers answers is found out.
  const std::uint64_t variant = next_variant_++ % kVariants;
  write_activations(variant);
  std::vector<std::uint64_t> programs;
  for (const Slot& slot : slots_) programs.push_back(slot.program);
  std::vector<std::uint64_t> times = run_timed(programs, next_slot_, samples, repeat);
  const std::vector<worker::DeviceTime>& device = client_.device_times();
  device_times_.insert(device_times_.end(), device.begin(), device.end());

  const std::uint64_t executions = samples * repeat;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    Slot& slot = slots_[(next_slot_ + i) % slots_.size()];
    const std::uint64_t mine =
        executions / slots_.size() + (i < executions % slots_.size() ? 1 : 0);
    slot.executions += mine;
    if (mine > 0) slot.variant = variant;
  }
  next_slot_ = (next_slot_ + executions) % slots_.size();
  return times;
}

StageResult Stages::compute(const Sampling& sampling) {
  add_copies();
  device_times_.clear();
  StageResult result = measure_stage(
      [&](std::uint64_t samples, std::uint64_t repeat) { return sample(samples, repeat); },
      sampling);
  // The samples that count are those that were taken last.
  const std::size_t count = result.samples_ns.size();
  if (device_times_.size() >= count) {
    result.device_clock = device_samples(std::span(device_times_).last(count));
  }
  return result;
}

StageResult Stages::output() {
  return measure_briefly([&](std::uint64_t samples, std::uint64_t repeat) {
    std::vector<std::uint64_t> times(samples, 0);
    for (std::uint64_t& time : times) {
      for (std::uint64_t i = 0; i < repeat; ++i) {
        time += client_.read(slots_.front().output, buffer_region_, bytes_of(output_spec()));
      }
    }
    return times;
  });
}

std::span<const std::byte> Stages::read_output(const Slot& slot) {
  const std::uint64_t size = bytes_of(slot.output);
  std::fill_n(buffer_.bytes().begin(), size, kPoison);
  client_.read(slot.output, buffer_region_, size);
  return buffer_.bytes().first(size);
}

const Expected& Stages::expected(std::uint64_t variant) {
  if (case_.suite->op != ComputeOp::kDequantize) {
    return workload_.matmul(case_.format, case_.batch, variant);
  }
  if (dequantized_.value.empty()) {
    const bool ternary = formats::is_ternary(case_.format);
    const std::vector<float> values =
        ternary ? oracle::dequantize(workload_.ternary())
                : float_values(case_.format, workload_.float_weights(case_.format));
    dequantized_.value.assign(values.begin(), values.end());
    // The scale of absmean may differ in its last bits, see check_weights; what check_weights saw
    // of scales of 16 bits holds here too.
    const bool narrow = case_.format == formats::kTq1 || case_.format == formats::kTq2;
    const double slack = !ternary ? 0 : narrow ? 0x1.01p-11 : 0x1p-22;
    for (const double value : dequantized_.value) {
      dequantized_.bound.push_back(slack * std::abs(value));
    }
  }
  return dequantized_;
}

OutputCheck Stages::check_outputs() {
  OutputCheck check;
  const auto look = [&](const Slot& slot) {
    const Expected& wanted = expected(slot.variant);
    const std::span<const std::byte> bytes = read_output(slot);
    check.mismatches += mismatches(bytes, wanted);
    const double error = max_error(bytes, wanted);
    if (error > check.max_error || std::isnan(error)) check.max_error = error;  // a NaN stays
    check.checked += wanted.exact.size() + wanted.value.size();
    return bytes;
  };
  for (const Slot& slot : slots_) {
    if (slot.executions > 0) look(slot);
  }
  // Which activations came last depends on timing; that each of them is answered, and the digest,
  // must not.
  for (std::uint64_t variant = kVariants; variant-- > 0;) {
    next_slot_ = 0;
    next_variant_ = variant;
    sample(1, 1);
    check.digest = sha256(look(slots_.front()));
  }
  return check;
}

std::vector<KernelCalls> Stages::kernels() {
  std::vector<KernelCalls> total;
  for (const Slot& slot : slots_) {
    std::uint64_t calls = 0;
    for (const worker::KernelCount& kernel : client_.kernels(slot.program)) {
      calls += kernel.calls;
      const auto known = std::find_if(total.begin(), total.end(), [&](const KernelCalls& entry) {
        return entry.name == kernel.name;
      });
      if (known == total.end()) {
        total.push_back({kernel.name, kernel.calls});
      } else {
        known->calls += kernel.calls;
      }
    }
    if (calls < slot.executions) {
      throw std::runtime_error(
          fmt::format("the backend counted {} kernel calls for {} executions of a program", calls,
                      slot.executions));
    }
  }
  return total;
}

void Stages::release() {
  client_.detach(weights_region_);
  client_.detach(buffer_region_);
}

}  // namespace bitgate
