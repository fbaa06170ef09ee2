#include "worker/query.hpp"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "worker/loader.hpp"
#include "worker/plugin_tables.hpp"

namespace bitgate::worker {
namespace {

using nlohmann::json;

json facts_of(const bg_plugin& plugin) {
  if (plugin.struct_size < sizeof(bg_plugin)) {
    return {{"id", to_string(plugin.id)}, {"struct_size", plugin.struct_size}};
  }
  json facts = {{"id", to_string(plugin.id)},
                {"kind", plugin.kind},
                {"version", to_string(plugin.version)},
                {"build", to_string(plugin.build)},
                {"struct_size", plugin.struct_size},
                {"abi_minor", plugin.abi_minor},
                {"min_host_minor", plugin.min_host_minor},
                {"description", ""},
                {"status", BG_OK},
                {"message", ""}};
  try {
    facts["description"] = description_of(plugin);
  } catch (const StatusError& error) {
    facts["status"] = error.status();
    facts["message"] = error.what();
  }
  return facts;
}

}  // namespace

json query_facts(const std::filesystem::path& path, const std::string& sha256) {
  using Clock = std::chrono::steady_clock;
  const bg_plugin_query_fn query = load_query(path, sha256);
  constexpr std::uint32_t kMost = 64;
  const auto all = [&] {
    std::vector<const bg_plugin*> found;
    for (std::uint32_t index = 0; index < kMost; ++index) {
      const bg_plugin* plugin = query(BG_ABI_MINOR, index);
      if (plugin == nullptr) break;
      found.push_back(plugin);
    }
    return found;
  };
  const Clock::time_point start = Clock::now();
  const std::vector<const bg_plugin*> plugins = all();
  const std::chrono::nanoseconds time = Clock::now() - start;
  json list = json::array();
  for (const bg_plugin* plugin : plugins) list.push_back(facts_of(*plugin));
  const bool ends = plugins.size() < kMost && query(BG_ABI_MINOR, 1000) == nullptr &&
                    query(BG_ABI_MINOR, UINT32_MAX) == nullptr;
  return {{"plugins", std::move(list)},
          {"ends", ends},
          {"same", all() == plugins},
          {"ns", time.count()}};
}

}  // namespace bitgate::worker
