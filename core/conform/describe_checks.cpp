// What a plugin says of itself, and whether it is true.
#include <bitgate/abi.h>
#include <bitgate/formats.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "conform/bench.hpp"
#include "conform/description.hpp"
#include "conform/probe.hpp"
#include "conform/space.hpp"
#include "pipeline/option_schema.hpp"
#include "worker/plugin_tables.hpp"

namespace bitgate::conform {
namespace {

using nlohmann::json;

void schema(Bench& bench) {
  const json text = description(bench);
  if (!text.is_object()) return bench.fail("describe gives no JSON object");
  if (!text.contains("title") || !text["title"].is_string() ||
      text["title"].get_ref<const std::string&>().empty()) {
    bench.fail("describe gives no title");
  }
  if (!text.contains("options") || !text["options"].is_object()) {
    return bench.fail(
        "describe gives no schema of the options; for none write "
        "\"options\": {\"type\": \"object\", \"additionalProperties\": false}");
  }
  for (const std::string& mistake : schema_mistakes(text["options"])) {
    bench.fail("options" + mistake);
  }
}

void unknown_options(Bench& bench) {
  const json text = description(bench);
  const json options = text.is_object() ? text.value("options", json::object()) : json::object();
  // The host itself refuses what a closed schema does not list.
  const bool closed =
      options.is_object() && options.value("additionalProperties", json(true)) == false;
  json request = worker::open_request(bench.setting().plugin, bench.setting().options);
  request["options"]["bitgate-no-such-option"] = true;
  const auto worker = bench.worker();
  try {
    worker->call(request);
  } catch (const worker::PluginError& refusal) {
    if (refusal.status() != BG_UNAVAILABLE) examine_refusal(bench, "an unknown option", refusal);
    return;
  }
  if (closed) return;
  bench.fail(
      "an unknown option is neither refused nor ruled out by the schema "
      "(\"additionalProperties\": false): a slip of the pen would go unnoticed");
}

bool plain_id(const std::string& id, std::string_view more) {
  return !id.empty() && std::all_of(id.begin(), id.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           more.find(c) != std::string_view::npos;
  });
}

void devices(Bench& bench) {
  const std::vector<worker::DeviceInfo> list = worker::BackendClient(bench.opened()).devices();
  if (list.empty()) bench.fail("no device; open should have ended with UNAVAILABLE and the reason");
  std::set<std::string> seen;
  for (const worker::DeviceInfo& device : list) {
    if (!seen.insert(device.id).second) {
      bench.fail(fmt::format("two devices have the id '{}'", device.id));
    }
    if (!plain_id(device.id, "_./-")) {
      bench.fail(
          fmt::format("device id '{}' has other than a-z, 0-9, '_', '.', '-', '/'", device.id));
    }
    if (device.name.empty()) bench.fail(fmt::format("device {} has no name for people", device.id));
    if (device.units == 0) bench.fail(fmt::format("device {} has no unit", device.id));
  }
}

void unknown_device(Bench& bench) {
  worker::BackendClient client(bench.opened());
  for (const std::string& id :
       {std::string("no/such-device"), std::string(), std::string(5000, 'x')}) {
    expect_refusal(bench, fmt::format("a session on the unknown device '{}'", id.substr(0, 20)),
                   [&] { client.open_session(id, 1); });
  }
}

/// Each row on a shape that its format holds.
std::vector<NumericCase> samples() {
  std::vector<NumericCase> out;
  for (const Row& row : rows()) {
    const auto [r, c] = block_of(row.format);
    for (const std::uint64_t batch : {1, 3}) {
      if (batch > 1 && row.op != "matmul") continue;
      out.push_back({row.op, row.format, 4 * r, 2 * c, batch, "random", "random", 1, 1});
    }
  }
  return out;
}

/// Whether it has the operation that stands in place of all others: an outside command measures.
bool measures_outside(Bench& bench) {
  worker::BackendClient client = bench.backend();
  client.open_session(bench.device(), 1);
  const worker::TensorRef answer{std::string(formats::kI8), 1, 4096};
  const worker::OpSpec op{"benchmark", {}, {answer}, {{"name", "x"}, {"directory", "/"}}};
  return !client.unsupported(op);
}

void capable(Bench& bench) {
  worker::BackendClient client = bench.backend();
  Probe probe(client, bench.device());
  std::string why;
  for (const NumericCase& what : samples()) {
    const auto no = probe.unsupported(what);
    if (!no) return;
    why = *no;
  }
  if (measures_outside(bench)) return;
  bench.fail("supports none of the operations that bitgate can judge: " + why);
}

void supports_yes(Bench& bench) {
  worker::BackendClient client = bench.backend();
  Probe probe(client, bench.device());
  for (const NumericCase& what : samples()) {
    if (probe.unsupported(what)) continue;
    try {
      const Materials given = materials(what);
      const Probe::Bound bound = probe.bind(given);
      probe.run(bound, given);
      probe.release(bound);
    } catch (const worker::PluginError& error) {
      bench.fail(fmt::format("supports says yes to {}, and then: {}", text_of(what), error.what()));
    }
  }
}

void supports_no(Bench& bench) {
  worker::BackendClient client = bench.backend();
  Probe probe(client, bench.device());
  for (const NumericCase& what : samples()) {
    const auto why = probe.unsupported(what);
    if (!why) continue;
    if (why->empty() || *why == worker::kNoMessage) {
      bench.fail(fmt::format("supports says no to {} without a reason", text_of(what)));
    }
    expect_refusal(bench, text_of(what) + " (supports says no)",
                   [&] { static_cast<void>(probe.bind(materials(what))); });
  }
}

void kernels(Bench& bench) {
  worker::BackendClient client = bench.backend();
  Probe probe(client, bench.device());
  bool any = false;
  for (const NumericCase& what : samples()) {
    if (probe.unsupported(what)) continue;
    any = true;
    const Probe::Bound bound = probe.bind(materials(what));
    const std::vector<worker::KernelCount> list = client.kernels(bound.program);
    if (list.empty()) bench.fail(fmt::format("{}: the program names no kernel", text_of(what)));
    for (const worker::KernelCount& kernel : list) {
      if (!plain_id(kernel.name, "_./-:+") || kernel.name.size() > 120) {
        bench.fail(fmt::format("{}: kernel name '{}' is no plain word of a-z, 0-9 and _./-:+",
                               text_of(what), kernel.name));
      }
      if (kernel.calls != 0) {
        bench.fail(fmt::format("{}: kernel {} has {} calls before any run", text_of(what),
                               kernel.name, kernel.calls));
      }
    }
    probe.release(bound);
  }
  if (!any) Bench::skip("no operation is supported");
}

/// What weights of a format can't be less than: their information, or all of their bytes.
std::uint64_t least_bytes(const worker::TensorRef& weights) {
  if (!formats::is_ternary(weights.format)) {
    return formats::byte_size(weights.format, weights.rows, weights.cols).value_or(0);
  }
  const auto count = static_cast<double>(weights.rows * weights.cols);
  return static_cast<std::uint64_t>(count * std::log2(3.0) / 8);
}

void footprint(Bench& bench) {
  worker::BackendClient client = bench.backend();
  Probe probe(client, bench.device());
  bool any = false;
  for (const Row& row : rows("matmul")) {
    const auto [r, c] = block_of(row.format);
    const NumericCase what{row.op, row.format, 64 * r, 2 * c, 1, "random", "random", 1, 1};
    if (probe.unsupported(what)) continue;
    const Probe::Bound bound = probe.bind(materials(what));
    const worker::TensorRef& weights = bound.op.inputs.front();
    const std::optional<std::uint64_t> bytes = client.footprint(weights);
    if (!bytes) Bench::skip("the plugin has no footprints");
    any = true;
    if (*bytes < least_bytes(weights)) {
      bench.fail(fmt::format("{}: {} bytes can't hold these weights, which take {}", text_of(what),
                             *bytes, least_bytes(weights)));
    }
    probe.release(bound);
  }
  if (!any) Bench::skip("no product is supported");
}

constexpr std::array<Check, 9> kChecks = {{
    {"describe.schema", Subject::kPlugin,
     "the description is JSON with a title and a schema of the options", schema},
    {"describe.unknown-options", Subject::kPlugin, "an option that does not exist is refused",
     unknown_options},
    {"describe.devices", Subject::kBackend,
     "devices have ids of their own, plain ones, a name and units", devices},
    {"describe.unknown-device", Subject::kBackend, "a device that does not exist is refused",
     unknown_device},
    {"describe.capable", Subject::kDevice, "at least one operation can be judged", capable},
    {"describe.supports-yes", Subject::kDevice, "what `supports` says yes to prepares and runs",
     supports_yes},
    {"describe.supports-no", Subject::kDevice,
     "what `supports` says no to has a reason and does not prepare", supports_no},
    {"describe.kernels", Subject::kDevice, "programs name their kernels, and have run none yet",
     kernels},
    {"describe.footprint", Subject::kDevice, "a footprint has room for what the tensor holds",
     footprint},
}};

}  // namespace

std::span<const Check> describe_checks() { return kChecks; }

}  // namespace bitgate::conform
