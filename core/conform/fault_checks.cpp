// A host's mistakes and a user's impatience: every one ends in a status with a message.
#include <bitgate/abi.h>
#include <bitgate/formats.hpp>

#include <array>

#include <fmt/format.h>

#include "conform/bench.hpp"
#include "conform/probe.hpp"
#include "conform/space.hpp"

namespace bitgate::conform {
namespace {

/// A device with a probe on it.
struct Stand {
  explicit Stand(Bench& bench) : client(bench.backend()), probe(client, bench.device()) {}

  worker::BackendClient client;
  Probe probe;
};

/// A small case of the first operation that the device supports. Skips the check if there is none.
NumericCase first_supported(Probe& probe) {
  for (const Row& row : rows()) {
    const auto [r, c] = block_of(row.format);
    const NumericCase what{row.op, row.format, 4 * r, c, 1, "random", "random", 1, 1};
    if (!probe.unsupported(what)) return what;
  }
  Bench::skip("no operation is supported");
}

/// The device still gives right answers.
void expect_health(Bench& bench, Probe& probe, const NumericCase& what, const std::string& after) {
  const Materials given = materials(what);
  const Probe::Bound bound = probe.bind(given);
  if (const Objection wrong = given.judge(probe.run(bound, given))) {
    bench.fail(fmt::format("after {}: {}", after, *wrong));
  }
  probe.release(bound);
}

void refuse_tensor(Bench& bench, Probe& probe, const worker::TensorRef& tensor) {
  expect_refusal(bench,
                 fmt::format("a tensor of {}x{} {}", tensor.rows, tensor.cols,
                             tensor.format.empty() ? "''" : tensor.format.substr(0, 30)),
                 [&] { probe.create(tensor); });
}

void zero_size(Bench& bench) {
  Stand stand(bench);
  const NumericCase what = first_supported(stand.probe);
  for (const Extent shape : {Extent{0, 0}, Extent{0, 256}, Extent{256, 0}}) {
    refuse_tensor(bench, stand.probe, {what.format, shape.rows, shape.cols});
  }
  expect_health(bench, stand.probe, what, "tensors of no size");
}

void oversize(Bench& bench) {
  Stand stand(bench);
  const NumericCase what = first_supported(stand.probe);
  // More than any address space has, and products that overflow.
  for (const Extent shape :
       {Extent{std::uint64_t{1} << 24, std::uint64_t{1} << 24},
        Extent{std::uint64_t{1} << 32, std::uint64_t{1} << 32}, Extent{UINT64_MAX, 128}}) {
    refuse_tensor(bench, stand.probe, {std::string(formats::kF32), shape.rows, shape.cols});
  }
  expect_health(bench, stand.probe, what, "tensors beyond all memory");
}

void impossible_shapes(Bench& bench) {
  Stand stand(bench);
  const NumericCase what = first_supported(stand.probe);
  std::size_t tried = 0;
  for (const std::string& format : tensor_formats()) {
    for (const Extent shape : conform::impossible_shapes(format)) {
      refuse_tensor(bench, stand.probe, {format, shape.rows, shape.cols});
      ++tried;
    }
  }
  if (tried == 0) Bench::skip("every format holds every shape");
  expect_health(bench, stand.probe, what, "shapes that formats can't hold");
}

void unknown_format(Bench& bench) {
  Stand stand(bench);
  const NumericCase what = first_supported(stand.probe);
  for (const std::string& format :
       {std::string("no_such_format"), std::string(), std::string("F32"), std::string("\x01\x02"),
        std::string(100'000, 'x')}) {
    refuse_tensor(bench, stand.probe, {format, 4, 256});
  }
  expect_health(bench, stand.probe, what, "unknown formats");
}

void unknown_op(Bench& bench) {
  Stand stand(bench);
  const NumericCase what = first_supported(stand.probe);
  for (const std::string& kind : {std::string("no_such_op"), std::string(), std::string("MATMUL"),
                                  std::string(100'000, 'x')}) {
    worker::OpSpec op = operation(what);
    op.kind = kind;
    const std::string name = fmt::format("the operation '{}'", kind.substr(0, 20));
    if (!stand.client.unsupported(op)) bench.fail("supports says yes to " + name);
    const Materials given = materials(what);
    const Probe::Bound bound = stand.probe.bind(given);
    op = bound.op;
    op.kind = kind;
    expect_refusal(bench, name, [&] {
      std::uint64_t ns = 0;
      stand.client.prepare({op}, ns);
    });
    stand.probe.release(bound);
  }
  expect_health(bench, stand.probe, what, "unknown operations");
}

void unfit_shapes(Bench& bench) {
  Stand stand(bench);
  std::size_t tried = 0;
  for (const Row& row : rows()) {
    const auto [r, c] = block_of(row.format);
    const NumericCase what{row.op, row.format, 4 * r, 2 * c, 2, "random", "random", 1, 1};
    if (stand.probe.unsupported(what)) continue;
    worker::OpSpec op = operation(what);
    op.outputs[0].rows += r;
    ++tried;
    if (!stand.client.unsupported(op)) {
      bench.fail(fmt::format("supports says yes to {} with an output of {}x{}", text_of(what),
                             op.outputs[0].rows, op.outputs[0].cols));
    }
    if (row.op != "matmul") continue;
    op = operation(what);
    op.inputs[1].cols += c;
    if (!stand.client.unsupported(op)) {
      bench.fail(fmt::format("supports says yes to {} with activations of {} columns",
                             text_of(what), op.inputs[1].cols));
    }
  }
  if (tried == 0) Bench::skip("no operation is supported");
}

void wrong_size(Bench& bench) {
  Stand stand(bench);
  const NumericCase what = first_supported(stand.probe);
  const worker::SharedMemory memory(1 << 16, "bitgate-transfer");
  const worker::Region region = stand.client.attach(memory);
  const worker::TensorRef tensor = stand.probe.create(operation(what).inputs[0]);
  const std::uint64_t size =
      formats::byte_size(tensor.format, tensor.rows, tensor.cols).value_or(0);
  for (const std::uint64_t wrong : {std::uint64_t{0}, size - 1, size + 1}) {
    if (wrong > memory.bytes().size()) continue;
    expect_refusal(bench, fmt::format("a write of {} bytes to a tensor of {}", wrong, size),
                   [&] { stand.client.write(tensor, region, wrong); });
    expect_refusal(bench, fmt::format("a read of {} bytes from a tensor of {}", wrong, size),
                   [&] { stand.client.read(tensor, region, wrong); });
  }
  stand.client.destroy(tensor);
  stand.client.detach(region);
  expect_health(bench, stand.probe, what, "transfers of the wrong size");
}

void destroy_order(Bench& bench) {
  Stand stand(bench);
  const NumericCase what = first_supported(stand.probe);
  const Materials given = materials(what);
  for (int round = 0; round < 3; ++round) {
    const Probe::Bound bound = stand.probe.bind(given);
    if (round != 1) stand.probe.run(bound, given);
    // Tensors first, last made first or first made first: a program never run again needs none.
    if (round == 2) stand.client.destroy(bound.op.outputs[0]);
    for (const worker::TensorRef& input : bound.op.inputs) stand.client.destroy(input);
    if (round != 2) stand.client.destroy(bound.op.outputs[0]);
    stand.client.destroy_program(bound.program);
  }
  // A session that is closed with all it holds.
  static_cast<void>(stand.probe.bind(given));
  stand.client.close_session();
  stand.client.open_session(bench.device(), 1);
  expect_health(bench, stand.probe, what, "destroying tensors before their programs");
}

void two_sessions(Bench& bench) {
  Stand stand(bench);
  const NumericCase what = first_supported(stand.probe);
  const Materials given = materials(what);
  const Probe::Bound bound = stand.probe.bind(given);
  const unsigned threads = std::min(bench.units(), 2U);
  for (int round = 0; round < 3; ++round) {
    stand.client.worker().call(
        {{"do", "session_beside"}, {"device", bench.device()}, {"threads", threads}});
    if (const Objection wrong = given.judge(stand.probe.run(bound, given))) {
      bench.fail("after a second session came and went: " + *wrong);
    }
  }
  stand.probe.release(bound);
}

void bad_threads(Bench& bench) {
  worker::BackendClient client = bench.backend();
  for (const unsigned threads : {0U, 100'000U}) {
    try {
      client.open_session(bench.device(), threads);
      client.close_session();
    } catch (const worker::PluginError& refusal) {
      examine_refusal(bench, fmt::format("a session of {} threads", threads), refusal);
    }
  }
}

void cancel(Bench& bench) {
  Stand stand(bench);
  const NumericCase what = first_supported(stand.probe);
  const Materials given = materials(what);
  const Probe::Bound bound = stand.probe.bind(given);
  const auto set = [&](bool cancelled) {
    stand.client.worker().call({{"do", "cancel"}, {"cancelled", cancelled}});
  };
  set(true);
  try {
    stand.probe.run(bound, given);
  } catch (const worker::PluginError& refusal) {
    if (refusal.status() != BG_CANCELLED) {
      bench.fail(fmt::format("a cancelled run ended with '{}', neither done nor CANCELLED",
                             refusal.what()));
    }
    examine_refusal(bench, "a cancelled run", refusal);
  }
  set(false);
  if (const Objection wrong = given.judge(stand.probe.run(bound, given))) {
    bench.fail("after a run that was cancelled: " + *wrong);
  }
  stand.probe.release(bound);
}

constexpr std::array<Check, 11> kChecks = {{
    {"faults.zero-size", Subject::kDevice, "tensors without elements are refused", zero_size},
    {"faults.oversize", Subject::kDevice, "tensors beyond all memory are refused", oversize},
    {"faults.impossible-shapes", Subject::kDevice, "shapes that a format can't hold are refused",
     impossible_shapes},
    {"faults.unknown-format", Subject::kDevice, "formats that do not exist are refused",
     unknown_format},
    {"faults.unknown-op", Subject::kDevice,
     "operations that do not exist are refused, with a reason", unknown_op},
    {"faults.unfit-shapes", Subject::kDevice,
     "operations on tensors whose shapes do not fit are not supported", unfit_shapes},
    {"faults.wrong-size", Subject::kDevice, "transfers of the wrong size are refused", wrong_size},
    {"faults.destroy-order", Subject::kDevice,
     "tensors may go before their programs, and sessions with all they hold", destroy_order},
    {"faults.two-sessions", Subject::kDevice, "a second session leaves the first one alone",
     two_sessions},
    {"faults.threads", Subject::kDevice,
     "a session of no thread, or of far too many, is opened or refused", bad_threads},
    {"faults.cancel", Subject::kDevice,
     "a cancelled run ends, done or CANCELLED, and the next one is right", cancel},
}};

}  // namespace

std::span<const Check> fault_checks() { return kChecks; }

}  // namespace bitgate::conform
