#include "conform/kit.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

#include <fmt/format.h>

#include "base/text.hpp"

namespace bitgate::conform {
namespace {

using nlohmann::json;

/// Devices to check, or why there are none.
struct Devices {
  std::vector<worker::DeviceInfo> list;
  std::string why_none;
};

Devices find_devices(const Setting& setting, const Selection& selection) {
  Devices devices;
  try {
    Bench bench(setting, {}, 1);
    devices.list = worker::BackendClient(bench.opened()).devices();
    if (devices.list.empty()) devices.why_none = "the plugin has no device";
  } catch (const std::exception& error) {
    devices.why_none = error.what();
  }
  if (selection.device.empty() || devices.list.empty()) return devices;
  std::vector<std::string> known;
  for (const worker::DeviceInfo& device : devices.list) known.push_back(device.id);
  std::erase_if(devices.list, [&](const auto& device) { return device.id != selection.device; });
  if (devices.list.empty()) {
    throw NoSuchDevice(fmt::format("{} has no device '{}'{}", setting.plugin.identity.id,
                                   selection.device, did_you_mean(selection.device, known)));
  }
  return devices;
}

void run_guarded(const Check& check, Bench& bench, Result& result) {
  try {
    check.run(bench);
  } catch (const Skipped& skipped) {
    bench.findings().push_back({Status::kSkip, skipped.what(), {}});
  } catch (const worker::Fault& fault) {
    result.output = fault.stderr_tail();
    bench.findings().push_back({Status::kCrash, fault.what(), bench.in_flight()});
  } catch (const worker::PluginError& error) {
    bench.fail(error.what(), bench.in_flight());
  } catch (const std::exception& error) {
    bench.fail(error.what(), bench.in_flight());
  }
}

Result run_check(const Check& check, const Setting& setting, const std::string& device,
                 std::uint32_t units) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start = Clock::now();
  Result result{setting.plugin.identity.id,
                std::string(check.name),
                check.subject,
                device,
                Status::kPass,
                {},
                {},
                0};
  Bench bench(setting, device, units);
  run_guarded(check, bench, result);
  result.findings = std::move(bench.findings());
  std::stable_sort(result.findings.begin(), result.findings.end(),
                   [](const Finding& a, const Finding& b) { return a.status > b.status; });
  if (!result.findings.empty()) result.status = result.findings.front().status;
  result.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  return result;
}

/// What the library says of the plugin, from a worker of its own.
json described(const Setting& setting) {
  Bench bench(setting, {}, 1);
  try {
    const json facts = bench.worker()->call({{"do", "query"},
                                             {"path", setting.plugin.path.string()},
                                             {"sha256", setting.plugin.sha256}});
    for (const json& plugin : facts.at("plugins")) {
      if (plugin.at("id") == setting.plugin.identity.id) return plugin;
    }
  } catch (const worker::Fault& fault) {
    throw NotLoadable(
        fmt::format("{}: {} while it was loaded", setting.plugin.path.string(), fault.what()));
  } catch (const worker::PluginError& error) {
    throw NotLoadable(error.message());
  }
  throw NotLoadable(fmt::format("{}: its note names plugin '{}', its query does not",
                                setting.plugin.path.string(), setting.plugin.identity.id));
}

json example_of(const std::string& name, const json& schema, const std::string& scratch) {
  if (const auto examples = schema.find("examples");
      examples != schema.end() && examples->is_array() && !examples->empty()) {
    return examples->front();
  }
  if (schema.contains("default")) return schema["default"];
  if (schema.contains("const")) return schema["const"];
  if (const auto words = schema.find("enum");
      words != schema.end() && words->is_array() && !words->empty()) {
    return words->front();
  }
  const std::string type =
      schema.value("type", json("string")).is_string() ? schema.value("type", "string") : "string";
  if (type == "boolean") return false;
  if (type == "integer" || type == "number") return schema.value("minimum", json(1));
  if (type == "array") return json::array();
  if (type == "object") return json::object();
  return scratch + "/" + name;  // most texts that a reporter requires name a file
}

}  // namespace

bool Selection::selects(std::string_view name) const {
  const auto matches = [&](const std::string& filter) { return filter_matches(filter, name); };
  return (include.empty() || std::any_of(include.begin(), include.end(), matches)) &&
         std::none_of(exclude.begin(), exclude.end(), matches);
}

json complete_options(const Setting& setting, const json& given) {
  json options = given;
  const json plugin = described(setting);
  const json description = json::parse(plugin.value("description", ""), nullptr, false);
  if (!description.is_object()) return options;  // describe.schema says so
  const json schema = description.value("options", json::object());
  if (!schema.is_object() || !schema.value("required", json()).is_array()) return options;
  for (const json& name : schema["required"]) {
    if (!name.is_string() || options.contains(name.get<std::string>())) continue;
    const auto key = name.get<std::string>();
    const json properties = schema.value("properties", json::object());
    const json property = properties.is_object() ? properties.value(key, json::object()) : json();
    options[key] =
        example_of(key, property.is_object() ? property : json::object(), setting.scratch);
  }
  return options;
}

std::vector<Result> run_checks(const Setting& setting, const Selection& selection,
                               const std::function<void(const Result&)>& on_result) {
  static_cast<void>(described(setting));
  const bool backend = setting.plugin.identity.kind == "backend";
  const Devices devices = backend ? find_devices(setting, selection) : Devices{};
  Setting each = setting;
  each.devices = devices.list;
  if (devices.list.size() > 1) each.fuzz /= static_cast<std::int64_t>(devices.list.size());

  std::vector<Result> results;
  const auto add = [&](Result result) {
    on_result(result);
    results.push_back(std::move(result));
  };
  for (const Check& check : all_checks()) {
    const bool applies =
        check.subject == Subject::kPlugin || (check.subject == Subject::kReporter) != backend;
    if (!applies || !selection.selects(check.name)) continue;
    if (check.subject != Subject::kDevice) {
      add(run_check(check, each, {}, 1));
      continue;
    }
    if (devices.list.empty()) {
      add({setting.plugin.identity.id,
           std::string(check.name),
           check.subject,
           {},
           Status::kSkip,
           {{Status::kSkip, devices.why_none, {}}},
           {},
           0});
    }
    for (const worker::DeviceInfo& device : devices.list) {
      add(run_check(check, each, device.id, device.units));
    }
  }
  return results;
}

}  // namespace bitgate::conform
