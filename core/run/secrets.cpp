#include "run/secrets.hpp"

#include <cstdlib>
#include <stdexcept>
#include <system_error>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/secret.hpp"

namespace bitgate {
namespace {

using nlohmann::json;

constexpr std::uint64_t kMostBytes = 64U << 10;

std::string environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? "" : value;
}

std::string read_secret(const std::string& name) {
  if (std::string value = environment(name); !value.empty()) return value;
  const std::string path = environment(name + "_FILE");
  if (path.empty()) return "";
  try {
    std::string value = read_file(path, kMostBytes);
    while (value.ends_with('\n') || value.ends_with('\r')) value.pop_back();
    return value;
  } catch (const std::system_error& error) {
    throw std::runtime_error(
        fmt::format("the secret {} can't be read from the file that {}_FILE "
                    "names: {}",
                    name, name, error.code().message()));
  }
}

void collect(const json& value, worker::Secrets& secrets) {
  if (value.is_structured()) {
    for (const json& item : value) collect(item, secrets);
  } else if (value.is_string()) {
    const auto name = secret_name(value.get_ref<const std::string&>());
    if (!name || secrets.contains(*name)) return;
    if (std::string content = read_secret(*name); !content.empty()) {
      secrets.emplace(*name, std::move(content));
    }
  }
}

}  // namespace

worker::Secrets read_secrets(const json& options) {
  worker::Secrets secrets;
  collect(options, secrets);
  return secrets;
}

std::string without_secrets(std::string text, const worker::Secrets& secrets) {
  constexpr std::string_view kInstead = "***";
  for (const auto& [name, value] : secrets) {
    for (std::size_t at = 0; (at = text.find(value, at)) != std::string::npos;) {
      text.replace(at, value.size(), kInstead);
      at += kInstead.size();
    }
  }
  return text;
}

worker::WorkerOptions discreet(const worker::WorkerOptions& options,
                               const worker::Secrets& secrets) {
  if (secrets.empty()) return options;
  worker::WorkerOptions out = options;
  out.on_log = [say = options.on_log, secrets](int level, std::string_view text) {
    say(level, without_secrets(std::string(text), secrets));
  };
  out.on_write = [say = options.on_write, secrets](int stream, std::string_view text) {
    say(stream, without_secrets(std::string(text), secrets));
  };
  return out;
}

}  // namespace bitgate
