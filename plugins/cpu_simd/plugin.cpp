// The plugin "cpu_simd": each implementation is a device, so that a pipeline can compare them.
#include <bitgate/backend.hpp>

#include "program.hpp"
#include "registry.hpp"
#include "tensor.hpp"
#include "thread_team.hpp"

namespace cpu_simd {
namespace {

using bitgate::Device;
using bitgate::Op;

class CpuSession : public bitgate::Session {
 public:
  CpuSession(const Implementation& implementation, std::size_t threads)
      : kernels_(implementation.kernels), team_(threads) {}

  bitgate::Support supports(const Op& op) const override { return cpu_simd::supports(op); }

  bitgate::TensorPtr create(const bitgate::TensorDesc& desc) override {
    return std::make_unique<CpuTensor>(desc, kernels_);
  }
  void write(bitgate::Tensor& tensor, bitgate::ConstBytes bytes) override {
    static_cast<CpuTensor&>(tensor).write(bytes, team_);
  }
  void read(const bitgate::Tensor& tensor, bitgate::Bytes bytes) override {
    static_cast<const CpuTensor&>(tensor).read(bytes);
  }
  std::uint64_t footprint(const bitgate::Tensor& tensor) const override {
    return static_cast<const CpuTensor&>(tensor).footprint();
  }
  bitgate::ProgramPtr prepare(std::span<const Op> ops) override {
    return std::make_unique<CpuProgram>(ops, kernels_, team_);
  }
  void run(bitgate::Program& program, std::uint32_t repeat, const bitgate::RunArgs&) override {
    for (std::uint32_t i = 0; i < repeat; ++i) static_cast<CpuProgram&>(program).run(team_);
  }

 private:
  const KernelTable& kernels_;
  ThreadTeam team_;
};

/// The value of option "isa", empty if there is none. The only option, so this reads no JSON but
/// {} and {"isa": "name"}.
std::string isa_option(std::string_view options) {
  std::string text;
  for (const char c : options) {
    if (c != ' ' && c != '\t' && c != '\n' && c != '\r') text += c;
  }
  constexpr std::string_view kBefore = R"({"isa":")";
  constexpr std::string_view kAfter = R"("})";
  if (text.empty() || text == "{}") return {};
  if (text.starts_with(kBefore) && text.ends_with(kAfter)) {
    return text.substr(kBefore.size(), text.size() - kBefore.size() - kAfter.size());
  }
  throw bitgate::Error(BG_INVALID_ARGUMENT, "cpu_simd has one option, isa, e.g. isa: avx2");
}

class CpuBackend : public bitgate::Backend {
 public:
  static constexpr std::string_view kDescription =
      R"({"title": "CPU kernels for ternary, f32, f16 and bf16 weights", "options": {)"
      R"("type": "object", "additionalProperties": false, "properties": {"isa": {"type": "string", )"
      R"("description": "the fastest instruction set that may run: avx512vnni, avx2, neon-dotprod, neon or scalar"}}}})";

  CpuBackend(bitgate::Host, std::string_view options)
      : allowed_(&implementations().front()), isa_(isa_option(options)) {
    if (!isa_.empty()) allowed_ = find(isa_);
    if (allowed_ == nullptr) {
      throw bitgate::Error(BG_INVALID_ARGUMENT, "no instruction set '" + isa_ + "'; " + names());
    }
    const auto units = static_cast<std::uint32_t>(allowed_cores().size());
    const char* limit = isa_.empty() ? "the fastest here: " : "the fastest here that is allowed: ";
    devices_.push_back({"cpu/auto", limit + best(*allowed_).name, units});
    for (const Implementation& implementation : implementations()) {
      const bool usable = obstacle_of(implementation).empty();
      devices_.push_back({"cpu/" + implementation.name,
                          implementation.description + (usable ? "" : " (not here)"), units});
    }
  }

  std::span<const Device> devices() const override { return devices_; }

  bool has_footprints() const override { return true; }

  bitgate::SessionPtr open(const Device& device, const bitgate::SessionOptions& options) override {
    const std::string_view name = std::string_view(device.id).substr(4);
    const Implementation& implementation = name == "auto" ? best(*allowed_) : *find(name);
    if (const std::string obstacle = obstacle_of(implementation); !obstacle.empty()) {
      throw bitgate::Error(BG_UNAVAILABLE, obstacle);
    }
    if (options.threads == 0 || options.threads > device.units) {
      throw bitgate::Error(BG_INVALID_ARGUMENT, std::to_string(options.threads) + " threads on " +
                                                    std::to_string(device.units) + " cores");
    }
    return std::make_unique<CpuSession>(implementation, options.threads);
  }

 private:
  static std::string names() {
    std::string text = "there are";
    for (const Implementation& implementation : implementations()) {
      text += (text.back() == 'e' ? " " : ", ") + implementation.name;
    }
    return text;
  }

  [[nodiscard]] std::string obstacle_of(const Implementation& implementation) const {
    if (&implementation >= allowed_) return implementation.obstacle();
    return "the option isa: " + isa_ + " rules out cpu/" + implementation.name;
  }

  const Implementation* allowed_;  // of implementations(): it and those after it may run
  std::string isa_;
  std::vector<Device> devices_;
};

}  // namespace
}  // namespace cpu_simd

BITGATE_BACKEND(cpu_simd, "cpu_simd", "0.1.0", cpu_simd::CpuBackend)
