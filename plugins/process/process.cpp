// The plugin "process": other programs' benchmarks. It computes nothing itself: it has the one
// operation `benchmark`, which runs a command and answers with what its results say.
#include <bitgate/backend.hpp>

#include <algorithm>
#include <thread>

#include <nlohmann/json.hpp>

#include "options.hpp"
#include "outside.hpp"

namespace process {
namespace {

using bitgate::Error;
using bitgate::Op;

/// Bytes that are spaces until the answer is there.
class Answer : public bitgate::Tensor {
 public:
  explicit Answer(const bitgate::TensorDesc& desc)
      : room_(desc.cols()),
        text_(*bitgate::formats::byte_size(desc.format, desc.rows(), desc.cols()), ' ') {}

  void set(const std::string& answer) {
    if (answer.size() > room_) {
      throw Error(BG_OUT_OF_MEMORY, "the results take " + std::to_string(answer.size()) +
                                        " bytes, and there is room for " + std::to_string(room_));
    }
    std::fill(std::copy(answer.begin(), answer.end(), text_.begin()), text_.end(), ' ');
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::size_t room_;
  std::string text_;
};

class Benchmark : public bitgate::Program {
 public:
  Benchmark(const Op& op, Outside& outside)
      : outside_(outside),
        name_(op.text("name")),
        directory_(op.text("directory")),
        answer_(static_cast<Answer&>(*op.outputs[0].tensor)),
        kernels_{{outside.shown(), 0}} {}

  [[nodiscard]] std::span<const bitgate::Kernel> kernels() const override { return kernels_; }

  void run() {
    answer_.set(outside_.answer(name_, directory_)
                    .dump(-1, ' ', true, nlohmann::json::error_handler_t::replace));
    ++kernels_[0].calls;
  }

 private:
  Outside& outside_;
  std::string name_;
  std::string directory_;
  Answer& answer_;
  std::vector<bitgate::Kernel> kernels_;
};

class ProcessSession : public bitgate::Session {
 public:
  explicit ProcessSession(Outside& outside) : outside_(outside) {}

  [[nodiscard]] bitgate::Support supports(const Op& op) const override {
    if (op.kind != "benchmark") {
      return bitgate::Support::no(
          "process runs outside commands (compute: {op: benchmark}), it "
          "computes no " +
          std::string(op.kind));
    }
    const bool answers = op.inputs.empty() && op.outputs.size() == 1 &&
                         op.outputs[0].desc.format == bitgate::formats::kI8 &&
                         op.outputs[0].desc.rows() == 1;
    if (!answers || op.text("name").empty() || op.text("directory").empty()) {
      return bitgate::Support::no("benchmark takes a name and a directory, and gives i8 [1,c]");
    }
    return bitgate::Support::yes();
  }

  [[nodiscard]] bitgate::TensorPtr create(const bitgate::TensorDesc& desc) override {
    if (desc.format != bitgate::formats::kI8 || desc.rows() != 1) {
      throw Error(BG_UNSUPPORTED, "process has no tensors but the answer of op benchmark");
    }
    return std::make_unique<Answer>(desc);
  }
  void write(bitgate::Tensor&, bitgate::ConstBytes) override {
    throw Error(BG_UNSUPPORTED, "process takes no numbers in");
  }
  void read(const bitgate::Tensor& tensor, bitgate::Bytes bytes) override {
    const std::string& text = static_cast<const Answer&>(tensor).text();
    std::memcpy(bytes.data(), text.data(), bytes.size());
  }
  [[nodiscard]] bitgate::ProgramPtr prepare(std::span<const Op> ops) override {
    if (ops.size() != 1) throw Error(BG_UNSUPPORTED, "benchmark is a program by itself");
    return std::make_unique<Benchmark>(ops[0], outside_);
  }
  void run(bitgate::Program& program, std::uint32_t repeat, const bitgate::RunArgs&) override {
    for (std::uint32_t i = 0; i < repeat; ++i) static_cast<Benchmark&>(program).run();
  }

 private:
  Outside& outside_;
};

class ProcessBackend : public bitgate::Backend {
 public:
  static constexpr const std::string_view& kDescription = process::kDescription;

  ProcessBackend(bitgate::Host host, std::string_view options)
      : options_(read_options(options)),
        outside_(host, options_),
        devices_{{"host", "whatever the command uses",
                  std::max(1U, std::thread::hardware_concurrency()), 0, false}} {}

  [[nodiscard]] std::span<const bitgate::Device> devices() const override { return devices_; }
  [[nodiscard]] bitgate::SessionPtr open(const bitgate::Device&,
                                         const bitgate::SessionOptions&) override {
    require_source(options_);
    return std::make_unique<ProcessSession>(outside_);
  }

 private:
  Options options_;
  Outside outside_;
  std::vector<bitgate::Device> devices_;
};

}  // namespace
}  // namespace process

using process::ProcessBackend;
BITGATE_BACKEND(process, "process", "0.1.0", ProcessBackend)
