// bitgate.lock: which files the plugins of a pipeline are, so that a run can refuse all others.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace bitgate::worker {

inline constexpr const char* kLockName = "bitgate.lock";

struct Pin {
  std::string id;
  std::string kind;
  std::string version;
  std::string sha256;  ///< of the file
};

class Lock {
 public:
  /// The lock file that will be written or was read; messages name it.
  explicit Lock(std::filesystem::path path, std::vector<Pin> pins = {})
      : path_(std::move(path)), pins_(std::move(pins)) {}

  /// Throws std::runtime_error with the file's name and the fix.
  static Lock read(const std::filesystem::path& path);
  /// Replaces the file, one plugin a line, sorted. Throws std::system_error.
  void write() const;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] const std::vector<Pin>& pins() const { return pins_; }
  /// Pins a plugin, once.
  void add(const Pin& pin);
  /// Why a plugin file of this identity and digest must not be used, with the fix; empty if it is
  /// the pinned one.
  [[nodiscard]] std::string objection(const Pin& found, const std::filesystem::path& file) const;

 private:
  std::filesystem::path path_;
  std::vector<Pin> pins_;
};

}  // namespace bitgate::worker
