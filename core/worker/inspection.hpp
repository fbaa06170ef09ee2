// What a worker can say about its own process, so that the host can tell what a plugin did to it.
#pragma once

#include <nlohmann/json.hpp>

#include "worker/shared_memory.hpp"

namespace bitgate::worker {

/// From the first look on, stdout is a small file whose fill is one of the facts: nothing of the
/// worker's own is ever written there.
class Inspection {
 public:
  /// {"floating_point": text, "locale": text, "signals": text, "directory": text, "umask": text,
  ///  "environment": [text], "limits": [text], "threads": n, "descriptors": [text], "children": n,
  ///  "rss": bytes, "heap": bytes in use, "stdout": bytes written}
  nlohmann::json facts();

 private:
  void catch_stdout();

  Fd stdout_;
};

}  // namespace bitgate::worker
