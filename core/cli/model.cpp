// bitgate model: what a model file holds
#include <algorithm>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/command_line.hpp"
#include "model/gguf.hpp"
#include "model/gguf_layout.hpp"
#include "model/tokenizer.hpp"
#include "receipt/receipt.hpp"

namespace bitgate::cli {
namespace {

using model::Gguf;
using model::GgufTensor;
using model::GgufValue;
using model::ValueType;

constexpr std::size_t kMostText = 60;
constexpr std::uint64_t kMostItems = 4;

/// Text of the file's on one line: control characters become escapes.
std::string shown(std::string_view text) {
  std::string out;
  for (const char c : to_utf8(utf8_prefix(text, kMostText))) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return text.size() > kMostText ? out + fmt::format("… ({} bytes)", text.size()) : out;
}

/// The first items of an array, and how many there are.
template <typename Items, typename Show>
std::string shown_items(const Items& items, const Show& show) {
  std::string out = "[";
  for (std::size_t i = 0; i < std::min<std::size_t>(items.size(), kMostItems); ++i) {
    out += (i == 0 ? "" : ", ") + show(items[i]);
  }
  return out + (items.size() > kMostItems ? fmt::format(", …] ({})", items.size()) : "]");
}

std::string shown_array(const Gguf& gguf, const GgufValue& value) {
  const auto number = [](auto item) { return fmt::format("{}", item); };
  switch (value.item) {
    case ValueType::kString:
      return shown_items(*gguf.strings(value.key),
                         [](std::string_view item) { return "'" + shown(item) + "'"; });
    case ValueType::kF32:
      return shown_items(*gguf.reals(value.key), number);
    case ValueType::kF64:
    case ValueType::kBool:
      return fmt::format("({})", value.count);
    default:
      return shown_items(*gguf.integers(value.key), number);
  }
}

std::string shown_value(const Gguf& gguf, const GgufValue& value) {
  switch (value.type) {
    case ValueType::kString:
      return shown(value.bytes);
    case ValueType::kBool:
      return *gguf.boolean(value.key) ? "true" : "false";
    case ValueType::kF32:
      return fmt::format("{}", static_cast<float>(*gguf.real(value.key)));
    case ValueType::kF64:
      return fmt::format("{}", *gguf.real(value.key));
    case ValueType::kArray:
      return shown_array(gguf, value);
    default:
      return fmt::format("{}", *gguf.integer(value.key));
  }
}

/// A u64 can lie beyond what the accessors give, which is no reason to show nothing else.
std::string shown_or_why_not(const Gguf& gguf, const GgufValue& value) {
  try {
    return shown_value(gguf, value);
  } catch (const model::GgufError&) {
    return "(beyond 2^63 - 1)";
  }
}

void print_metadata(const Gguf& gguf) {
  fmt::print("\nmetadata ({})\n", gguf.values().size());
  for (const GgufValue& value : gguf.values()) {
    const std::string type = value.type == ValueType::kArray ? fmt::format("{}[]", name(value.item))
                                                             : std::string(name(value.type));
    fmt::print("  {:<44} {:<8} {}\n", shown(value.key), type, shown_or_why_not(gguf, value));
  }
}

/// The format of a tensor's bytes in bitgate's words, or "-".
std::string_view format_name(const GgufTensor& tensor, const model::Layout& layout) {
  const std::string_view format =
      tensor.type == model::TensorType::kI2S ? layout.format : model::format_of(tensor.type);
  return format.empty() ? "-" : format;
}

void print_tensors(const Gguf& gguf, const model::Layout& layout) {
  fmt::print("\ntensors ({})\n  {:<40} {:<6} {:<10} {:>18} {:>14} {:>14}\n", gguf.tensors().size(),
             "name", "type", "format", "rows x columns", "bytes", "at byte");
  std::uint64_t bytes = 0;
  std::uint64_t weights = 0;
  for (const GgufTensor& tensor : gguf.tensors()) {
    const std::string shape = fmt::format("{}x{}", tensor.rows(), tensor.cols());
    fmt::print("  {:<40} {:<6} {:<10} {:>18} {:>14} {:>14}\n", shown(tensor.name),
               name(tensor.type), format_name(tensor, layout), shape, tensor.bytes.size(),
               tensor.offset);
    bytes += tensor.bytes.size();
    weights += tensor.rows() * tensor.cols();
  }
  fmt::print("  {} weights in {} bytes\n", weights, bytes);
}

/// What stands in the way of a use of the model.
std::vector<std::string> problems(const Gguf& gguf, std::string_view chosen,
                                  model::Layout& layout) {
  std::vector<std::string> found;
  const auto attempt = [&](const auto& step) {
    try {
      step();
    } catch (const model::GgufError& error) {
      if (std::find(found.begin(), found.end(), error.what()) == found.end()) {
        found.emplace_back(error.what());
      }
    }
  };
  attempt([&] { static_cast<void>(gguf.architecture()); });
  attempt([&] { layout = model::i2_s_layout(gguf, chosen); });
  for (const GgufTensor& tensor : gguf.tensors()) {
    if (tensor.type == model::TensorType::kTl2 || tensor.type == model::TensorType::kMxfp4) {
      const model::GgufError error =
          gguf.error(tensor.entry,
                     fmt::format("tensor '{}' is {}, whose weights bitgate does not read",
                                 shown(tensor.name), name(tensor.type)),
                     "convert the model to I2_S, TQ1_0 or TQ2_0");
      found.emplace_back(error.what());
      break;  // one of them says it for all
    }
  }
  return found;
}

/// A model without a vocabulary that is known here can be given token ids, so that is no problem.
void print_vocabulary(const Gguf& gguf) {
  try {
    const model::Tokenizer tokenizer = model::Tokenizer::from(gguf);
    fmt::print("\nvocabulary of {} tokens", tokenizer.size());
    const auto mark = [](const char* what, std::optional<std::int32_t> id) {
      if (id) fmt::print(", {} {}", what, *id);
    };
    mark("begins with", tokenizer.bos());
    mark("ends with", tokenizer.eos());
    mark("a turn ends with", tokenizer.eot());
    fmt::print("\n");
  } catch (const model::GgufError& error) {
    fmt::print("\nno vocabulary, so prompts are token ids: {}\n", error.what());
  }
}

int show(const std::string& path, std::string_view chosen) {
  const Gguf gguf = Gguf::open(path);
  model::Layout layout;
  const std::vector<std::string> found = problems(gguf, chosen, layout);
  fmt::print("{}: GGUF version 3, {} bytes, aligned to {}\n", path, gguf.file_bytes(),
             gguf.alignment());
  print_metadata(gguf);
  print_tensors(gguf, layout);
  print_vocabulary(gguf);
  if (!layout.format.empty()) fmt::print("\nI2_S is {}: {}\n", layout.format, layout.why);
  for (const std::string& problem : found) fmt::print(stderr, "problem: {}\n", problem);
  return static_cast<int>(found.empty() ? ExitCode::kPass : ExitCode::kUsage);
}

}  // namespace

int model(const Arguments& arguments) {
  po::options_description options;
  options.add_options()("i2_s", po::value<std::string>()->default_value("")->value_name("LAYOUT"),
                        "layout of I2_S tensors where the file does not say: i2_s, i2_s/arm or "
                        "i2_s/4row");
  const Usage usage{"bitgate model show FILE.gguf [options]",
                    "Prints what a model file holds: metadata, tensors with their sizes and "
                    "formats, and what\nstands in the way of using it. Exit code 2 if there is "
                    "something.",
                    "words", -1};
  const auto values = parse(usage, options, arguments);
  if (!values) return 0;
  const auto words = values->count("words") == 0
                         ? std::vector<std::string>()
                         : values->at("words").as<std::vector<std::string>>();
  if (words.empty() || words.front() != "show") {
    throw UsageError(fmt::format("the subcommand is show; usage: {}", usage.synopsis));
  }
  if (words.size() != 2) throw UsageError("show takes one file; usage: " + usage.synopsis);
  try {
    return show(words[1], values->at("i2_s").as<std::string>());
  } catch (const model::GgufError& error) {
    fmt::print(stderr, "{}\n", error.what());
  } catch (const std::system_error& error) {
    fmt::print(stderr, "bitgate model: {}\n", error.what());
  }
  return static_cast<int>(ExitCode::kUsage);
}

}  // namespace bitgate::cli
