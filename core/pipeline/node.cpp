#include "pipeline/node.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <optional>
#include <sstream>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"

namespace bitgate {
namespace {

constexpr std::size_t kMostDepth = 64;
constexpr std::size_t kMostNodes = 100'000;

Position position_of(const YAML::Mark& mark) {
  return mark.is_null() ? Position{} : Position{mark.line + 1, mark.column + 1};
}

[[noreturn]] void fail(const std::string& file, Position at, const std::string& message) {
  throw ConfigError({{file, at.line, at.column, "", message}});
}

std::size_t count_nodes(const Node& node) {
  std::size_t count = 1;
  for (const Node& item : node.items) count += count_nodes(item);
  for (const Node::Entry& entry : node.entries) count += count_nodes(entry.value);
  return count;
}

std::size_t depth_of(const Node& node) {
  std::size_t deepest = 0;
  for (const Node& item : node.items) deepest = std::max(deepest, depth_of(item));
  for (const Node::Entry& entry : node.entries) deepest = std::max(deepest, depth_of(entry.value));
  return deepest + 1;
}

/// Builds the tree from the parser's events. Everything that is refused is refused at its event, so
/// that a hostile document never grows beyond the limits.
class Builder : public YAML::EventHandler {
 public:
  explicit Builder(std::string file) : file_(std::move(file)) {}

  Node take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Node node;
    node.position = position_of(mark);
    add(std::move(node), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const Position at = position_of(mark);
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      fail(file_, at, "an alias inside the node that it stands for: a cycle; write the value out");
    }
    nodes_ += found->second.nodes;
    if (nodes_ > kMostNodes) {
      fail(file_, at, fmt::format("aliases expand to more than {} nodes; write less", kMostNodes));
    }
    if (open_.size() + found->second.depth > kMostDepth) fail_depth(at);
    Node copy = found->second.node;
    copy.position = at;
    place(std::move(copy));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    const Position at = position_of(mark);
    Node node;
    node.kind = Node::Kind::kScalar;
    node.position = at;
    node.scalar = value;
    node.quoted = tag == "!";
    if (!tag.empty() && tag != "?" && tag != "!") fail_tag(at, tag);
    add(std::move(node), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(Node::Kind::kSequence, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(Node::Kind::kMap, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    Node node;
    YAML::anchor_t anchor;
    std::optional<Node::Entry> key;  // of a map: read, its value still to come
  };
  struct Anchored {
    Node node;
    std::size_t nodes;
    std::size_t depth;
  };

  [[noreturn]] void fail_tag(Position at, const std::string& tag) const {
    fail(file_, at, fmt::format("tag '{}' is not supported; take it out", tag));
  }
  [[noreturn]] void fail_depth(Position at) const {
    fail(file_, at, fmt::format("more than {} levels deep; flatten it", kMostDepth));
  }

  void open(Node::Kind kind, const YAML::Mark& mark, const std::string& tag,
            YAML::anchor_t anchor) {
    const Position at = position_of(mark);
    if (!tag.empty() && tag != "?" && tag != "!") fail_tag(at, tag);
    if (open_.size() >= kMostDepth) fail_depth(at);
    if (expects_key()) fail(file_, at, "a key must be plain text, not a list or a map");
    count(at);
    Node node;
    node.kind = kind;
    node.position = at;
    open_.push_back({std::move(node), anchor, std::nullopt});
  }

  void close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    remember(done.node, done.anchor);
    place(std::move(done.node));
  }

  void add(Node node, YAML::anchor_t anchor) {
    count(node.position);
    remember(node, anchor);
    place(std::move(node));
  }

  void count(Position at) {
    if (++nodes_ > kMostNodes) {
      fail(file_, at, fmt::format("more than {} nodes; write less", kMostNodes));
    }
  }

  void remember(const Node& node, YAML::anchor_t anchor) {
    if (anchor != 0) anchors_[anchor] = {node, count_nodes(node), depth_of(node)};
  }

  [[nodiscard]] bool expects_key() const {
    return !open_.empty() && open_.back().node.kind == Node::Kind::kMap && !open_.back().key;
  }

  /// Puts a finished node where the document has it.
  void place(Node node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node.kind == Node::Kind::kSequence) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.key) {
      parent.key = key_of(parent.node, node);
    } else {
      parent.key->value = std::move(node);
      parent.node.entries.push_back(std::move(*parent.key));
      parent.key.reset();
    }
  }

  [[nodiscard]] Node::Entry key_of(const Node& map, const Node& key) const {
    if (key.kind != Node::Kind::kScalar) fail(file_, key.position, "a key must be plain text");
    if (key.scalar == "<<" && !key.quoted) {
      fail(file_, key.position, "merge keys ('<<') are not supported; write the keys out");
    }
    for (const Node::Entry& entry : map.entries) {
      if (entry.key != key.scalar) continue;
      fail(file_, key.position,
           fmt::format("duplicate key '{}', first at {}:{}; take one out", key.scalar,
                       entry.position.line, entry.position.column));
    }
    return {key.scalar, key.position, {}};
  }

  std::string file_;
  Node root_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, Anchored> anchors_;
  std::size_t nodes_ = 0;
};

/// Position of a byte offset.
Position locate(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const auto line = std::count(before.begin(), before.end(), '\n');
  const std::size_t newline = before.rfind('\n');
  const std::size_t column = newline == std::string_view::npos ? offset : offset - newline - 1;
  return {static_cast<int>(line) + 1, static_cast<int>(column) + 1};
}

void check_bytes(std::string_view text, const std::string& file) {
  const auto control = std::find_if(text.begin(), text.end(), [](char c) {
    return (c >= 0 && c < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == 0x7F;
  });
  if (control != text.end()) {
    fail(file, locate(text, static_cast<std::size_t>(control - text.begin())),
         fmt::format("control character 0x{:02x}; take it out", *control));
  }
  const std::string clean = to_utf8(text);
  const auto [ours, theirs] = std::mismatch(text.begin(), text.end(), clean.begin(), clean.end());
  if (ours != text.end()) {
    fail(file, locate(text, static_cast<std::size_t>(ours - text.begin())),
         "a byte that is not UTF-8; save the file as UTF-8");
  }
}

}  // namespace

std::string Node::kind_word() const {
  switch (kind) {
    case Kind::kScalar:
      return "'" + scalar + "'";
    case Kind::kSequence:
      return "a list";
    case Kind::kMap:
      return "a map";
    case Kind::kNull:
      break;
  }
  return "nothing";
}

const Node* Node::find(std::string_view key) const {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const Entry& entry) { return entry.key == key; });
  return found == entries.end() ? nullptr : &found->value;
}

Node parse_yaml(std::string_view text, const std::string& file) {
  check_bytes(text, file);
  std::istringstream stream{std::string(text)};
  try {
    YAML::Parser parser(stream);
    Builder builder(file);
    if (!parser.HandleNextDocument(builder)) fail(file, {}, "the file is empty");
    Node root = builder.take();
    Builder second(file);
    if (parser.HandleNextDocument(second)) {
      fail(file, second.take().position, "a second document; one file holds one pipeline");
    }
    return root;
  } catch (const YAML::Exception& error) {
    fail(file, position_of(error.mark), fmt::format("no valid YAML: {}", error.msg));
  }
}

}  // namespace bitgate
