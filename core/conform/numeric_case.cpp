#include "conform/numeric_case.hpp"

#include <array>
#include <charconv>
#include <stdexcept>

#include <fmt/format.h>

namespace bitgate::conform {
namespace {

bool plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("_./-").find(c) != std::string_view::npos;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    out += plain(c) ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

[[noreturn]] void malformed(const std::string& what) {
  throw std::invalid_argument(
      fmt::format("{}: copy the whole token that `bitgate plugin check` printed", what));
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      if (!plain(text[i])) malformed(fmt::format("'{}' does not belong into a token", text[i]));
      out += text[i];
      continue;
    }
    unsigned value = 0;
    const std::string_view digits = text.substr(i + 1, 2);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (digits.size() != 2 || error != std::errc() || end != digits.data() + 2) {
      malformed("% without two hexadecimal digits");
    }
    out += static_cast<char>(value);
    i += 2;
  }
  return out;
}

template <class T>
T number(const std::string& text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) {
    malformed(fmt::format("'{}' is no number", text));
  }
  return value;
}

}  // namespace

std::string text_of(const NumericCase& what) {
  return fmt::format("{} {} {}x{} batch {}, weights {}, activations {}, {} thread{}, seed {}",
                     what.op, what.format, what.rows, what.cols, what.batch, what.weights,
                     what.activations, what.threads, what.threads == 1 ? "" : "s", what.seed);
}

std::string token_of(const Repro& repro) {
  const NumericCase& what = repro.what;
  std::string out;
  const std::array<std::string, 13> fields = {
      repro.check,
      repro.plugin,
      repro.device,
      what.op,
      what.format,
      std::to_string(what.rows),
      std::to_string(what.cols),
      std::to_string(what.batch),
      what.weights,
      what.activations,
      std::to_string(what.threads),
      std::to_string(what.seed),
      repro.options.empty() ? std::string() : repro.options.dump()};
  for (const std::string& field : fields) out += (out.empty() ? "" : ":") + escaped(field);
  return out;
}

Repro parse_token(std::string_view token) {
  constexpr std::size_t kFields = 13;
  std::vector<std::string> fields;
  while (true) {
    const std::size_t end = token.find(':');
    fields.push_back(unescaped(token.substr(0, end)));
    if (end == std::string_view::npos) break;
    token.remove_prefix(end + 1);
  }
  if (fields.size() != kFields) {
    malformed(fmt::format("a token has {} fields, this one {}", kFields, fields.size()));
  }
  Repro repro{fields[0], fields[1], fields[2], nlohmann::json::object(), {}};
  repro.what = {fields[3],
                fields[4],
                number<std::uint64_t>(fields[5]),
                number<std::uint64_t>(fields[6]),
                number<std::uint64_t>(fields[7]),
                fields[8],
                fields[9],
                number<unsigned>(fields[10]),
                number<std::uint64_t>(fields[11])};
  if (!fields[12].empty()) repro.options = nlohmann::json::parse(fields[12], nullptr, false);
  if (!repro.options.is_object()) malformed("the plugin's options are no JSON object");
  return repro;
}

}  // namespace bitgate::conform
