#include "driver_guard.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

namespace opencl {
namespace {

std::vector<std::string> environment() {
  std::vector<std::string> entries;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    entries.emplace_back(*entry);
  }
  return entries;
}

bool has(const std::vector<std::string>& entries, std::string_view wanted) {
  return std::find(entries.begin(), entries.end(), wanted) != entries.end();
}

}  // namespace

DriverGuard::DriverGuard() : environment_(environment()) {
  for (int signal = 1; signal < kSignals; ++signal) {
    ::sigaction(signal, nullptr, &actions_[static_cast<std::size_t>(signal)]);
  }
}

DriverGuard::~DriverGuard() {
  for (int signal = 1; signal < kSignals; ++signal) {
    ::sigaction(signal, &actions_[static_cast<std::size_t>(signal)], nullptr);
  }
  const std::vector<std::string> now = environment();
  for (const std::string& entry : now) {
    if (!has(environment_, entry)) ::unsetenv(entry.substr(0, entry.find('=')).c_str());
  }
  for (const std::string& entry : environment_) {
    if (has(now, entry)) continue;
    const std::size_t equals = entry.find('=');
    ::setenv(entry.substr(0, equals).c_str(), entry.substr(equals + 1).c_str(), 1);
  }
}

}  // namespace opencl
