#include "clock.hpp"

namespace opencl {
namespace {

cl_ulong time_of(const Event& event, cl_profiling_info what) {
  cl_ulong ns = 0;
  check(clGetEventProfilingInfo(event.get(), what, sizeof(ns), &ns, nullptr),
        "clGetEventProfilingInfo");
  return ns;
}

}  // namespace

cl_event* Clock::next() {
  if (!started_) return nullptr;
  if (ended_) {
    first_ = {};
    last_ = {};
    ended_ = false;
  }
  return first_.get() == nullptr ? first_.receive() : last_.receive();
}

void Clock::mark_begin(cl_command_queue queue) {
  if (!started_ || (!ended_ && first_.get() != nullptr)) return;
  check(clEnqueueMarkerWithWaitList(queue, 0, nullptr, next()), "clEnqueueMarkerWithWaitList");
}

bitgate::DeviceTimes Clock::times() const {
  if (first_.get() == nullptr) return {};
  const cl_ulong queued = time_of(first_, CL_PROFILING_COMMAND_QUEUED);
  const cl_ulong submitted = time_of(first_, CL_PROFILING_COMMAND_SUBMIT);
  const cl_ulong start = time_of(first_, CL_PROFILING_COMMAND_START);
  const cl_ulong end = time_of(last_.get() == nullptr ? first_ : last_, CL_PROFILING_COMMAND_END);
  return {submitted - queued, start - submitted, end - start};
}

}  // namespace opencl
