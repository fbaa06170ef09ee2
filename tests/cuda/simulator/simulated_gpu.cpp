#include "simulator/simulated_gpu.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include "kernels/list.hpp"

namespace bg_cuda::simulator {
namespace {

constexpr std::size_t kFence = 256;  // bytes around each allocation, as far apart as a GPU's
constexpr std::byte kFenceByte{0x5C};

/// A call of the kernel with the values that its arguments point at.
template <class... Args>
std::function<void()> call_of(void (*kernel)(Args...), std::span<const Argument> arguments) {
  if (arguments.size() != sizeof...(Args)) {
    throw bitgate::Error(BG_INTERNAL, std::to_string(arguments.size()) + " arguments for " +
                                          std::to_string(sizeof...(Args)));
  }
  std::size_t index = 0;
  const auto take = [&](auto& value) {
    const Argument& argument = arguments[index++];
    if (argument.size != sizeof(value)) {
      throw bitgate::Error(BG_INTERNAL, "argument " + std::to_string(index) + " has " +
                                            std::to_string(argument.size) + " bytes, not " +
                                            std::to_string(sizeof(value)));
    }
    std::memcpy(&value, argument.value, sizeof(value));
  };
  std::tuple<Args...> values{};
  std::apply([&](Args&... each) { (take(each), ...); }, values);
  return [kernel, values] { std::apply(kernel, values); };
}

struct Entry {
  const char* name;
  std::function<void()> (*call)(std::span<const Argument>);
};
#define BG_ENTRY(name, function) \
  Entry{name, [](std::span<const Argument> arguments) { return call_of(function, arguments); }},
const std::array kEntries = {BG_CUDA_KERNELS(BG_ENTRY)};
#undef BG_ENTRY

template <class Format>
void multiply_rows(const FloatProduct& product) {
  using Element = typename Format::Element;
  const auto* w = static_cast<const Element*>(product.w);
  const auto* x = static_cast<const Element*>(product.x);
  for (std::size_t b = 0; b < product.batch; ++b) {
    for (std::size_t m = 0; m < product.rows; ++m) {
      float sum = 0;
      for (std::size_t k = 0; k < product.cols; ++k) {
        sum += Format::load(w, m * product.cols + k) * Format::load(x, b * product.cols + k);
      }
      product.y[b * product.rows + m] = sum;
    }
  }
}
void multiply(const FloatProduct& product) {
  switch (product.format) {
    case FloatFormat::kF32:
      return multiply_rows<F32>(product);
    case FloatFormat::kF16:
      return multiply_rows<F16>(product);
    case FloatFormat::kBF16:
      return multiply_rows<BF16>(product);
  }
}

class SimulatedRecording : public Recording {
 public:
  explicit SimulatedRecording(std::vector<std::function<void()>> calls)
      : calls_(std::move(calls)) {}
  void replay() override {
    for (const std::function<void()>& call : calls_) call();
  }

 private:
  std::vector<std::function<void()>> calls_;
};

class SimulatedGpu : public Gpu {
 public:
  SimulatedGpu(std::unique_ptr<Executor> executor, Abilities abilities)
      : executor_(std::move(executor)), abilities_(abilities) {}

  void* allocate(std::size_t size) override {
    constexpr std::size_t kMost = std::size_t{1} << 32;
    if (size > kMost) throw bitgate::Error(BG_OUT_OF_MEMORY, "more than 4 GiB on this device");
    const std::size_t all = (size + kFence - 1) / kFence * kFence + 2 * kFence;
    auto* memory = static_cast<std::byte*>(std::aligned_alloc(kFence, all));
    if (memory == nullptr) throw bitgate::Error(BG_OUT_OF_MEMORY, "no memory for a tensor");
    std::fill_n(memory, all, kFenceByte);
    std::fill_n(memory + kFence, size, std::byte{0});
    sizes_[memory + kFence] = size;
    return memory + kFence;
  }
  void release(void* memory) noexcept override {
    sizes_.erase(static_cast<std::byte*>(memory));
    std::free(static_cast<std::byte*>(memory) - kFence);
  }
  void upload(void* to, const void* from, std::size_t size) override {
    std::memcpy(to, from, size);
  }
  void download(void* to, const void* from, std::size_t size) override {
    std::memcpy(to, from, size);
  }

  const void* kernel(const std::string& name) override {
    for (const Entry& entry : kEntries) {
      if (name == entry.name) return &entry;
    }
    throw bitgate::Error(BG_INTERNAL, "no kernel " + name);
  }

  std::unique_ptr<Recording> record(std::span<const Step> steps) override {
    std::vector<std::function<void()>> calls;
    for (const Step& step : steps) {
      calls.push_back(std::visit([this](const auto& one) { return call_of(one); }, step));
    }
    return std::make_unique<SimulatedRecording>(std::move(calls));
  }
  [[nodiscard]] bool multiplies_tiles() const override { return abilities_.tiles; }
  [[nodiscard]] bool has_float_products() const override { return abilities_.float_products; }

  void synchronize() override {}

  void note_begin() override { begin_ = Clock::now(); }
  void note_end() override { end_ = Clock::now(); }
  std::uint64_t noted_ns() override {
    return static_cast<std::uint64_t>(std::chrono::nanoseconds(end_ - begin_).count());
  }

 private:
  using Clock = std::chrono::steady_clock;

  std::function<void()> call_of(const Launch& launch) {
    const Entry& entry = *static_cast<const Entry*>(launch.kernel);
    if (launch.block.x * launch.block.y > 1024 || launch.grid.y > 65535) {
      throw bitgate::Error(BG_INTERNAL, std::string(entry.name) + ": no GPU starts such a grid");
    }
    return [this, name = entry.name, grid = launch.grid, block = launch.block,
            body = entry.call(launch.arguments)] {
      executor_->run(grid, block, body);
      for (const auto& [memory, size] : sizes_) check_fences(name, memory, size);
    };
  }

  static std::function<void()> call_of(const FloatProduct& product) {
    return [product] { multiply(product); };
  }

  static void check_fences(const char* kernel, const std::byte* memory, std::size_t size) {
    const auto whole = [](const std::byte* from, std::size_t count) {
      return std::all_of(from, from + count, [](std::byte byte) { return byte == kFenceByte; });
    };
    if (whole(memory - kFence, kFence) && whole(memory + size, kFence)) return;
    throw bitgate::Error(BG_INTERNAL, std::string(kernel) + " wrote beyond a tensor of " +
                                          std::to_string(size) + " bytes");
  }

  std::unique_ptr<Executor> executor_;
  Abilities abilities_;
  Clock::time_point begin_;
  Clock::time_point end_;
  std::map<std::byte*, std::size_t> sizes_;
};

}  // namespace

std::unique_ptr<Gpu> simulated_gpu(std::unique_ptr<Executor> executor, Abilities abilities) {
  return std::make_unique<SimulatedGpu>(std::move(executor), abilities);
}

}  // namespace bg_cuda::simulator
