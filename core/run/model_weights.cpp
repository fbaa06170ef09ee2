#include "run/model_weights.hpp"

#include <bitgate/formats.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <span>

#include <fmt/format.h>

#include "measure/sampling.hpp"
#include "oracle/codec.hpp"
#include "oracle/registry.hpp"
#include "run/weight_check.hpp"
#include "run/workload.hpp"

namespace bitgate {
namespace {

using model::StoredWeight;
using model::WeightRole;

std::uint64_t bytes_of(const worker::TensorRef& tensor) {
  return formats::byte_size(tensor.format, tensor.rows, tensor.cols).value_or(0);
}

/// What the buffer has to hold: every matrix, as it is made and in its format.
std::uint64_t largest(const model::Model& model, const std::string& format) {
  std::uint64_t most = 1;
  for (std::size_t i = 0; i < model.weights().size(); ++i) {
    const StoredWeight& weight = model.weights()[i];
    if (weight.role != WeightRole::kMatrix) continue;
    if (!model.range(i)) most = std::max(most, weight.bytes);
    most = std::max(most, formats::byte_size(format, weight.rows, weight.cols).value_or(0));
  }
  return most;
}

worker::OpSpec quantize_op(worker::TensorRef from, worker::TensorRef to, const char* rounding) {
  return {"quantize", {std::move(from)}, {std::move(to)}, {{"rounding", std::string(rounding)}}};
}

worker::OpSpec dequantize_op(worker::TensorRef from, worker::TensorRef to) {
  return {"dequantize", {std::move(from)}, {std::move(to)}, {}};
}

}  // namespace

ModelWeights::ModelWeights(const model::Model& model, std::string format,
                           worker::BackendClient& client)
    : model_(model),
      format_(std::move(format)),
      client_(client),
      buffer_(largest(model, format_), "bitgate-model"),
      region_(client.attach(buffer_)),
      sources_(model.weights().size()) {}

std::string ModelWeights::target_format(const StoredWeight& weight) const {
  if (weight.role == WeightRole::kMatrix) return format_;
  return weight.role == WeightRole::kNorm ? std::string(formats::kF32) : weight.format;
}

bool ModelWeights::is_converted(std::size_t weight) const {
  const StoredWeight& stored = model_.weights()[weight];
  // Master weights stay float in a float format, but hold ternary values from then on.
  const bool master = stored.role == WeightRole::kMatrix && !stored.ternary;
  return master || stored.format != target_format(stored);
}

worker::TensorRef ModelWeights::scratch(const std::string& format, const worker::TensorRef& like) {
  worker::TensorRef wanted{format, like.rows, like.cols, 0};
  if (dry_) return wanted;
  worker::TensorRef& tensor = scratch_[fmt::format("{} {}x{}", format, like.rows, like.cols)];
  std::uint64_t ns = 0;
  if (tensor.handle == 0) tensor = client_.create(wanted, ns);
  return tensor;
}

std::vector<worker::OpSpec> ModelWeights::conversion(std::size_t weight,
                                                     const worker::TensorRef& from,
                                                     const worker::TensorRef& to) {
  std::vector<worker::OpSpec> ops;
  const std::string f32(formats::kF32);
  const bool stored_ternary = model_.weights()[weight].ternary;
  // A norm, or ternary weights as the values that they stand for.
  if (to.format == f32 && (stored_ternary || from.rows == 1)) return {dequantize_op(from, to)};
  worker::TensorRef values = from;
  if (from.format != f32) {
    values = scratch(f32, from);
    ops.push_back(dequantize_op(from, values));
  }
  if (formats::is_ternary(to.format)) {
    ops.push_back(quantize_op(values, to, stored_ternary ? "ternary" : "absmean"));
    return ops;
  }
  // A float format holds what the ternary weights stand for.
  if (!stored_ternary) {
    const worker::TensorRef codes = scratch(std::string(formats::kT8), from);
    ops.push_back(quantize_op(values, codes, "absmean"));
    values = to.format == f32 ? to : scratch(f32, from);
    ops.push_back(dequantize_op(codes, values));
  }
  if (to.format != f32) ops.push_back(quantize_op(values, to, "nearest"));
  return ops;
}

std::optional<std::string> ModelWeights::unsupported() {
  dry_ = true;
  std::optional<std::string> why;
  for (std::size_t i = 0; i < sources_.size() && !why; ++i) {
    const StoredWeight& stored = model_.weights()[i];
    const worker::TensorRef from{stored.format, stored.rows, stored.cols, 0};
    const worker::TensorRef to{target_format(stored), stored.rows, stored.cols, 0};
    if (!formats::byte_size(to.format, to.rows, to.cols)) {
      why = fmt::format("{}: {}", stored.name, formats::why_not(to.format, to.rows, to.cols));
    }
    if (!is_converted(i)) continue;
    for (const worker::OpSpec& op : conversion(i, from, to)) {
      if (!why) why = client_.unsupported(op);
    }
  }
  dry_ = false;
  return why;
}

std::uint64_t ModelWeights::load_one(std::size_t weight) {
  const StoredWeight& stored = model_.weights()[weight];
  worker::TensorRef& tensor = sources_[weight];
  std::uint64_t ns = 0;
  tensor = client_.create({stored.format, stored.rows, stored.cols, 0}, ns);
  if (const auto range = model_.range(weight)) {
    std::uint64_t reach_ns = 0;
    const worker::Region file =
        client_.attach_file(model_.file(), range->offset, range->size, reach_ns);
    ns += reach_ns + client_.write(tensor, file, range->size);
    client_.detach(file);
    return ns;
  }
  return ns + write_made(weight);
}

std::uint64_t ModelWeights::write_made(std::size_t weight) {
  const std::uint64_t size = model_.weights()[weight].bytes;
  if (size <= buffer_.bytes().size()) {
    model_.fill(weight, buffer_.bytes().first(size));
    return client_.write(sources_[weight], region_, size);
  }
  // What is far larger than the matrices is not to stay in memory beside all that follows.
  worker::SharedMemory own(size, "bitgate-weight");
  model_.fill(weight, own.bytes());
  const worker::Region region = client_.attach(own);
  const std::uint64_t ns = client_.write(sources_[weight], region, size);
  client_.detach(region);
  return ns;
}

StageResult ModelWeights::load() {
  // The largest first: its bytes in the file are mapped while hardly anything else is in memory.
  std::vector<std::size_t> order(sources_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return model_.weights()[a].bytes > model_.weights()[b].bytes;
  });
  return measure_briefly([&](std::uint64_t samples, std::uint64_t repeat) {
    std::vector<std::uint64_t> times(samples, 0);
    for (std::uint64_t& time : times) {
      for (std::uint64_t i = 0; i < repeat; ++i) {
        for (worker::TensorRef& tensor : sources_) {
          if (tensor.handle != 0) client_.destroy(tensor);
        }
        for (const std::size_t weight : order) time += load_one(weight);
      }
    }
    return times;
  });
}

void ModelWeights::prepare_conversions() {
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    const StoredWeight& stored = model_.weights()[i];
    if (!is_converted(i)) {
      weights_[stored.name] = sources_[i];
      continue;
    }
    std::uint64_t ns = 0;
    Conversion one{i, client_.create({target_format(stored), stored.rows, stored.cols, 0}, ns)};
    one.program = client_.prepare(conversion(i, sources_[i], one.to), ns);
    weights_[stored.name] = one.to;
    conversions_.push_back(std::move(one));
  }
}

void ModelWeights::drop_sources() {
  for (const Conversion& one : conversions_) client_.destroy_program(one.program);
  for (const Conversion& one : conversions_) client_.destroy(sources_[one.weight]);
  for (const auto& [key, tensor] : scratch_) client_.destroy(tensor);
  scratch_.clear();
}

StageResult ModelWeights::quantize(const std::function<std::uint64_t()>& also_ns) {
  prepare_conversions();
  StageResult result = measure_briefly([&](std::uint64_t samples, std::uint64_t repeat) {
    std::vector<std::uint64_t> times(samples, 0);
    for (std::uint64_t& time : times) {
      for (std::uint64_t i = 0; i < repeat; ++i) {
        for (const Conversion& one : conversions_) {
          time += client_.sample({{one.program}}, 0, 1, 1).at(0);
        }
        time += also_ns();
      }
    }
    return times;
  });
  drop_sources();
  return result;
}

QuantizeCheck ModelWeights::check() {
  WeightCheck check(format_);
  std::vector<std::byte> stored_bytes;
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    const StoredWeight& stored = model_.weights()[i];
    if (stored.role != WeightRole::kMatrix) continue;
    const worker::TensorRef& tensor = weights_.at(stored.name);
    const std::uint64_t size = bytes_of(tensor);
    stored_bytes.resize(stored.bytes);
    model_.fill(i, stored_bytes);
    std::fill_n(buffer_.bytes().begin(), size, std::byte{0xA5});
    client_.read(tensor, region_, size);
    check.add(stored, stored_bytes, buffer_.bytes().first(size));
  }
  return check.result();
}

std::string ModelWeights::embedding_format() const { return model_.weights().front().format; }

std::uint64_t ModelWeights::stored_bytes() const {
  std::uint64_t sum = 0;
  for (const StoredWeight& weight : model_.weights()) sum += weight.bytes;
  return sum;
}

std::uint64_t ModelWeights::device_bytes() const {
  std::uint64_t sum = 0;
  for (const StoredWeight& weight : model_.weights()) {
    sum += formats::byte_size(target_format(weight), weight.rows, weight.cols).value_or(0);
  }
  return sum;
}

std::optional<std::uint64_t> ModelWeights::resident_bytes() const {
  std::uint64_t sum = 0;
  for (const auto& [name, tensor] : weights_) {
    const auto bytes = client_.footprint(tensor);
    if (!bytes) return std::nullopt;
    sum += *bytes;
  }
  return sum;
}

void ModelWeights::release() { client_.detach(region_); }

}  // namespace bitgate
