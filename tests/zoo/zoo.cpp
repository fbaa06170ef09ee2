// A backend whose devices misbehave, each in its own way, to prove what the host makes of it.
// Everything but the fault is right: the arithmetic is the oracle's.
#include <bitgate/backend.hpp>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <iterator>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "faults.hpp"
#include "oracle/codec.hpp"
#include "oracle/matmul.hpp"

namespace {

using bitgate::Bytes;
using bitgate::ConstBytes;
using bitgate::Device;
using bitgate::Op;
using bitgate::ProgramPtr;
using bitgate::RunArgs;
using bitgate::Support;
using bitgate::Tensor;
using bitgate::TensorDesc;
using bitgate::TensorPtr;
namespace formats = bitgate::formats;
namespace oracle = bitgate::oracle;

/// A device and what is wrong with it: `fault` is called at the start of `step` (of runs with a
/// product in them: "matmul"), unless its fault lies in what it computes or says.
struct Animal {
  std::string_view id;
  std::string_view name;
  std::string_view step = {};
  void (*fault)() = nullptr;
};

constexpr Animal kAnimals[] = {
    {"zoo/correct", "right, and slow"},
    {"zoo/clock", "right, and has a clock of its own"},
    {"zoo/fast-clock", "its clock runs a thousand times too fast"},
    {"zoo/slow-clock", "its clock runs a thousand times too slowly"},
    {"zoo/stopped-clock", "its clock stands still"},
    {"zoo/fast-wrong", "fast, with one wrong weight"},
    {"zoo/remembers", "gives its first answer again and again"},
    {"zoo/idle", "does nothing in run"},
    {"zoo/miscount", "claims kernels that it did not run"},
    {"zoo/impostor", "claims another plugin's kernel"},
    {"zoo/unsupported", "supports nothing"},
    {"zoo/unavailable", "can't be opened"},
    {"zoo/no-reference", "compares with a reference that is not there"},
    {"zoo/two-thirds", "has two thirds of the scale"},
    {"zoo/flood", "logs without end in run"},
    {"zoo/segfault", "segfaults in a timed run", "matmul", zoo::segfault},
    {"zoo/segfault-in-create", "segfaults in create", "create", zoo::segfault},
    {"zoo/abort", "aborts in prepare", "prepare", zoo::abort_loudly},
    {"zoo/hang", "never returns from a timed run", "matmul", zoo::hang},
    {"zoo/hang-in-close", "never returns from session_close", "close", zoo::hang},
    {"zoo/exit", "exits with status 0 in run", "run", zoo::exit_quietly},
    {"zoo/throw", "throws in run", "run", zoo::throw_words},
    {"zoo/throw-in-prepare", "throws in prepare", "prepare", zoo::throw_words},
    {"zoo/throw-number", "throws a number in read", "read", zoo::throw_number},
    {"zoo/orphan", "segfaults and leaves a child", "run", zoo::leave_child_and_crash},
    {"zoo/memory", "allocates without end in run", "run", zoo::eat_memory},
    {"zoo/leak", "keeps more with each run", "run", zoo::leak},
    {"zoo/chatter", "writes to stdout without end in run", "run", zoo::print_without_end},
    {"zoo/prints", "writes a line to stdout in write", "write", zoo::print_a_line},
    {"zoo/thread", "starts a thread that outlives close", "write", zoo::start_thread},
    {"zoo/lies", "supports what it refuses in prepare", "prepare", zoo::refuse_as_unsupported},
    {"zoo/excuse", "finds in run that it is unavailable", "run", zoo::refuse_as_unavailable},
    {"zoo/busy", "finds in run that it is too busy", "matmul", zoo::refuse_for_now},
    {"zoo/busy-once", "finds in its first run that it is too busy", "matmul", zoo::refuse_once},
    {"zoo/wavers", "takes 6 ms and 100 ms for its runs in turns"},
    {"zoo/garbage", "sends the host no JSON", "run", zoo::send_garbage},
    {"zoo/wrong-answer", "answers the host in the worker's stead", "run", zoo::send_wrong_answer},
    {"zoo/huge-frame", "announces a frame of 4 GiB", "run", zoo::announce_huge_frame},
    {"zoo/large-frame", "sends a frame of 16 MiB that says nothing", "run",
     zoo::fill_largest_frame},
    {"zoo/hang-up", "closes the socket to the host", "run", zoo::hang_up},
};

const std::vector<Device>& all_devices() {
  static const std::vector<Device> devices = [] {
    std::vector<Device> list;
    for (const Animal& animal : kAnimals) {
      list.push_back({std::string(animal.id), std::string(animal.name), 2});
    }
    return list;
  }();
  return devices;
}

const Animal& animal_of(std::string_view id) {
  return *std::find_if(std::begin(kAnimals), std::end(kAnimals),
                       [&](const Animal& animal) { return animal.id == id; });
}

class ZooTensor : public Tensor {
 public:
  ZooTensor(const TensorDesc& desc, std::uint64_t size)
      : format(desc.format), rows(desc.rows()), cols(desc.cols()), bytes(size) {}

  std::string format;
  std::uint64_t rows;
  std::uint64_t cols;
  std::vector<std::byte> bytes;
};

ZooTensor& zoo(const bitgate::Operand& operand) {
  return dynamic_cast<ZooTensor&>(*operand.tensor);
}

struct Bound {
  std::string kind;
  std::string rounding;
  std::vector<ZooTensor*> inputs;
  ZooTensor* output;
};

class ZooProgram : public bitgate::Program {
 public:
  std::span<const bitgate::Kernel> kernels() const override { return counts; }

  std::vector<Bound> ops;
  std::vector<bitgate::Kernel> counts;
  bool answered = false;
};

template <class T>
std::vector<T> values(const ZooTensor& tensor) {
  std::vector<T> out(tensor.bytes.size() / sizeof(T));
  std::memcpy(out.data(), tensor.bytes.data(), out.size() * sizeof(T));
  return out;
}

template <class T>
void store(ZooTensor& tensor, const std::vector<T>& from) {
  std::memcpy(tensor.bytes.data(), from.data(), from.size() * sizeof(T));
}

void quantize(const Bound& op, float of_scale) {
  const ZooTensor& x = *op.inputs[0];
  const auto rounding =
      op.rounding == "ternary" ? oracle::Rounding::kTernary : oracle::Rounding::kAbsmean;
  oracle::Ternary weights = oracle::quantize_ternary(values<float>(x), x.rows, x.cols, rounding);
  weights.scale *= of_scale;
  store(*op.output, oracle::encode_i2_s(weights));
}

void matmul(const Bound& op, bool one_wrong) {
  const ZooTensor& w = *op.inputs[0];
  const ZooTensor& x = *op.inputs[1];
  oracle::Ternary weights = oracle::decode_i2_s(w.bytes, w.rows, w.cols);
  if (one_wrong) {
    std::int8_t& code = weights.codes[weights.codes.size() / 2];
    code = static_cast<std::int8_t>(code == 0 ? 1 : 0);
  }
  const oracle::Int8 activations = oracle::decode_i8(x.bytes, x.rows, x.cols);
  store(*op.output, oracle::matmul_i8(weights.codes, activations.codes, w.rows, w.cols, x.rows));
}

/// A device's clock: the time from the first command to the end of the last, if it was started.
class DeviceClock {
 public:
  void start() { runs_ = true; }
  void command() {
    if (runs_ && !busy_) begin_ = Clock::now();
    busy_ = runs_;
  }
  void synchronize() {
    execution_ = busy_ ? Clock::now() - begin_ : std::chrono::nanoseconds(0);
    busy_ = false;
  }
  [[nodiscard]] std::uint64_t execution_ns() const {
    return static_cast<std::uint64_t>(execution_.count());
  }

 private:
  using Clock = std::chrono::steady_clock;
  bool runs_ = false;
  bool busy_ = false;
  Clock::time_point begin_;
  std::chrono::nanoseconds execution_{0};
};

class ZooSession : public bitgate::Session {
 public:
  ZooSession(bitgate::Host host, const Animal& animal) : host_(host), animal_(animal) {}
  ZooSession(const ZooSession&) = delete;  // its end may misbehave, once
  ZooSession& operator=(const ZooSession&) = delete;
  ~ZooSession() override { act("close"); }

  Support supports(const Op& op) const override {
    if (is("unsupported")) return Support::no("the zoo keeps this one idle");
    const TensorDesc& first = op.inputs[0].desc;
    const TensorDesc& out = op.outputs[0].desc;
    const bool fits = op.kind == "quantize"
                          ? out.rows() == first.rows() && out.cols() == first.cols()
                          : op.inputs.size() == 2 && op.inputs[1].desc.cols() == first.cols() &&
                                out.rows() == op.inputs[1].desc.rows() &&
                                out.cols() == first.rows();
    if (op.kind == "quantize" && out.format == formats::kI2S && fits) return Support::yes();
    const bool sums = out.format == formats::kI32;
    if (op.kind == "matmul" && first.format == formats::kI2S && sums && fits) return Support::yes();
    return Support::no("the zoo only knows i2_s, and shapes that fit");
  }

  TensorPtr create(const TensorDesc& desc) override {
    act("create");
    const auto size = formats::byte_size(desc.format, desc.rows(), desc.cols());
    if (!size) throw bitgate::Error(BG_INVALID_ARGUMENT, "the zoo has no such tensor");
    return std::make_unique<ZooTensor>(desc, *size);
  }

  void write(Tensor& tensor, ConstBytes bytes) override {
    act("write");
    auto& to = dynamic_cast<ZooTensor&>(tensor);
    try {
      if (to.format == formats::kI2S)
        static_cast<void>(oracle::decode_i2_s(bytes, to.rows, to.cols));
    } catch (const std::invalid_argument& error) {
      throw bitgate::Error(BG_INVALID_ARGUMENT, error.what());
    }
    to.bytes.assign(bytes.begin(), bytes.end());
  }

  void read(const Tensor& tensor, Bytes bytes) override {
    act("read");
    const auto& from = dynamic_cast<const ZooTensor&>(tensor);
    std::copy(from.bytes.begin(), from.bytes.end(), bytes.begin());
  }

  ProgramPtr prepare(std::span<const Op> ops) override {
    act("prepare");
    auto program = std::make_unique<ZooProgram>();
    for (const Op& op : ops) {
      Bound bound{std::string(op.kind), std::string(op.text("rounding")), {}, &zoo(op.outputs[0])};
      for (const bitgate::Operand& input : op.inputs) bound.inputs.push_back(&zoo(input));
      program->ops.push_back(bound);
      program->counts.push_back({is("impostor") ? "avx512vnni/i2_s_gemv" : "zoo/" + bound.kind, 0});
    }
    return program;
  }

  void run(bitgate::Program& program, std::uint32_t repeat, const RunArgs&) override {
    auto& mine = dynamic_cast<ZooProgram&>(program);
    clock_.command();
    if (is("wavers") && mine.ops.front().kind == "matmul") {
      std::this_thread::sleep_for(std::chrono::milliseconds(++runs_ % 2 == 0 ? 6 : 100));
    }
    for (std::uint32_t i = 0; i < repeat; ++i) {
      for (std::size_t op = 0; op < mine.ops.size(); ++op) run_op(mine, op);
    }
  }

  void synchronize() override { clock_.synchronize(); }

  void start_timer() override {
    if (animal_.id.find("clock") == std::string_view::npos) return Session::start_timer();
    clock_.start();
  }

  bitgate::DeviceTimes device_times() override {
    const std::uint64_t ns = clock_.execution_ns();
    if (is("fast-clock")) return {{}, {}, ns * 1000};
    if (is("slow-clock")) return {{}, {}, ns / 1000 + 1};
    if (is("stopped-clock")) return {};
    return {0, {}, ns};
  }

 private:
  [[nodiscard]] bool is(std::string_view name) const { return animal_.id.substr(4) == name; }
  void act(std::string_view step) const {
    if (animal_.step == step) animal_.fault();
  }

  void run_op(ZooProgram& program, std::size_t index) {
    const Bound& op = program.ops[index];
    if (!is("miscount")) ++program.counts[index].calls;
    act("run");
    if (op.kind == "quantize") return quantize(op, is("two-thirds") ? 0.667F : 1);
    act("matmul");
    while (is("flood")) host_.log(BG_LOG_WARNING, "still talking");
    if (is("idle") || (is("remembers") && program.answered)) return;
    if (is("correct")) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    matmul(op, is("fast-wrong"));
    program.answered = true;
  }

  bitgate::Host host_;
  const Animal& animal_;
  DeviceClock clock_;
  std::uint64_t runs_ = 0;
};

class Zoo : public bitgate::Backend {
 public:
  static constexpr std::string_view kDescription =
      R"({"title": "faulty devices", "options": {"type": "object", "additionalProperties": false}})";

  Zoo(bitgate::Host host, std::string_view) : host_(host) {}

  std::span<const Device> devices() const override { return all_devices(); }
  bool has_device_timer() const override { return true; }

  bitgate::SessionPtr open(const Device& device, const bitgate::SessionOptions&) override {
    if (device.id == "zoo/unavailable") {
      throw bitgate::Error(BG_UNAVAILABLE, "the zoo has no such animal");
    }
    if (device.id == "zoo/no-reference") {
      throw bitgate::Error(BG_UNAVAILABLE, "no-cpp-reference: the zoo keeps no C++");
    }
    host_.log(BG_LOG_INFO, "opened " + device.id);
    return std::make_unique<ZooSession>(host_, animal_of(device.id));
  }

 private:
  bitgate::Host host_;
};

}  // namespace

BITGATE_BACKEND(zoo, ZOO_ID, "1.0.0", Zoo)
