#include "worker/backend_client.hpp"

#include <stdexcept>
#include <utility>

#include <fmt/format.h>

namespace bitgate::worker {
namespace {

using nlohmann::json;

json to_json(const TensorRef& tensor) {
  if (tensor.handle != 0) return tensor.handle;
  return {{"format", tensor.format}, {"rows", tensor.rows}, {"cols", tensor.cols}};
}

json to_json(const OpSpec& op) {
  json inputs = json::array();
  json outputs = json::array();
  for (const TensorRef& tensor : op.inputs) inputs.push_back(to_json(tensor));
  for (const TensorRef& tensor : op.outputs) outputs.push_back(to_json(tensor));
  json attributes = json::object();
  for (const auto& [name, value] : op.attributes) {
    std::visit([&key = name, &attributes](const auto& held) { attributes[key] = held; }, value);
  }
  return {{"kind", op.kind},
          {"inputs", std::move(inputs)},
          {"outputs", std::move(outputs)},
          {"attributes", std::move(attributes)}};
}

std::optional<std::uint64_t> optional_ns(const json& time) {
  return time.is_null() ? std::nullopt : std::optional(time.get<std::uint64_t>());
}

}  // namespace

BackendClient::BackendClient(const PluginFile& plugin, const json& options,
                             const WorkerOptions& worker_options)
    : worker_(start_worker(plugin, options, worker_options, build_)) {}

std::vector<DeviceInfo> BackendClient::devices() {
  std::vector<DeviceInfo> devices;
  const json reply = worker_->call({{"do", "devices"}});
  for (const json& device : reply.at("devices")) {
    devices.push_back({device.at("id").get<std::string>(), device.at("name").get<std::string>(),
                       device.at("units").get<unsigned>(), device.at("memory").get<std::uint64_t>(),
                       device.at("simulated").get<bool>()});
  }
  return devices;
}

void BackendClient::open_session(const std::string& device, unsigned threads) {
  worker_->call({{"do", "session_open"}, {"device", device}, {"threads", threads}});
}

void BackendClient::close_session() { worker_->call({{"do", "session_close"}}); }

std::optional<std::string> BackendClient::unsupported(const OpSpec& op) {
  const json reply = worker_->call({{"do", "supports"}, {"op", to_json(op)}});
  if (reply.at("supported").get<bool>()) return std::nullopt;
  return reply.at("reason").get<std::string>();
}

Region BackendClient::attach(const SharedMemory& memory) {
  const json reply =
      worker_->call({{"do", "attach"}, {"size", memory.bytes().size()}}, memory.fd());
  return {reply.at("region").get<std::uint64_t>()};
}

Region BackendClient::attach_file(int fd, std::uint64_t offset, std::uint64_t size,
                                  std::uint64_t& ns) {
  const json reply = worker_->call({{"do", "attach_file"}, {"offset", offset}, {"size", size}}, fd);
  ns = reply.at("ns").get<std::uint64_t>();
  return {reply.at("region").get<std::uint64_t>()};
}

void BackendClient::detach(Region region) {
  worker_->call({{"do", "detach"}, {"region", region.handle}});
}

TensorRef BackendClient::create(const TensorRef& description, std::uint64_t& ns) {
  const json reply = worker_->call({{"do", "create"},
                                    {"format", description.format},
                                    {"rows", description.rows},
                                    {"cols", description.cols}});
  ns = reply.at("ns").get<std::uint64_t>();
  TensorRef made = description;
  made.handle = reply.at("tensor").get<std::uint64_t>();
  return made;
}

void BackendClient::destroy(const TensorRef& tensor) {
  worker_->call({{"do", "destroy"}, {"tensor", tensor.handle}});
}

std::uint64_t BackendClient::write(const TensorRef& tensor, Region region, std::uint64_t size,
                                   std::uint64_t offset) {
  return transfer("write", tensor, region, size, offset);
}

std::uint64_t BackendClient::read(const TensorRef& tensor, Region region, std::uint64_t size,
                                  std::uint64_t offset) {
  return transfer("read", tensor, region, size, offset);
}

std::uint64_t BackendClient::transfer(const char* what, const TensorRef& tensor, Region region,
                                      std::uint64_t size, std::uint64_t offset) {
  const json reply = worker_->call({{"do", what},
                                    {"tensor", tensor.handle},
                                    {"region", region.handle},
                                    {"size", size},
                                    {"offset", offset}});
  return reply.at("ns").get<std::uint64_t>();
}

std::uint64_t BackendClient::prepare(const std::vector<OpSpec>& ops, std::uint64_t& ns) {
  json list = json::array();
  for (const OpSpec& op : ops) list.push_back(to_json(op));
  const json reply = worker_->call({{"do", "prepare"}, {"ops", std::move(list)}});
  ns = reply.at("ns").get<std::uint64_t>();
  return reply.at("program").get<std::uint64_t>();
}

void BackendClient::destroy_program(std::uint64_t program) {
  worker_->call({{"do", "destroy_program"}, {"program", program}});
}

std::vector<KernelCount> BackendClient::kernels(std::uint64_t program) {
  std::vector<KernelCount> kernels;
  const json reply = worker_->call({{"do", "kernels"}, {"program", program}});
  for (const json& kernel : reply.at("kernels")) {
    kernels.push_back(
        {kernel.at("name").get<std::string>(), kernel.at("calls").get<std::uint64_t>()});
  }
  return kernels;
}

bool BackendClient::start_device_timer() {
  return worker_->call({{"do", "start_timer"}}).at("started").get<bool>();
}

std::vector<std::uint64_t> BackendClient::sample(std::span<const std::uint64_t> programs,
                                                 std::size_t first, std::uint64_t samples,
                                                 std::uint64_t repeat) {
  const json reply = worker_->call({{"do", "sample"},
                                    {"programs", programs},
                                    {"first", first},
                                    {"samples", samples},
                                    {"repeat", repeat}});
  auto times = reply.at("ns").get<std::vector<std::uint64_t>>();
  device_times_.clear();
  for (const json& time : reply.at("device")) {
    device_times_.push_back({optional_ns(time.at("queued")), optional_ns(time.at("submitted")),
                             time.at("execution").get<std::uint64_t>()});
  }
  if (!device_times_.empty() && device_times_.size() != times.size()) {
    throw std::runtime_error(fmt::format("the device's clock told of {} samples out of {}",
                                         device_times_.size(), times.size()));
  }
  return times;
}

StepResult BackendClient::step(std::uint64_t program, std::span<const StepInput> inputs,
                               const TensorRef& output) {
  json writes = json::array();
  for (const StepInput& input : inputs) {
    writes.push_back({{"tensor", input.tensor.handle}, {"values", input.values}});
  }
  json request = {{"do", "step"}, {"program", program}, {"writes", std::move(writes)}};
  if (output.handle != 0) request["output"] = output.handle;
  const json reply = worker_->call(request);
  return {reply.at("ns").get<std::uint64_t>(), reply.at("values").get<std::vector<std::int32_t>>()};
}

std::optional<std::uint64_t> BackendClient::footprint(const TensorRef& tensor) {
  const nlohmann::json reply = worker_->call({{"do", "footprint"}, {"tensor", tensor.handle}});
  if (reply.at("bytes").is_null()) return std::nullopt;
  return reply.at("bytes").get<std::uint64_t>();
}

std::uint64_t BackendClient::peak_memory(bool reset) {
  return worker_->call({{"do", "peak_memory"}, {"reset", reset}}).at("bytes").get<std::uint64_t>();
}

}  // namespace bitgate::worker
