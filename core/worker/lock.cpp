#include "worker/lock.hpp"

#include <bitgate/atomic_file.hpp>

#include <algorithm>
#include <stdexcept>
#include <system_error>
#include <tuple>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/file.hpp"
#include "worker/lock_text.hpp"

namespace bitgate::worker {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kSchema = "bitgate.lock/1";
constexpr std::uint64_t kMostBytes = 1U << 20;

Pin pin_of(const Json& entry) {
  Pin pin{entry.at("id").get<std::string>(), entry.at("kind").get<std::string>(),
          entry.at("version").get<std::string>(), entry.at("sha256").get<std::string>()};
  constexpr const char* kHex = "0123456789abcdef";
  if (pin.sha256.size() != 64 || pin.sha256.find_first_not_of(kHex) != std::string::npos) {
    throw std::invalid_argument(fmt::format("the sha256 of '{}' is no digest", pin.id));
  }
  return pin;
}

std::runtime_error unusable(const std::filesystem::path& path, const std::string& why) {
  return std::runtime_error(
      fmt::format("{}: {}: write it with bitgate plugin lock", path.string(), why));
}

bool same_plugin(const Pin& a, const Pin& b) { return a.id == b.id && a.kind == b.kind; }

}  // namespace

Lock parse_lock(const std::string& text, const std::filesystem::path& path) {
  try {
    const Json document = Json::parse(text);
    if (document.at("schema") != kSchema) throw unusable(path, fmt::format("is no {}", kSchema));
    Lock lock(path);
    for (const Json& entry : document.at("plugins")) lock.add(pin_of(entry));
    return lock;
  } catch (const std::invalid_argument& error) {
    throw unusable(path, error.what());
  } catch (const Json::exception& error) {
    throw unusable(path, fmt::format("is no lock file ({})", error.what()));
  }
}

Lock Lock::read(const std::filesystem::path& path) {
  try {
    return parse_lock(read_file(path, kMostBytes), path);
  } catch (const std::system_error& error) {
    throw unusable(path, "can't be read: " + error.code().message());
  }
}

void Lock::write() const {
  std::string text = fmt::format("{{\n  \"schema\": \"{}\",\n  \"plugins\": [", kSchema);
  const char* separator = "\n";
  for (const Pin& pin : pins_) {
    text += separator;
    text +=
        "    " +
        Json({{"id", pin.id}, {"kind", pin.kind}, {"version", pin.version}, {"sha256", pin.sha256}})
            .dump();
    separator = ",\n";
  }
  write_file_atomically(path_, text + "\n  ]\n}\n");
}

void Lock::add(const Pin& pin) {
  if (std::any_of(pins_.begin(), pins_.end(),
                  [&](const Pin& known) { return same_plugin(known, pin); })) {
    return;
  }
  const auto place = std::lower_bound(
      pins_.begin(), pins_.end(), pin,
      [](const Pin& a, const Pin& b) { return std::tie(a.kind, a.id) < std::tie(b.kind, b.id); });
  pins_.insert(place, pin);
}

std::string Lock::objection(const Pin& found, const std::filesystem::path& file) const {
  const auto pin = std::find_if(pins_.begin(), pins_.end(),
                                [&](const Pin& known) { return same_plugin(known, found); });
  if (pin == pins_.end()) {
    return fmt::format("{} plugin '{}' ({}) is not pinned in {}: pin it with bitgate plugin lock",
                       found.kind, found.id, file.string(), path_.string());
  }
  if (pin->sha256 == found.sha256) return {};
  return fmt::format(
      "{} plugin '{}' is not the pinned file: {} {} has sha256 {}, {} pins {} {}: restore the "
      "file, "
      "or accept it with bitgate plugin lock",
      found.kind, found.id, file.string(), found.version, found.sha256, path_.string(),
      pin->version, pin->sha256);
}

}  // namespace bitgate::worker
