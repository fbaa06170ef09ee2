#include "worker/environment.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>

namespace bitgate::worker {

bool reaches_workers(std::string_view name) {
  constexpr std::array<std::string_view, 9> kNames = {
      "PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "TERM", "NO_COLOR", "TZ"};
  // They say what a workflow runs about, and name files for what it shows.
  constexpr std::array<std::string_view, 9> kWorkflow = {
      "GITHUB_API_URL",    "GITHUB_EVENT_PATH",   "GITHUB_OUTPUT",
      "GITHUB_REPOSITORY", "GITHUB_RUN_ID",       "GITHUB_SERVER_URL",
      "GITHUB_SHA",        "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE"};
  constexpr std::array<std::string_view, 10> kPrefixes = {
      "CUDA_", "NVIDIA_", "OCL_", "OPENCL_", "POCL_", "OMP_", "ASAN_", "LSAN_", "TSAN_", "UBSAN_"};
  // A prefix also lets in its vendor's secrets, such as NVIDIA_API_KEY.
  constexpr std::array<std::string_view, 7> kSecrets = {"KEY",  "TOKEN",      "SECRET", "PASS",
                                                        "AUTH", "CREDENTIAL", "CERT"};
  if (std::find(kNames.begin(), kNames.end(), name) != kNames.end()) return true;
  if (std::find(kWorkflow.begin(), kWorkflow.end(), name) != kWorkflow.end()) return true;
  const auto begins = [&](std::string_view prefix) { return name.starts_with(prefix); };
  const auto tells = [&](std::string_view word) {
    return name.find(word) != std::string_view::npos;
  };
  return std::any_of(kPrefixes.begin(), kPrefixes.end(), begins) &&
         std::none_of(kSecrets.begin(), kSecrets.end(), tells);
}

std::vector<std::string> worker_environment() {
  std::vector<std::string> kept;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    if (reaches_workers(text.substr(0, text.find('=')))) kept.emplace_back(text);
  }
  return kept;
}

}  // namespace bitgate::worker
