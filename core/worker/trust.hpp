// Who could have put a plugin file where it is.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace bitgate::worker {

/// Judges a file by the owners and permissions of itself and of the directories above it. Only root
/// and the effective user may be able to replace it:
///   - all of them belong to root or the effective user;
///   - none can be written by others, or by a group other than the user's own private one;
///     directories that are sticky, such as /tmp, may.
/// Directories that hold the running program as well are not looked at: whoever can write there can
/// replace the program itself.
class Trust {
 public:
  /// `directories`: what lies below them is used whatever the permissions say. Throws
  /// std::runtime_error if one is no directory.
  explicit Trust(const std::vector<std::filesystem::path>& directories);
  Trust() : Trust(std::vector<std::filesystem::path>()) {}

  /// Why the file can't be trusted, with the fix; empty if it can. `file` is canonical.
  [[nodiscard]] std::string objection(const std::filesystem::path& file) const;
  /// The same for a directory.
  [[nodiscard]] std::string objection_to_directory(const std::filesystem::path& directory) const;
  /// The given directory above this file; empty if there is none.
  [[nodiscard]] std::filesystem::path trusted_by(const std::filesystem::path& file) const;

 private:
  std::vector<std::filesystem::path> directories_;
  std::filesystem::path program_;  // directory of the running program
};

}  // namespace bitgate::worker
