#include "pipeline/node.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <optional>
#include <sstream>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "pipeline/source_text.hpp"

namespace bitgate {
namespace {

constexpr std::size_t kMostDepth = 64;
constexpr std::size_t kMostNodes = 100'000;
constexpr std::size_t kMostAliasedBytes = std::size_t{8} << 20;
constexpr std::size_t kMostKeyBytes = 128;

/// What a tree costs wherever an alias puts it.
struct Weight {
  std::size_t nodes = 1;
  std::size_t bytes = 0;
  std::size_t depth = 0;

  void add_child(const Weight& child) {
    nodes += child.nodes;
    bytes += child.bytes;
    depth = std::max(depth, child.depth);
  }
};

Weight weigh(const Node& node) {
  Weight weight;
  weight.bytes = node.scalar.size();
  for (const Node& item : node.items) weight.add_child(weigh(item));
  for (const Node::Entry& entry : node.entries) {
    weight.add_child(weigh(entry.value));
    weight.bytes += entry.key.size();
  }
  if (node.kind == Node::Kind::kSequence || node.kind == Node::Kind::kMap) ++weight.depth;
  return weight;
}

/// Builds the tree from the parser's events. What would let a hostile document grow is refused at
/// its event; what is only wrong is noted, so that all of it is reported at once.
class Builder : public YAML::EventHandler {
 public:
  Builder(const SourceText& source, const std::string& file) : source_(source), file_(file) {}

  Node take() { return std::move(root_); }
  /// Throws what was noted, if anything was.
  void finish() const {
    if (!noted_.empty()) throw ConfigError(noted_);
  }
  [[noreturn]] void fail(Position at, const std::string& message) {
    noted_.push_back({file_, at.line, at.column, "", message});
    throw ConfigError(noted_);
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (started_) {
      fail(position_of(mark), "a second document begins here; one file holds one pipeline");
    }
    started_ = true;
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Node node;
    node.position = position_of(mark);
    // The parser marks a value that is not there with whatever comes after it.
    if (!source_.has_null_at(mark.line, mark.column) && !open_.empty()) {
      const Open& parent = open_.back();
      node.position = parent.key ? parent.key->position : parent.node.position;
    }
    add(std::move(node), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const Position at = position_of(mark);
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      fail(at, "an alias inside the node that it stands for is a cycle; write the value out");
    }
    const Weight& weight = found->second.weight;
    nodes_ += weight.nodes;
    aliased_bytes_ += weight.bytes;
    if (nodes_ > kMostNodes || aliased_bytes_ > kMostAliasedBytes) {
      fail(at, fmt::format("aliases expand the file to more than {} nodes or 8 MiB of text; write "
                           "less",
                           kMostNodes));
    }
    if (open_.size() + weight.depth > kMostDepth) fail_depth(at);
    if (expects_key() && weight.depth > 0) fail_key(at);
    Node copy = found->second.node;
    copy.position = at;
    place(std::move(copy));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node node;
    node.kind = Node::Kind::kScalar;
    node.position = position_of(mark);
    node.scalar = value;
    node.quoted = tag == "!";
    check_tag(node.position, tag);
    if (const auto bad = find_control(value)) {
      note(node.position,
           fmt::format("the text holds a control character, {}; take it out", bad->second));
    }
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
    std::optional<Node::Entry> key = std::nullopt;  // of a map: read, its value still to come
    std::unordered_map<std::string, Position> keys = {};
  };
  struct Anchored {
    Node node;
    Weight weight;
  };

  [[nodiscard]] Position position_of(const YAML::Mark& mark) const {
    return source_.position(mark.line, mark.column);
  }

  void note(Position at, const std::string& message) {
    if (noted_.size() + 1 >= kMostMistakes) fail(at, message);
    noted_.push_back({file_, at.line, at.column, "", message});
  }
  [[noreturn]] void fail_depth(Position at) {
    fail(at, fmt::format("more than {} levels deep; flatten it", kMostDepth));
  }
  [[noreturn]] void fail_key(Position at) {
    fail(at,
         "a key must be text, not a list or a map; put quotes around it if it is text, and check "
         "that all quotes and brackets from here on are closed");
  }
  void check_tag(Position at, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    note(at, fmt::format("tag {} is not supported; take it out", in_quotes(tag)));
  }

  void open(Node::Kind kind, const YAML::Mark& mark, const std::string& tag,
            YAML::anchor_t anchor) {
    const Position at = position_of(mark);
    if (open_.size() >= kMostDepth) fail_depth(at);
    if (expects_key()) fail_key(at);
    check_tag(at, tag);
    count(at, 1);
    Node node;
    node.kind = kind;
    node.position = at;
    open_.push_back({std::move(node), anchor});
  }

  void close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    remember(done.node, done.anchor);
    place(std::move(done.node));
  }

  void add(Node node, YAML::anchor_t anchor) {
    count(node.position, 1);
    remember(node, anchor);
    place(std::move(node));
  }

  void count(Position at, std::size_t nodes) {
    nodes_ += nodes;
    if (nodes_ > kMostNodes) fail(at, fmt::format("more than {} nodes; write less", kMostNodes));
  }

  void remember(const Node& node, YAML::anchor_t anchor) {
    if (anchor == 0) return;
    const Weight weight = weigh(node);
    count(node.position, weight.nodes);  // the copy is kept
    anchors_[anchor] = {node, weight};
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
      check_key(parent, node);
      parent.key = Node::Entry{node.scalar, node.position, {}};
    } else {
      parent.key->value = std::move(node);
      parent.node.entries.push_back(std::move(*parent.key));
      parent.key.reset();
    }
  }

  void check_key(Open& map, const Node& key) {
    if (key.kind != Node::Kind::kScalar || key.scalar.empty()) {
      note(key.position, "a key is missing before ':'; write one");
    } else if (key.scalar == "<<" && !key.quoted) {
      note(key.position, "merge keys ('<<') are not supported; write the keys out");
    } else if (key.scalar.size() > kMostKeyBytes ||
               key.scalar.find_first_of("\n\t") != std::string::npos) {
      fail(key.position, fmt::format("key {} has more than {} bytes or one line; shorten it",
                                     in_quotes(key.scalar), kMostKeyBytes));
    }
    const auto [first, is_new] = map.keys.emplace(key.scalar, key.position);
    if (is_new) return;
    note(key.position,
         fmt::format("duplicate key {}, first at {}:{}; take one out", in_quotes(key.scalar),
                     first->second.line, first->second.column));
  }

  const SourceText& source_;
  const std::string& file_;
  std::vector<Diagnostic> noted_;
  bool started_ = false;
  Node root_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, Anchored> anchors_;
  std::size_t nodes_ = 0;
  std::size_t aliased_bytes_ = 0;
};

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// (\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
bool is_float(std::string_view text) {
  if (const std::size_t e = text.find_first_of("eE"); e != std::string_view::npos) {
    std::string_view exponent = text.substr(e + 1);
    if (exponent.starts_with('+') || exponent.starts_with('-')) exponent.remove_prefix(1);
    if (!all_digits(exponent)) return false;
    text = text.substr(0, e);
  }
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return all_digits(text);
  const std::string_view whole = text.substr(0, dot);
  const std::string_view fraction = text.substr(dot + 1);
  if (whole.empty()) return all_digits(fraction);
  return all_digits(whole) && (fraction.empty() || all_digits(fraction));
}

}  // namespace

std::string Node::shown() const {
  switch (kind) {
    case Kind::kScalar:
      return in_quotes(scalar);
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

Node::Type Node::type() const {
  if (quoted) return Type::kText;
  const auto is_one_of = [&](std::initializer_list<std::string_view> words) {
    return std::find(words.begin(), words.end(), scalar) != words.end();
  };
  if (is_one_of({"true", "True", "TRUE", "false", "False", "FALSE"})) return Type::kBoolean;
  std::string_view number = scalar;
  if (number.starts_with("0x") &&
      number.find_first_not_of("0123456789abcdefABCDEF", 2) == std::string_view::npos) {
    return Type::kInteger;
  }
  if (number.starts_with("0o") &&
      number.find_first_not_of("01234567", 2) == std::string_view::npos) {
    return Type::kInteger;
  }
  if (is_one_of({".nan", ".NaN", ".NAN"})) return Type::kFloat;
  if (number.starts_with('+') || number.starts_with('-')) number.remove_prefix(1);
  if (all_digits(number)) return Type::kInteger;
  if (number == ".inf" || number == ".Inf" || number == ".INF" || is_float(number)) {
    return Type::kFloat;
  }
  return Type::kText;
}

Node parse_yaml(std::string_view text, const std::string& file) {
  const SourceText source(text, file);
  Builder builder(source, file);
  std::istringstream stream{std::string(source.text())};
  try {
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) {
      builder.fail({}, "the file is empty; `bitgate schema` shows what a pipeline holds");
    }
    parser.HandleNextDocument(builder);  // there must be none: OnDocumentStart refuses it
  } catch (const YAML::Exception& error) {
    const Position at =
        error.mark.is_null() ? Position{} : source.position(error.mark.line, error.mark.column);
    if (const int column = source.tab_in_indentation(at.line); column > 0) {
      builder.fail({at.line, column}, "a tab can't indent in YAML; use spaces");
    }
    builder.fail(at, fmt::format("not YAML: {}; check brackets, quotes, colons and indentation up "
                                 "to here",
                                 error.msg.substr(0, 200)));
  }
  builder.finish();
  return builder.take();
}

}  // namespace bitgate
