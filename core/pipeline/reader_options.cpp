#include <limits>

#include <fmt/format.h>

#include "base/secret.hpp"
#include "pipeline/reader_parts.hpp"
#include "pipeline/units.hpp"

namespace bitgate {
namespace {

nlohmann::json integer_of(const Value& value) {
  std::string_view digits = value.node().scalar;
  const bool negative = digits.starts_with('-');
  if (negative || digits.starts_with('+')) digits.remove_prefix(1);
  if (digits.size() > 1 && digits.front() == '0') {
    value.error(
        fmt::format("{} means different numbers to different readers; write it in decimal "
                    "without a leading 0, or in quotes if it is text",
                    value.node().shown()));
    return nullptr;
  }
  const auto number = parse_integer(digits);
  constexpr auto kMost = std::uint64_t{std::numeric_limits<std::int64_t>::max()};
  if (!number || (negative && *number > kMost)) {
    value.error(fmt::format("{} has more than 64 bits; write it in quotes if it is text",
                            value.node().shown()));
    return nullptr;
  }
  if (negative) return -static_cast<std::int64_t>(*number);
  return *number;
}

nlohmann::json scalar_of(const Value& value, bool takes_secrets) {
  const Node& node = value.node();
  if (takes_secrets && secret_name(node.scalar)) return node.scalar;
  if (value.refused_interpolation()) return nullptr;
  switch (node.type()) {
    case Node::Type::kText:
      break;
    case Node::Type::kBoolean:
      return node.scalar.front() == 't' || node.scalar.front() == 'T';
    case Node::Type::kInteger:
      return integer_of(value);
    case Node::Type::kFloat: {
      const auto number = parse_number(node.scalar);
      if (!number) {
        value.error(
            fmt::format("{} is not a finite decimal number such as 0.5 or 1e-6; write one, "
                        "or put it in quotes if it is text",
                        node.shown()));
      }
      return number.value_or(0);
    }
  }
  if (!node.quoted && is_old_boolean(node.scalar)) {
    value.error(
        fmt::format("{} means yes or no to some readers; write true or false, or put it in "
                    "quotes if it is text",
                    node.shown()));
  }
  return node.scalar;
}

nlohmann::json json_of(const Value& value, bool takes_secrets) {
  switch (value.node().kind) {
    case Node::Kind::kNull:
      break;
    case Node::Kind::kScalar:
      return scalar_of(value, takes_secrets);
    case Node::Kind::kSequence: {
      nlohmann::json list = nlohmann::json::array();
      for (const Value& item : value.items()) list.push_back(json_of(item, takes_secrets));
      return list;
    }
    case Node::Kind::kMap: {
      nlohmann::json map = nlohmann::json::object();
      for (const auto& [entry, item] : value.entries()) {
        map[entry->key] = json_of(item, takes_secrets);
      }
      return map;
    }
  }
  return nullptr;
}

void note_places(const Node& node, const std::string& pointer, OptionPlaces& places) {
  places.values[pointer] = node.position;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    note_places(node.items[i], pointer + "/" + std::to_string(i), places);
  }
  for (const Node::Entry& entry : node.entries) {
    const std::string below = pointer + "/" + pointer_token(entry.key);
    places.keys[below] = entry.position;
    note_places(entry.value, below, places);
  }
}

}  // namespace

nlohmann::json read_options(const Value& owner, OptionPlaces& places, bool takes_secrets) {
  places.values[""] = owner.node().position;
  const auto options = owner.get("options");
  if (!options || !options->is_map("{path: receipt.json}")) return nlohmann::json::object();
  note_places(options->node(), "", places);
  return json_of(*options, takes_secrets);
}

namespace {

ReporterSpec read_reporter(const Value& value) {
  ReporterSpec reporter;
  if (!value.is_map("{plugin: console}")) return reporter;
  value.only_keys({"plugin", "options", "required"});
  reporter.plugin = read_plugin(value, "console");
  if (const auto required = value.get("required")) {
    reporter.required = required->boolean().value_or(false);
  }
  reporter.options = read_options(value, reporter.option_places, true);
  return reporter;
}

}  // namespace

std::vector<ReporterSpec> read_reporters(const Value& value) {
  std::vector<ReporterSpec> reporters;
  if (!value.is_list("[{plugin: console}]")) return reporters;
  for (const Value& item : value.items()) reporters.push_back(read_reporter(item));
  return reporters;
}

}  // namespace bitgate
