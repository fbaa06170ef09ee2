#include "pipeline/overrides.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

#include <fmt/format.h>

#include "base/text.hpp"
#include "pipeline/reader_parts.hpp"

namespace bitgate {
namespace {

/// An axis, and the stage under which a suite writes it.
struct AxisPlace {
  std::string_view axis;
  std::string_view stage;
  bool of_generating;  ///< whether a suite of op generate has it
};
constexpr std::array<AxisPlace, 5> kAxes = {{
    {"shape", "load", false},
    {"format", "quantize", true},
    {"batch", "compute", false},
    {"threads", "compute", true},
    {"cache", "compute", false},
}};

[[noreturn]] void refuse(const std::string& option, const std::string& why) {
  throw ConfigError({{"command line", 0, 0, option, why}});
}

Node scalar(std::string text) {
  Node node;
  node.kind = Node::Kind::kScalar;
  node.scalar = std::move(text);
  return node;
}

/// The value of a key, made if it is missing.
Node& slot(Node& map, std::string_view key) {
  for (Node::Entry& entry : map.entries) {
    if (entry.key == key) return entry.value;
  }
  map.entries.push_back({std::string(key), map.position, {}});
  map.entries.back().value.position = map.position;
  return map.entries.back().value;
}

/// The value of a key if this is a map or nothing yet; nullptr for anything else.
Node* find_slot(Node& map, std::string_view key) {
  if (map.kind == Node::Kind::kNull) map.kind = Node::Kind::kMap;
  return map.kind == Node::Kind::kMap ? &slot(map, key) : nullptr;
}

/// In every suite that `wanted` says yes to.
template <class Wanted>
void set_in_suites(Node& root, std::string_view stage, std::string_view key, const Node& value,
                   const Wanted& wanted) {
  if (root.find("suites") == nullptr) return;
  for (Node::Entry& suite : slot(root, "suites").entries) {
    if (suite.value.kind != Node::Kind::kMap || !wanted(suite.value)) continue;
    Node* const part = find_slot(suite.value, stage);
    if (part != nullptr) *find_slot(*part, key) = value;
  }
}

void set_axis(Node& root, const std::string& axis, const std::vector<std::string>& values) {
  const auto* known = std::find_if(kAxes.begin(), kAxes.end(),
                                   [&](const AxisPlace& place) { return place.axis == axis; });
  if (known == kAxes.end()) {
    std::vector<std::string> names;
    for (const AxisPlace& place : kAxes) names.emplace_back(place.axis);
    refuse("-a " + axis, fmt::format("no such axis{}; axes are shape, format, batch, threads and "
                                     "cache",
                                     did_you_mean(axis, names)));
  }
  Node list;
  list.kind = Node::Kind::kSequence;
  for (const std::string& value : values) list.items.push_back(scalar(value));
  set_in_suites(root, known->stage, axis, list, [&](const Node& suite) {
    if (has_op(suite, "benchmark")) return false;
    return known->of_generating || !is_generating(suite);
  });
}

/// Whether a suite is made from a seed.
bool has_seed(const Node& suite) {
  if (has_op(suite, "benchmark")) return false;
  const Node* const load = suite.find("load");
  const Node* const source =
      load != nullptr && load->kind == Node::Kind::kMap ? load->find("source") : nullptr;
  return source == nullptr || source->scalar != "gguf";
}

/// The place of "suites.x.load.path". A name may have dots of its own: the longest key that is
/// there is taken.
Node& place_of(Node& root, const std::string& option, std::string_view path) {
  Node* at = &root;
  while (true) {
    std::size_t length = path.find('.');
    for (const Node::Entry& entry : at->entries) {
      const bool leads = path == entry.key || path.starts_with(entry.key + ".");
      if (leads && (length == std::string_view::npos || entry.key.size() > length)) {
        length = entry.key.size();
      }
    }
    const std::string_view key = path.substr(0, length);
    Node* const next = key.empty() ? nullptr : find_slot(*at, key);
    if (next == nullptr) {
      refuse(option,
             fmt::format("there is no map to put {} into; write the keys from the top, e.g. "
                         "--set suites.inference.load.path=model.gguf",
                         in_quotes(path)));
    }
    at = next;
    if (length >= path.size()) return *at;
    path.remove_prefix(length + 1);
  }
}

/// Whether the value is a file's path, whose directory is the user's and not the pipeline's.
bool is_path(std::string_view key) {
  return key.ends_with(".load.path") || key.ends_with(".compute.prompts") ||
         key.ends_with(".compute.text") || key.ends_with(".output.logits");
}

void set_value(Node& root, const std::string& key, const std::string& text) {
  const std::string option = "--set " + key;
  Node document = parse_yaml("value: " + text, option);
  Node value = document.entries.empty() ? Node() : std::move(document.entries.front().value);
  if (is_path(key) && value.kind == Node::Kind::kScalar) {
    value.scalar = std::filesystem::absolute(value.scalar).string();
  }
  Node& place = place_of(root, option, key);
  value.position = place.position;
  place = std::move(value);
}

}  // namespace

void apply_overrides(const Overrides& overrides, Node& root) {
  for (const auto& [key, text] : overrides.values) set_value(root, key, text);
  for (const auto& [axis, values] : overrides.axes) set_axis(root, axis, values);
  if (overrides.seed) {
    set_in_suites(root, "load", "seed", scalar(std::to_string(*overrides.seed)), has_seed);
  }
  if (overrides.tokens) {
    set_in_suites(root, "compute", "tokens", scalar(std::to_string(*overrides.tokens)),
                  is_generating);
  }
}

}  // namespace bitgate
