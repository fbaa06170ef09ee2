#include "conform/probe.hpp"

#include <bitgate/formats.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace bitgate::conform {
namespace {

/// Not a multiple of a vector's size: plugins get pointers that are aligned to a byte.
constexpr std::uint64_t kGuard = 257;
constexpr std::byte kGuardByte{0xC3};

std::uint64_t bytes_of(const worker::TensorRef& tensor) {
  return formats::byte_size(tensor.format, tensor.rows, tensor.cols).value_or(0);
}

}  // namespace

void Probe::session(unsigned threads) {
  if (threads == threads_) return;
  threads_ = 0;
  client_.open_session(device_, threads);
  threads_ = threads;
}

std::optional<std::string> Probe::unsupported(const NumericCase& what) {
  return client_.unsupported(operation(what));
}

std::span<std::byte> Probe::room(std::uint64_t size) {
  const std::uint64_t whole = size + 2 * kGuard;
  if (memory_.bytes().size() < whole) {
    if (region_) client_.detach(*region_);
    region_.reset();
    memory_ = worker::SharedMemory(std::max<std::uint64_t>(whole, 1U << 20), "bitgate-transfer");
    region_ = client_.attach(memory_);
  }
  const std::span<std::byte> all = memory_.bytes().first(whole);
  std::fill_n(all.begin(), kGuard, kGuardByte);
  std::fill_n(all.end() - kGuard, kGuard, kGuardByte);
  return all.subspan(kGuard, size);
}

void Probe::look_for_trespass(std::uint64_t size, const char* step) {
  const std::span<const std::byte> all = memory_.bytes().first(size + 2 * kGuard);
  const auto kept = [](std::byte byte) { return byte == kGuardByte; };
  const bool before = std::all_of(all.begin(), all.begin() + kGuard, kept);
  const bool behind = std::all_of(all.end() - kGuard, all.end(), kept);
  if (before && behind) return;
  trespass_ = fmt::format("{} of {} bytes changed memory {} them", step, size,
                          before ? "behind" : "before");
}

worker::TensorRef Probe::create(const worker::TensorRef& description) {
  std::uint64_t ns = 0;
  return client_.create(description, ns);
}

void Probe::write(const worker::TensorRef& tensor, std::span<const std::byte> bytes) {
  const std::span<std::byte> to = room(bytes.size());
  std::copy(bytes.begin(), bytes.end(), to.begin());
  client_.write(tensor, *region_, bytes.size(), kGuard);
  look_for_trespass(bytes.size(), "write");
  if (!std::equal(bytes.begin(), bytes.end(), to.begin())) {
    trespass_ = fmt::format("write of {} bytes changed the bytes that it was given", bytes.size());
  }
}

std::vector<std::byte> Probe::read(const worker::TensorRef& tensor) {
  const std::uint64_t size = bytes_of(tensor);
  const std::span<std::byte> from = room(size);
  std::fill(from.begin(), from.end(), std::byte{0x5A});
  client_.read(tensor, *region_, size, kGuard);
  look_for_trespass(size, "read");
  return {from.begin(), from.end()};
}

Probe::Bound Probe::bind(const Materials& materials, std::optional<std::size_t> in_place) {
  Bound bound{materials.op, 0, in_place};
  for (std::size_t i = 0; i < bound.op.inputs.size(); ++i) {
    bound.op.inputs[i] = create(bound.op.inputs[i]);
    write(bound.op.inputs[i], materials.inputs[i]);
  }
  for (worker::TensorRef& output : bound.op.outputs) {
    output = in_place ? bound.op.inputs[*in_place] : create(output);
  }
  std::uint64_t ns = 0;
  bound.program = client_.prepare({bound.op}, ns);
  return bound;
}

void Probe::release(const Bound& bound) {
  client_.destroy_program(bound.program);
  for (const worker::TensorRef& tensor : bound.op.inputs) client_.destroy(tensor);
  if (bound.in_place) return;
  for (const worker::TensorRef& tensor : bound.op.outputs) client_.destroy(tensor);
}

std::vector<std::byte> Probe::run(const Bound& bound, const Materials& materials,
                                  std::uint64_t repeat) {
  for (std::size_t i = 0; i < bound.op.outputs.size() && !bound.in_place; ++i) {
    write(bound.op.outputs[i], materials.stale[i]);
  }
  const std::vector<std::uint64_t> programs = {bound.program};
  client_.sample(programs, 0, 1, repeat);
  std::vector<std::byte> out;
  for (const worker::TensorRef& output : bound.op.outputs) {
    const std::vector<std::byte> bytes = read(output);
    out.insert(out.end(), bytes.begin(), bytes.end());
  }
  return out;
}

}  // namespace bitgate::conform
