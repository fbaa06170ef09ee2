// Two runs on one machine that publish to the same repository take turns.
#pragma once

#include <string>

namespace github {

class Lock {
 public:
  /// Waits for a moment. Where the lock can't be had there is none: what the server does then is
  /// still right in the end, only noisier.
  explicit Lock(const std::string& repository);
  Lock(const Lock&) = delete;  // owns the descriptor
  Lock& operator=(const Lock&) = delete;
  ~Lock();

 private:
  int fd_ = -1;
};

}  // namespace github
