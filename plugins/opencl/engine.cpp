#include "engine.hpp"

#include <array>

#include "kernel_sources.hpp"

namespace opencl {
namespace {

constexpr std::size_t kLogShown = 380;  // of the 496 bytes that an error holds

bool has_fp64(cl_device_id device) {
  return device_info<cl_device_fp_config>(device, CL_DEVICE_DOUBLE_FP_CONFIG) != 0;
}

bool divides_correctly(cl_device_id device) {
  const auto config = device_info<cl_device_fp_config>(device, CL_DEVICE_SINGLE_FP_CONFIG);
  return (config & CL_FP_CORRECTLY_ROUNDED_DIVIDE_SQRT) != 0;
}

DeviceHandle part_of(const FoundDevice& device, unsigned units) {
  if (!device.is_cpu || units == device.described.units) return {};
  const std::array<cl_device_partition_property, 4> properties = {
      CL_DEVICE_PARTITION_BY_COUNTS, static_cast<cl_device_partition_property>(units),
      CL_DEVICE_PARTITION_BY_COUNTS_LIST_END, 0};
  cl_device_id part = nullptr;
  const cl_int status = clCreateSubDevices(device.handle, properties.data(), 1, &part, nullptr);
  if (status != CL_SUCCESS) {
    throw bitgate::Error(BG_INVALID_ARGUMENT,
                         device.described.id + " can't be limited to " + std::to_string(units) +
                             " of its " + std::to_string(device.described.units) + " threads (" +
                             name_of(status) + "): write threads: all");
  }
  return DeviceHandle(part);
}

std::string build_log(cl_program program, cl_device_id device) {
  std::size_t size = 0;
  clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, 0, nullptr, &size);
  std::string log(size, '\0');
  clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, size, log.data(), nullptr);
  return log.substr(0, log.find('\0'));
}

}  // namespace

Engine::Engine(const FoundDevice& device, unsigned units, const Cut& cut)
    : whole_(device.handle),
      part_(part_of(device, units)),
      cut_(cut),
      has_double_(has_fp64(device.handle)),
      correct_division_(divides_correctly(device.handle)) {
  cl_int status = CL_SUCCESS;
  const cl_device_id used = this->device();
  context_ = Context(clCreateContext(nullptr, 1, &used, nullptr, nullptr, &status));
  check(status, "clCreateContext");
  build();
}

void Engine::build() {
  std::string text;
  for (const std::string_view source : kernel_sources()) text += source;
  const char* data = text.data();
  const std::size_t size = text.size();
  cl_int status = CL_SUCCESS;
  program_ = CompiledProgram(clCreateProgramWithSource(context_.get(), 1, &data, &size, &status));
  check(status, "clCreateProgramWithSource");
  std::string options = "-cl-std=CL1.2";
  options += " -D WIDE=" + std::to_string(cut_.wide ? 1 : 0);
  options += " -D GROUP=" + std::to_string(cut_.group);
  options += " -D FP64=" + std::to_string(has_double_ ? 1 : 0);
  if (correct_division_) options += " -cl-fp32-correctly-rounded-divide-sqrt";
  const cl_device_id used = device();
  status = clBuildProgram(program_.get(), 1, &used, options.c_str(), nullptr, nullptr);
  if (status == CL_SUCCESS) return;
  throw bitgate::Error(BG_INTERNAL,
                       "the driver can't compile the kernels (" + name_of(status) +
                           "): " + build_log(program_.get(), used).substr(0, kLogShown));
}

KernelHandle Engine::kernel(const char* name) const {
  cl_int status = CL_SUCCESS;
  KernelHandle kernel(clCreateKernel(program_.get(), name, &status));
  check(status, "clCreateKernel");
  return kernel;
}

}  // namespace opencl
