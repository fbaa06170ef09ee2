#include "conform/description.hpp"

#include <bitgate/abi.h>

#include <fmt/format.h>

namespace bitgate::conform {

using nlohmann::json;

json description(Bench& bench) {
  const worker::PluginFile& plugin = bench.setting().plugin;
  const json facts = bench.worker()->call(
      {{"do", "query"}, {"path", plugin.path.string()}, {"sha256", plugin.sha256}});
  for (const json& table : facts["plugins"]) {
    if (table.at("id") != plugin.identity.id) continue;
    if (table.value("status", BG_OK) != BG_OK) {
      bench.fail(fmt::format("describe ended with status {}: {}", table["status"].dump(),
                             table["message"].get<std::string>()));
    }
    return json::parse(table.value("description", ""), nullptr, false);
  }
  return json(json::value_t::discarded);
}

}  // namespace bitgate::conform
