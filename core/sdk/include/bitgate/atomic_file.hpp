// Writing a file so that a reader never sees half of one; for reporters and the host. POSIX.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

namespace bitgate {
namespace detail {

[[noreturn]] inline void raise_errno(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

/// A temporary file that removes itself unless it was renamed into place.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::filesystem::path& target)
      : target_(target),
        folder_(target.has_parent_path() ? target.parent_path() : std::filesystem::path(".")),
        name_(folder_ / (std::string(".").append(target.filename().string()).append(".") +
                         std::to_string(::getpid()))),
        fd_(::open(name_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666)) {
    if (fd_ < 0) raise_errno(target.string());
  }
  TemporaryFile(const TemporaryFile&) = delete;  // owns the file
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    ::close(fd_);
    if (!placed_) ::unlink(name_.c_str());
  }

  void write(std::string_view content) const {
    while (!content.empty()) {
      const ssize_t written = ::write(fd_, content.data(), content.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) raise_errno(target_.string());
      content.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  void place() {
    if (::fsync(fd_) != 0 || ::rename(name_.c_str(), target_.c_str()) != 0) {
      raise_errno(target_.string());
    }
    placed_ = true;
    const int folder = ::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0) {
      ::fsync(folder);
      ::close(folder);
    }
  }

 private:
  std::filesystem::path target_;
  std::filesystem::path folder_;
  std::filesystem::path name_;
  int fd_;
  bool placed_ = false;
};

}  // namespace detail

/// Replaces `path` by `content`: temporary file beside it, fsync, rename, fsync of the directory.
/// On an error (std::system_error) whatever was at `path` is untouched and no temporary remains.
inline void write_file_atomically(const std::filesystem::path& path, std::string_view content) {
  detail::TemporaryFile file(path);
  file.write(content);
  file.place();
}

}  // namespace bitgate
