// The plugin "opencl": every device of every OpenCL driver on this machine.
#include <bitgate/backend.hpp>

#include <nlohmann/json.hpp>

#include "blas.hpp"
#include "devices.hpp"
#include "driver_guard.hpp"
#include "session.hpp"

namespace opencl {
namespace {

struct Options {
  bool only_gpus = false;
  std::string work;  ///< empty: what fits the device
  bool blas = kHasBlas;
};

Options options_of(std::string_view text) {
  const auto given = nlohmann::json::parse(text.empty() ? "{}" : text, nullptr, false);
  if (!given.is_object()) throw bitgate::Error(BG_INVALID_ARGUMENT, "the options are no object");
  Options options;
  for (const auto& [name, value] : given.items()) {
    const std::string word = value.is_string() ? value.get<std::string>() : value.dump();
    if (name == "devices" && (word == "all" || word == "gpu")) {
      options.only_gpus = word == "gpu";
    } else if (name == "work" && (word == "cores" || word == "lanes")) {
      options.work = word;
    } else if (name == "f32_matmul" && (word == "clblast" || word == "own")) {
      options.blas = word == "clblast";
    } else {
      throw bitgate::Error(BG_INVALID_ARGUMENT,
                           "no option " + name + ": " + word +
                               "; there are devices: all or gpu, work: cores or lanes, f32_matmul: "
                               "clblast or own");
    }
  }
  if (options.blas && !kHasBlas) {
    throw bitgate::Error(BG_UNAVAILABLE,
                         "f32_matmul: clblast: this plugin was built without CLBlast");
  }
  return options;
}

class ClBackend : public bitgate::Backend {
 public:
  static constexpr std::string_view kDescription =
      R"({"title": "OpenCL kernels for ternary, f32, f16 and bf16 weights", "driver_threads": true, "options": {)"
      R"("type": "object", "additionalProperties": false, "properties": {)"
      R"("devices": {"type": "string", "enum": ["all", "gpu"], "description": "all devices, GPUs first (default), or GPUs )"
      R"(alone, so that nothing but a GPU will do"},)"
      R"("work": {"type": "string", "enum": ["cores", "lanes"], "description": "how kernels cut their work: )"
      R"(cores (few work items with vectors of rows) or lanes (many, one row each); left out: what fits the device"},)"
      R"("f32_matmul": {"type": "string", "enum": ["clblast", "own"], "description": "whose kernels multiply f32 )"
      R"(weights; left out: CLBlast's if the plugin was built with it"}}}})";

  ClBackend(bitgate::Host, std::string_view options) : options_(options_of(options)) {
    const DriverGuard guard;
    found_ = find_devices(options_.only_gpus);
    for (const FoundDevice& device : found_) described_.push_back(device.described);
  }

  std::span<const bitgate::Device> devices() const override { return described_; }
  bool has_device_timer() const override { return true; }

  bitgate::SessionPtr open(const bitgate::Device& device,
                           const bitgate::SessionOptions& options) override {
    if (options.threads == 0 || options.threads > device.units) {
      throw bitgate::Error(BG_INVALID_ARGUMENT, std::to_string(options.threads) + " threads on " +
                                                    std::to_string(device.units) + " units");
    }
    const auto index = static_cast<std::size_t>(&device - described_.data());
    const FoundDevice& found = found_[index];
    const unsigned units = found.is_cpu ? options.threads : device.units;
    const bool wide = options_.work.empty() ? found.is_cpu : options_.work == "cores";
    return open_session(found, units, wide ? Cut::cores() : Cut::lanes(), options_.blas);
  }

 private:
  Options options_;
  std::vector<FoundDevice> found_;
  std::vector<bitgate::Device> described_;
};

}  // namespace
}  // namespace opencl

BITGATE_BACKEND(opencl, "opencl", "0.1.0", opencl::ClBackend)
