#include "conform/workload.hpp"

#include <cstddef>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "conform/probe.hpp"
#include "conform/reporter_talk.hpp"
#include "conform/space.hpp"

namespace bitgate::conform {
namespace {

void use_device(worker::BackendClient& client, const std::string& device, Share share) {
  client.open_session(device, 1);
  Probe probe(client, device);
  const std::vector<Row> all = rows();
  for (std::size_t i = share.part; i < all.size(); i += share.parts) {
    const Row& row = all[i];
    const auto [r, c] = block_of(row.format);
    const NumericCase what{row.op, row.format, 3 * r, c, 1, "random", "random", 1, 1};
    if (probe.unsupported(what)) continue;
    const Materials given = materials(what);
    const Probe::Bound bound = probe.bind(given);
    probe.run(bound, given, 2);
    probe.release(bound);
  }
}

}  // namespace

void use_and_close(Bench& bench, std::unique_ptr<worker::Worker>& worker, Share share) {
  if (bench.setting().plugin.identity.kind == "reporter") {
    ReporterTalk talk(*worker);
    try {
      talk.whole_run(small_run());
    } catch (const worker::PluginError&) {
      // the reporter checks say so
    }
  } else {
    worker::BackendClient client(std::move(worker));
    for (const worker::DeviceInfo& device : bench.setting().devices) {
      try {
        use_device(client, device.id, share);
      } catch (const worker::PluginError&) {
        // the numeric checks say so
      }
    }
    client.close_session();
    worker = client.release();
  }
  worker->call({{"do", "close"}});
}

void require_survival(Bench& bench) {
  auto worker = bench.opened();
  try {
    use_and_close(bench, worker);
  } catch (const worker::Fault& fault) {
    Bench::skip(fmt::format("its worker dies in use: {}", fault.what()));
  }
}

}  // namespace bitgate::conform
