#include "worker/trust.hpp"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

namespace bitgate::worker {
namespace {

namespace fs = std::filesystem;

/// Whether `below` is `above` or lies in it; both absolute and normal.
bool is_within(const fs::path& below, const fs::path& above) {
  const auto end = std::mismatch(above.begin(), above.end(), below.begin(), below.end());
  return end.first == above.end();
}

/// Whether the group is the effective user's own and has no other members, as systems with a umask
/// of 002 make them.
bool is_private_group(gid_t id) {
  const passwd* user = ::getpwuid(::geteuid());
  const group* known = ::getgrgid(id);
  if (user == nullptr || known == nullptr || user->pw_gid != id) return false;
  const std::string_view name = user->pw_name;
  if (name != known->gr_name) return false;
  for (char* const* member = known->gr_mem; *member != nullptr; ++member) {
    if (name != *member) return false;
  }
  return true;
}

/// What is wrong with one file or directory itself; empty if nothing.
std::string flaw(const fs::path& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) {
    return fmt::format("{} can't be examined: {}", path.string(),
                       std::generic_category().message(errno));
  }
  if (info.st_uid != 0 && info.st_uid != ::geteuid()) {
    return fmt::format("{0} belongs to user {1}, who is neither root nor you: chown {2} {0}",
                       path.string(), info.st_uid, ::geteuid());
  }
  const bool sticky_directory = S_ISDIR(info.st_mode) && (info.st_mode & S_ISVTX) != 0;
  if (sticky_directory) return {};
  if ((info.st_mode & S_IWOTH) != 0) {
    return fmt::format("{0} can be written by everyone: chmod o-w {0}", path.string());
  }
  if ((info.st_mode & S_IWGRP) != 0 && !is_private_group(info.st_gid)) {
    return fmt::format("{0} can be written by group {1}: chmod g-w {0}", path.string(),
                       info.st_gid);
  }
  return {};
}

std::string with_way_out(const std::string& flaw, const fs::path& directory) {
  if (flaw.empty()) return {};
  return fmt::format("{}, or pass --trust-dir {} if you know who can write there", flaw,
                     directory.string());
}

}  // namespace

Trust::Trust(const std::vector<fs::path>& directories)
    : program_(fs::read_symlink("/proc/self/exe").parent_path()) {
  for (const fs::path& directory : directories) {
    std::error_code error;
    const fs::path resolved = fs::canonical(directory, error);
    if (error || !fs::is_directory(resolved, error)) {
      throw std::runtime_error(
          fmt::format("--trust-dir {}: is no directory; name one that exists", directory.string()));
    }
    directories_.push_back(resolved);
  }
}

std::string Trust::objection(const fs::path& file) const {
  const fs::path directory = file.parent_path();
  const std::string own = with_way_out(flaw(file), directory);
  return own.empty() ? objection_to_directory(directory) : own;
}

std::string Trust::objection_to_directory(const fs::path& directory) const {
  for (fs::path at = directory; !is_within(program_, at); at = at.parent_path()) {
    const std::string found = with_way_out(flaw(at), directory);
    if (!found.empty()) return found;
  }
  return {};  // the root directory holds the program as well
}

fs::path Trust::trusted_by(const fs::path& file) const {
  const auto found =
      std::find_if(directories_.begin(), directories_.end(),
                   [&](const fs::path& directory) { return is_within(file, directory); });
  return found == directories_.end() ? fs::path() : *found;
}

}  // namespace bitgate::worker
