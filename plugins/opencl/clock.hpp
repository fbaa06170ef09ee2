// The device's own clock: what it saw of the commands of a queue that keeps times.
#pragma once

#include <bitgate/backend.hpp>

#include "cl.hpp"

namespace opencl {

/// Keeps the events of the first and the last command between two calls of `end`.
class Clock {
 public:
  void start() { started_ = true; }

  /// Where the event of the next command goes; nullptr, which OpenCL takes for none, unless
  /// started.
  cl_event* next();
  /// For work of several commands of which only the last one has an event: a marker before them.
  void mark_begin(cl_command_queue queue);
  /// All commands have ended; the next one is the first of the next times.
  void end() { ended_ = true; }

  /// From the first command to the end of the last; empty if there was none.
  [[nodiscard]] bitgate::DeviceTimes times() const;

 private:
  bool started_ = false;
  bool ended_ = false;
  Event first_;
  Event last_;  // none while the first one is the only one
};

}  // namespace opencl
