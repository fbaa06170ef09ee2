#include "lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <system_error>
#include <thread>

#include "markdown/digest.hpp"

namespace github {

Lock::Lock(const std::string& repository) {
  constexpr int kMostLooks = 400;
  constexpr std::chrono::milliseconds kPause{50};
  constexpr std::size_t kDigits = 16;
  std::error_code error;
  const auto directory = std::filesystem::temp_directory_path(error);
  if (error) return;
  const std::string name = "bitgate-github-" + std::to_string(::getuid()) + "-" +
                           markdown::sha256(repository).substr(0, kDigits);
  const int fd =
      ::open((directory / name).c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return;
  struct stat about {};
  if (::fstat(fd, &about) == 0 && about.st_uid == ::getuid()) {
    for (int looks = 0; looks < kMostLooks; ++looks) {
      if (::flock(fd, LOCK_EX | LOCK_NB) == 0) {
        fd_ = fd;
        return;
      }
      std::this_thread::sleep_for(kPause);
    }
  }
  ::close(fd);
}

Lock::~Lock() {
  if (fd_ >= 0) ::close(fd_);  // which releases it
}

}  // namespace github
