// OpenCL's C interface with owners and errors: every status is looked at, every object released
// once.
#pragma once

#include <bitgate/plugin.hpp>

#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>

#include <string>
#include <utility>
#include <vector>

namespace opencl {

/// "CL_OUT_OF_RESOURCES", or the number of a status without a name here.
std::string name_of(cl_int status);

/// Throws bitgate::Error unless it is CL_SUCCESS: "clCreateBuffer: CL_OUT_OF_RESOURCES".
void check(cl_int status, const char* call);

/// Owns an object that is released by `Release`.
template <class T, cl_int (*Release)(T)>
class Owned {
 public:
  Owned() = default;
  explicit Owned(T object) : object_(object) {}
  Owned(Owned&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Owned& operator=(Owned&& other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
  ~Owned() {
    if (object_ != nullptr) Release(object_);
  }

  [[nodiscard]] T get() const { return object_; }
  /// Where OpenCL writes another object, in place of the one that it is now.
  [[nodiscard]] T* receive() {
    *this = Owned();
    return &object_;
  }

 private:
  T object_ = nullptr;
};

using Context = Owned<cl_context, clReleaseContext>;
using Queue = Owned<cl_command_queue, clReleaseCommandQueue>;
using CompiledProgram = Owned<cl_program, clReleaseProgram>;
using KernelHandle = Owned<cl_kernel, clReleaseKernel>;
using Buffer = Owned<cl_mem, clReleaseMemObject>;
using DeviceHandle = Owned<cl_device_id, clReleaseDevice>;
using Event = Owned<cl_event, clReleaseEvent>;

/// A property of a device of a fixed size.
template <class T>
T device_info(cl_device_id device, cl_device_info what) {
  T value{};
  check(clGetDeviceInfo(device, what, sizeof(value), &value, nullptr), "clGetDeviceInfo");
  return value;
}
/// One that is a text.
std::string device_text(cl_device_id device, cl_device_info what);

}  // namespace opencl
