// bitgate schema
#include "pipeline/schema.hpp"

#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/command_line.hpp"
#include "cli/commands.hpp"
#include "cli/plugin_options.hpp"
#include "worker/describe.hpp"

namespace bitgate::cli {

namespace {

using Json = nlohmann::ordered_json;

/// {"if": plugin is `id`, "then": its options}
Json condition(const std::string& id, const Json& options) {
  Json then = {{"properties", {{"options", options}}}};
  if (const auto required = options.find("required");
      required != options.end() && !required->empty()) {
    then["required"] = Json::array({"options"});
  }
  return {{"if", {{"properties", {{"plugin", {{"const", id}}}}}}}, {"then", std::move(then)}};
}

/// Adds the option schemas of all plugins to the places where pipelines use them.
void add_plugins(const worker::Catalog& catalog, Json& schema) {
  Json& properties = schema["properties"];
  Json& backends = properties["backends"]["additionalProperties"]["allOf"];
  Json& reporters = properties["reporters"]["items"]["allOf"];
  backends = reporters = Json::array();
  std::set<std::pair<std::string, std::string>> known;
  for (const worker::PluginFile& plugin : catalog.plugins) {
    const worker::Identity& identity = plugin.identity;
    if (!known.emplace(identity.kind, identity.id).second) continue;  // the first of an id wins
    try {
      const worker::Description description = worker::describe(plugin, {});
      Json& conditions = identity.kind == "backend" ? backends : reporters;
      conditions.push_back(condition(identity.id, Json(description.options)));
    } catch (const std::runtime_error& error) {
      fmt::print(stderr, "note: no options of {} plugin '{}' ({}): {}\n", identity.kind,
                 identity.id, plugin.path.string(), error.what());
    }
  }
}

}  // namespace

int schema(const Arguments& arguments) {
  po::options_description options = search_options();
  options.add_options()("no-plugins", "without the options of the plugins found here");
  const Usage usage{"bitgate schema [options]",
                    "Prints the JSON Schema (draft-07) of pipeline files, for editors, with the "
                    "options of all\nplugins that are found here.",
                    "", 0};
  const auto values = parse(usage, options, arguments);
  if (!values) return 0;
  if (values->count("no-plugins") != 0) {
    fmt::print("{}", pipeline_schema());
    return 0;
  }
  Json schema = Json::parse(pipeline_schema());
  add_plugins(search_plugins(*values), schema);
  fmt::print("{}\n", schema.dump(2, ' ', false, Json::error_handler_t::replace));
  return 0;
}

}  // namespace bitgate::cli
