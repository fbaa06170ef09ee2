#include "worker/backend_servant.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <utility>

#include <fmt/format.h>

#include "worker/floating_point.hpp"
#include "worker/resident.hpp"

namespace bitgate::worker {
namespace {

using nlohmann::json;

std::uint64_t now_ns() {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                        std::chrono::steady_clock::now().time_since_epoch())
                                        .count());
}

template <class Map>
auto& at(Map& map, const json& id) {
  const auto found = map.find(id.get<std::uint64_t>());
  if (found == map.end()) throw StatusError(BG_INVALID_ARGUMENT, "a handle that does not exist");
  return found->second;
}

bg_tensor_desc matrix(const json& spec, const std::string& format) {
  bg_tensor_desc desc{};
  desc.struct_size = sizeof(desc);
  desc.rank = 2;
  desc.dims[0] = spec.at("rows").get<std::uint64_t>();
  desc.dims[1] = spec.at("cols").get<std::uint64_t>();
  desc.format = to_str(format);
  return desc;
}

}  // namespace

/// bg_op structs made from a request, with all that they point to.
class BackendServant::Ops {
 public:
  /// Operands are ids of tensors, or descriptions where there are no tensors yet.
  Ops(const json& list, const std::map<std::uint64_t, Tensor>& tensors) {
    for (const json& op : list) add(op, tensors);
  }

  /// Pointers to them, as program_prepare takes them; at least one.
  [[nodiscard]] const std::vector<const bg_op*>& get() const { return pointers_; }

 private:
  struct Storage {
    std::string kind;
    std::deque<std::string> texts;
    std::deque<bg_tensor_desc> descs;
    std::vector<bg_operand> inputs;
    std::vector<bg_operand> outputs;
    std::vector<bg_attribute> attributes;
  };

  static std::vector<bg_operand> operands(const json& list, Storage& storage,
                                          const std::map<std::uint64_t, Tensor>& tensors) {
    std::vector<bg_operand> out;
    for (const json& operand : list) {
      if (operand.is_number()) {
        const Tensor& tensor = at(tensors, operand);
        out.push_back({&tensor.desc, tensor.handle});
      } else {
        const std::string& format =
            storage.texts.emplace_back(operand.at("format").get<std::string>());
        out.push_back({&storage.descs.emplace_back(matrix(operand, format)), nullptr});
      }
    }
    return out;
  }

  void add(const json& from, const std::map<std::uint64_t, Tensor>& tensors) {
    Storage& storage = storage_.emplace_back();
    storage.kind = from.at("kind").get<std::string>();
    storage.inputs = operands(from.at("inputs"), storage, tensors);
    storage.outputs = operands(from.at("outputs"), storage, tensors);
    for (const auto& [name, value] : from.at("attributes").items()) {
      bg_attribute attribute{};
      attribute.name = to_str(storage.texts.emplace_back(name));
      if (value.is_number_integer()) {
        attribute.integer = value.get<std::int64_t>();
      } else if (value.is_number()) {
        attribute.real = value.get<double>();
      } else {
        attribute.text = to_str(storage.texts.emplace_back(value.get<std::string>()));
      }
      storage.attributes.push_back(attribute);
    }
    bg_op op{};
    op.struct_size = sizeof(op);
    op.kind = to_str(storage.kind);
    op.inputs = storage.inputs.data();
    op.input_count = storage.inputs.size();
    op.outputs = storage.outputs.data();
    op.output_count = storage.outputs.size();
    op.attributes = storage.attributes.data();
    op.attribute_count = storage.attributes.size();
    pointers_.push_back(&ops_.emplace_back(op));
  }

  std::deque<Storage> storage_;  // a deque: its elements never move
  std::deque<bg_op> ops_;
  std::vector<const bg_op*> pointers_;
};

BackendServant::BackendServant(const OpenPlugin& plugin, Breadcrumb& breadcrumb)
    : plugin_(plugin), backend_(plugin.table<bg_backend>(BG_BACKEND_V1)), breadcrumb_(breadcrumb) {}

BackendServant::~BackendServant() { close_session(); }

json BackendServant::handle(const std::string& what, const json& request, Fd fd) {
  if (what == "devices") return devices();
  if (what == "session_open") return open_session(request);
  if (what == "session_beside") return session_beside(request);
  if (what == "supports") return supports(request);
  if (what == "create") return create(request);
  if (what == "write" || what == "read") return transfer(what, request);
  if (what == "prepare") return prepare(request);
  if (what == "kernels") return kernels(request);
  if (what == "sample") return sample(request);
  if (what == "start_timer") return start_timer();
  if (what == "step") return step(request);
  if (what == "peak_memory") return peak_memory(request);
  if (what == "footprint") return footprint(request);
  if (what == "attach_file") {
    const std::uint64_t id = next_id_++;
    const std::uint64_t start = now_ns();
    regions_.emplace(id, SharedMemory(std::move(fd), request.at("offset").get<std::uint64_t>(),
                                      request.at("size").get<std::uint64_t>()));
    return {{"region", id}, {"ns", now_ns() - start}};
  }
  if (what == "attach") {
    const std::uint64_t id = next_id_++;
    regions_.emplace(id, SharedMemory(std::move(fd), request.at("size").get<std::uint64_t>()));
    return {{"region", id}};
  }
  if (what == "detach") {
    regions_.erase(request.at("region").get<std::uint64_t>());
  } else if (what == "destroy") {
    breadcrumb_.enter(Step::kDestroy);
    backend_.tensor_destroy(session(), at(tensors_, request.at("tensor")).handle);
    tensors_.erase(request.at("tensor").get<std::uint64_t>());
  } else if (what == "destroy_program") {
    breadcrumb_.enter(Step::kDestroy);
    backend_.program_destroy(session(), at(programs_, request.at("program")));
    programs_.erase(request.at("program").get<std::uint64_t>());
  } else if (what == "session_close") {
    close_session();
  } else {
    throw StatusError(BG_INVALID_ARGUMENT, fmt::format("unknown request '{}'", what));
  }
  return json::object();
}

bg_session* BackendServant::session() const {
  if (session_ == nullptr) throw StatusError(BG_INVALID_ARGUMENT, "no session is open");
  return session_;
}

json BackendServant::devices() {
  breadcrumb_.enter(Step::kDeviceInfo);
  ErrorSlot error;
  std::uint32_t count = 0;
  error.check(backend_.device_count(plugin_.instance(), &count, error.get()));
  json list = json::array();
  for (std::uint32_t i = 0; i < count; ++i) {
    bg_device device{};
    device.struct_size = sizeof(device);
    error.check(backend_.device_info(plugin_.instance(), i, &device, error.get()));
    list.push_back({{"id", to_string(device.id)},
                    {"name", to_string(device.name)},
                    {"units", device.units},
                    {"memory", device.memory},
                    {"simulated", (device.flags & BG_DEVICE_SIMULATED) != 0}});
  }
  return {{"devices", std::move(list)}};
}

json BackendServant::open_session(const json& request) {
  close_session();
  const auto device = request.at("device").get<std::string>();
  bg_session_options options{};
  options.struct_size = sizeof(options);
  options.threads = request.at("threads").get<std::uint32_t>();
  breadcrumb_.enter(Step::kSessionOpen);
  ErrorSlot error;
  error.check(
      backend_.session_open(plugin_.instance(), to_str(device), &options, &session_, error.get()));
  return json::object();
}

json BackendServant::session_beside(const json& request) {
  const auto device = request.at("device").get<std::string>();
  bg_session_options options{};
  options.struct_size = sizeof(options);
  options.threads = request.at("threads").get<std::uint32_t>();
  breadcrumb_.enter(Step::kSessionOpen);
  ErrorSlot error;
  bg_session* other = nullptr;
  error.check(
      backend_.session_open(plugin_.instance(), to_str(device), &options, &other, error.get()));
  breadcrumb_.enter(Step::kSessionClose);
  backend_.session_close(other);
  return json::object();
}

void BackendServant::close_session() {
  if (session_ == nullptr) return;
  breadcrumb_.enter(Step::kDestroy);
  for (const auto& [id, program] : programs_) backend_.program_destroy(session_, program);
  for (const auto& [id, tensor] : tensors_) backend_.tensor_destroy(session_, tensor.handle);
  programs_.clear();
  tensors_.clear();
  timer_ = nullptr;
  breadcrumb_.enter(Step::kSessionClose);
  backend_.session_close(std::exchange(session_, nullptr));
}

json BackendServant::start_timer() {
  breadcrumb_.enter(Step::kDeviceTimer);
  const auto* timer = plugin_.optional_table<bg_device_timer>(BG_DEVICE_TIMER_V1);
  if (timer == nullptr) return {{"started", false}};
  ErrorSlot error;
  try {
    error.check(timer->start(session(), error.get()));
  } catch (const StatusError& no) {
    if (no.status() != BG_UNSUPPORTED) throw;
    return {{"started", false}};
  }
  timer_ = timer;
  return {{"started", true}};
}

json BackendServant::device_times() {
  breadcrumb_.enter(Step::kDeviceTimer);
  bg_device_times times{};
  times.struct_size = sizeof(times);
  ErrorSlot error;
  error.check(timer_->read(session(), &times, error.get()));
  const auto part = [&](std::uint32_t flag, std::uint64_t ns) {
    return (times.known & flag) != 0 ? json(ns) : json(nullptr);
  };
  return {{"queued", part(BG_TIME_QUEUED, times.queued_ns)},
          {"submitted", part(BG_TIME_SUBMITTED, times.submitted_ns)},
          {"execution", times.execution_ns}};
}

json BackendServant::supports(const json& request) {
  const Ops ops(json::array({request.at("op")}), tensors_);
  breadcrumb_.enter(Step::kSupports);
  ErrorSlot error;
  try {
    error.check(backend_.supports(session(), ops.get().front(), error.get()));
  } catch (const StatusError& no) {
    if (no.status() != BG_UNSUPPORTED) throw;
    return {{"supported", false}, {"reason", no.what()}};
  }
  return {{"supported", true}};
}

json BackendServant::create(const json& request) {
  Tensor tensor{nullptr, request.at("format").get<std::string>(), {}};
  tensor.desc = matrix(request, tensor.format);
  breadcrumb_.enter(Step::kCreate);
  ErrorSlot error;
  const std::uint64_t start = now_ns();
  error.check(backend_.tensor_create(session(), &tensor.desc, &tensor.handle, error.get()));
  const std::uint64_t ns = now_ns() - start;
  const std::uint64_t id = next_id_++;
  Tensor& kept = tensors_.emplace(id, std::move(tensor)).first->second;
  kept.desc.format = to_str(kept.format);
  return {{"tensor", id}, {"ns", ns}};
}

json BackendServant::transfer(const std::string& what, const json& request) {
  const Tensor& tensor = at(tensors_, request.at("tensor"));
  const SharedMemory& memory = at(regions_, request.at("region"));
  const std::span<std::byte> region = memory.bytes();
  const auto size = request.at("size").get<std::uint64_t>();
  const auto offset = request.value("offset", std::uint64_t{0});
  if (offset > region.size() || size > region.size() - offset) {
    throw StatusError(BG_INVALID_ARGUMENT, "a transfer beyond the end of its region");
  }
  std::byte* data = region.data() + offset;
  const bool write = what == "write";
  if (!write && !memory.writable()) {
    throw StatusError(BG_INVALID_ARGUMENT, "a read into a region that is a file");
  }
  breadcrumb_.enter(write ? Step::kWrite : Step::kRead);
  ErrorSlot error;
  const std::uint64_t start = now_ns();
  error.check(write ? backend_.tensor_write(session(), tensor.handle, data, size, error.get())
                    : backend_.tensor_read(session(), tensor.handle, data, size, error.get()));
  return {{"ns", now_ns() - start}};
}

json BackendServant::prepare(const json& request) {
  const Ops ops(request.at("ops"), tensors_);
  breadcrumb_.enter(Step::kPrepare);
  ErrorSlot error;
  bg_program* program = nullptr;
  const std::uint64_t start = now_ns();
  error.check(backend_.program_prepare(session(), ops.get().data(), ops.get().size(), &program,
                                       error.get()));
  const std::uint64_t ns = now_ns() - start;
  const std::uint64_t id = next_id_++;
  programs_.emplace(id, program);
  return {{"program", id}, {"ns", ns}};
}

json BackendServant::kernels(const json& request) {
  bg_program* program = at(programs_, request.at("program"));
  json list = json::array();
  constexpr std::uint32_t kMost = 4096;
  for (std::uint32_t i = 0; i < kMost; ++i) {
    bg_kernel kernel{};
    kernel.struct_size = sizeof(kernel);
    ErrorSlot error;
    if (backend_.program_kernel(session(), program, i, &kernel, error.get()) != BG_OK) break;
    list.push_back({{"name", to_string(kernel.name)}, {"calls", kernel.calls}});
  }
  return {{"kernels", std::move(list)}};
}

json BackendServant::sample(const json& request) {
  std::vector<bg_program*> programs;
  for (const json& id : request.at("programs")) programs.push_back(at(programs_, id));
  const auto samples = request.at("samples").get<std::uint64_t>();
  const auto repeat = request.at("repeat").get<std::uint32_t>();
  auto next = request.at("first").get<std::size_t>();
  if (programs.empty() || next >= programs.size()) {
    throw StatusError(BG_INVALID_ARGUMENT, "no program to sample");
  }
  const FloatingPointGuard guard;
  bg_session* const queue = session();
  const bg_run_args args{sizeof(bg_run_args), 0};
  ErrorSlot error;
  std::vector<std::uint64_t> times(samples);
  json device = json::array();
  for (std::uint64_t& time : times) {
    const std::uint64_t start = now_ns();
    if (programs.size() == 1) {
      breadcrumb_.enter(Step::kRun);
      error.check(backend_.run(queue, programs.front(), repeat, &args, error.get()));
    } else {
      for (std::uint32_t i = 0; i < repeat; ++i) {
        breadcrumb_.enter(Step::kRun);
        error.check(backend_.run(queue, programs[next], 1, &args, error.get()));
        next = next + 1 == programs.size() ? 0 : next + 1;
      }
    }
    breadcrumb_.enter(Step::kSynchronize);
    error.check(backend_.synchronize(queue, error.get()));
    time = now_ns() - start;
    if (timer_ != nullptr) device.push_back(device_times());
  }
  return {{"ns", std::move(times)}, {"device", std::move(device)}};
}

json BackendServant::step(const json& request) {
  bg_program* const program = at(programs_, request.at("program"));
  struct Write {
    bg_tensor* tensor;
    std::vector<std::int32_t> values;
  };
  std::vector<Write> writes;
  for (const json& write : request.at("writes")) {
    writes.push_back({at(tensors_, write.at("tensor")).handle,
                      write.at("values").get<std::vector<std::int32_t>>()});
  }
  const Tensor* const output =
      request.contains("output") ? &at(tensors_, request.at("output")) : nullptr;
  std::vector<std::int32_t> values;
  if (output != nullptr) values.resize(output->desc.dims[0] * output->desc.dims[1]);

  const FloatingPointGuard guard;
  bg_session* const queue = session();
  const bg_run_args args{sizeof(bg_run_args), 0};
  ErrorSlot error;
  const std::uint64_t start = now_ns();
  breadcrumb_.enter(Step::kWrite);
  for (const Write& write : writes) {
    error.check(backend_.tensor_write(queue, write.tensor, write.values.data(),
                                      write.values.size() * sizeof(std::int32_t), error.get()));
  }
  breadcrumb_.enter(Step::kRun);
  error.check(backend_.run(queue, program, 1, &args, error.get()));
  breadcrumb_.enter(Step::kSynchronize);
  error.check(backend_.synchronize(queue, error.get()));
  if (output != nullptr) {
    breadcrumb_.enter(Step::kRead);
    error.check(backend_.tensor_read(queue, output->handle, values.data(),
                                     values.size() * sizeof(std::int32_t), error.get()));
  }
  const std::uint64_t ns = now_ns() - start;
  return {{"ns", ns}, {"values", std::move(values)}};
}

json BackendServant::footprint(const json& request) {
  breadcrumb_.enter(Step::kFootprint);
  const auto* table = plugin_.optional_table<bg_footprint>(BG_FOOTPRINT_V1);
  if (table == nullptr) return {{"bytes", nullptr}};
  std::uint64_t bytes = 0;
  ErrorSlot error;
  error.check(table->tensor_bytes(session(), at(tensors_, request.at("tensor")).handle, &bytes,
                                  error.get()));
  return {{"bytes", bytes}};
}

json BackendServant::peak_memory(const json& request) {
  const std::uint64_t bytes = peak_resident_bytes();
  if (request.at("reset").get<bool>()) forget_peak_resident();
  return {{"bytes", bytes}};
}

}  // namespace bitgate::worker
