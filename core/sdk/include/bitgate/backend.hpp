// bitgate/backend.hpp - write a backend in C++20. Header-only, over abi.h; needs nothing else.
//
//   class MyBackend : public bitgate::Backend { … };
//   BITGATE_BACKEND(my_backend, "com.example.my-backend", "1.0.0", MyBackend)
//
// The classes live inside the plugin's own binary: no virtual call, exception or allocation crosses
// the boundary. Any call may throw bitgate::Error with a status and a sentence for the user.
#pragma once

#include <bitgate/formats.hpp>
#include <bitgate/plugin.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace bitgate {

using ConstBytes = std::span<const std::byte>;
using Bytes = std::span<std::byte>;

/// Shape and format of a tensor. `format` is borrowed for the call; see formats.hpp.
struct TensorDesc {
  std::string_view format;
  std::uint32_t rank = 2;
  std::array<std::uint64_t, 4> dims{};

  [[nodiscard]] std::uint64_t rows() const { return rank == 2 ? dims[0] : 1; }
  [[nodiscard]] std::uint64_t cols() const { return rank == 2 ? dims[1] : dims[0]; }
};

/// A buffer on the device. Backends derive from it; the session that made it owns the storage.
class Tensor {
 public:
  virtual ~Tensor() = default;
};

using TensorPtr = std::unique_ptr<Tensor>;

struct Operand {
  TensorDesc desc;
  Tensor* tensor = nullptr;  ///< null in `supports`
};

/// One operation; the kinds with their operands and attributes are listed at bg_op in abi.h.
struct Op {
  std::string_view kind;
  std::vector<Operand> inputs;
  std::vector<Operand> outputs;
  std::span<const bg_attribute> attributes;

  /// The text of an attribute, or `fallback` if the operation does not have it.
  [[nodiscard]] std::string_view text(std::string_view name, std::string_view fallback = {}) const {
    const bg_attribute* found = attribute(name);
    return found == nullptr ? fallback : detail::view(found->text);
  }
  /// The same for the attributes that abi.h calls integer and real.
  [[nodiscard]] std::int64_t integer(std::string_view name, std::int64_t fallback = 0) const {
    const bg_attribute* found = attribute(name);
    return found == nullptr ? fallback : found->integer;
  }
  [[nodiscard]] double real(std::string_view name, double fallback = 0) const {
    const bg_attribute* found = attribute(name);
    return found == nullptr ? fallback : found->real;
  }

  /// The attribute of this name, nullptr if the operation does not have it.
  [[nodiscard]] const bg_attribute* attribute(std::string_view name) const {
    for (const bg_attribute& candidate : attributes) {
      if (detail::view(candidate.name) == name) return &candidate;
    }
    return nullptr;
  }
};

/// Yes, or no with the reason that the user is shown.
struct Support {
  bool ok = true;
  std::string reason;

  static Support yes() { return {}; }
  static Support no(std::string reason) { return {false, std::move(reason)}; }
};

/// A kernel of a program, and how often it was started. Count where it is started.
struct Kernel {
  std::string name;
  std::uint64_t calls = 0;
};

/// Prepared operations. `kernels()` is stable from `prepare` on; only the counts move.
class Program {
 public:
  virtual ~Program() = default;
  [[nodiscard]] virtual std::span<const Kernel> kernels() const = 0;
};

using ProgramPtr = std::unique_ptr<Program>;

/// What may differ from run to run: nothing so far.
struct RunArgs {};

/// What a device's own clock saw, see bg_device_times in abi.h; empty: the device does not tell.
struct DeviceTimes {
  std::optional<std::uint64_t> queued_ns;
  std::optional<std::uint64_t> submitted_ns;
  std::uint64_t execution_ns = 0;
};

/// One device with one thread count: an in-order queue. Called by the thread that opened it.
class Session {
 public:
  virtual ~Session() = default;
  [[nodiscard]] virtual Support supports(const Op& op) const = 0;
  [[nodiscard]] virtual TensorPtr create(const TensorDesc& desc) = 0;
  /// `bytes` has exactly the size that the format defines for the tensor's shape.
  virtual void write(Tensor& tensor, ConstBytes bytes) = 0;
  virtual void read(const Tensor& tensor, Bytes bytes) = 0;
  /// Only called with operations that `supports` said yes to.
  [[nodiscard]] virtual ProgramPtr prepare(std::span<const Op> ops) = 0;
  /// May return before the work is done; allocates nothing.
  virtual void run(Program& program, std::uint32_t repeat, const RunArgs& args) = 0;
  virtual void synchronize() {}

  /// For backends with a device timer (Backend::has_device_timer). Called at most once, before
  /// anything else: from here on work is timed. Makes what that takes, as `run` allocates nothing.
  virtual void start_timer() { throw Error(BG_UNSUPPORTED, "this device has no clock of its own"); }
  /// After `start_timer` and `synchronize`: the times of all work since the `synchronize` before.
  [[nodiscard]] virtual DeviceTimes device_times() { return {}; }

  /// For backends with footprints (Backend::has_footprints): bytes that operations read of the
  /// tensor, in whatever layout it lies on the device.
  [[nodiscard]] virtual std::uint64_t footprint(const Tensor& /*tensor*/) const { return 0; }
};

using SessionPtr = std::unique_ptr<Session>;

struct Device {
  std::string id;    ///< "cpu/avx2"
  std::string name;  ///< for people
  std::uint32_t units = 1;
  std::uint64_t memory = 0;  ///< bytes; 0 if it is the host's memory
  bool simulated = false;
};

struct SessionOptions {
  std::uint32_t threads = 1;
};

/// The opened plugin. Its constructor takes (Host, std::string_view options_json) and throws
/// Error(BG_UNAVAILABLE, why) where the machine lacks what it takes.
class Backend {
 public:
  virtual ~Backend() = default;
  /// The first one is the default.
  [[nodiscard]] virtual std::span<const Device> devices() const = 0;
  [[nodiscard]] virtual SessionPtr open(const Device& device, const SessionOptions& options) = 0;
  /// Whether sessions have `start_timer` and `device_times`. The same until the plugin is closed.
  [[nodiscard]] virtual bool has_device_timer() const { return false; }
  /// Whether sessions have `footprint`. The same until the plugin is closed.
  [[nodiscard]] virtual bool has_footprints() const { return false; }
};

namespace detail {

struct TensorHandle {
  TensorDesc desc;
  std::string format;  // owns what desc.format views
  TensorPtr tensor;
};

inline TensorDesc desc_of(const bg_tensor_desc& from) {
  if (from.rank == 0 || from.rank > 4)
    throw Error(BG_INVALID_ARGUMENT, "a tensor's rank is 1 to 4");
  TensorDesc desc{view(from.format), from.rank, {}};
  std::copy_n(from.dims, from.rank, desc.dims.begin());
  return desc;
}

inline Op op_of(const bg_op& from) {
  Op op{view(from.kind), {}, {}, {from.attributes, from.attribute_count}};
  const auto operands = [](const bg_operand* list, std::uint64_t count) {
    std::vector<Operand> out;
    for (const bg_operand& operand : std::span(list, count)) {
      auto* handle = reinterpret_cast<TensorHandle*>(operand.tensor);
      out.push_back({desc_of(*operand.desc), handle == nullptr ? nullptr : handle->tensor.get()});
    }
    return out;
  };
  op.inputs = operands(from.inputs, from.input_count);
  op.outputs = operands(from.outputs, from.output_count);
  return op;
}

/// The C tables of one backend class.
template <class T>
struct BackendTables {
  static T& backend(bg_instance* instance) { return *reinterpret_cast<T*>(instance); }
  static Session& session(bg_session* session) { return *reinterpret_cast<Session*>(session); }
  static TensorHandle& tensor(bg_tensor* tensor) {
    return *reinterpret_cast<TensorHandle*>(tensor);
  }
  static Program& program(bg_program* program) { return *reinterpret_cast<Program*>(program); }

  static bg_status open(const bg_host* host, bg_str options, bg_instance** out, bg_error* err) {
    return guarded(err, [&] {
      *out =
          reinterpret_cast<bg_instance*>(std::make_unique<T>(Host(host), view(options)).release());
    });
  }
  static void close(bg_instance* instance) { delete &backend(instance); }

  /// As much of a struct as the caller's has room for.
  template <class Struct>
  static void fill(Struct* out, const Struct& filled) {
    const std::uint32_t size = std::min<std::uint32_t>(out->struct_size, sizeof(filled));
    std::memcpy(out, &filled, size);
    out->struct_size = size;
  }

  static bg_status device_count(bg_instance* instance, std::uint32_t* out, bg_error* err) {
    return guarded(err,
                   [&] { *out = static_cast<std::uint32_t>(backend(instance).devices().size()); });
  }

  static bg_status device_info(bg_instance* instance, std::uint32_t index, bg_device* out,
                               bg_error* err) {
    return guarded(err, [&] {
      const std::span<const Device> devices = backend(instance).devices();
      if (index >= devices.size()) throw Error(BG_INVALID_ARGUMENT, "no device of that number");
      const Device& device = devices[index];
      const std::uint32_t flags = device.simulated ? BG_DEVICE_SIMULATED : 0;
      fill(out, bg_device{sizeof(bg_device), flags, str(device.id), str(device.name), device.units,
                          0, device.memory});
    });
  }

  static bg_status session_open(bg_instance* instance, bg_str id, const bg_session_options* options,
                                bg_session** out, bg_error* err) {
    return guarded(err, [&] {
      for (const Device& device : backend(instance).devices()) {
        if (device.id != view(id)) continue;
        SessionPtr opened = backend(instance).open(device, {options->threads});
        *out = reinterpret_cast<bg_session*>(opened.release());
        return;
      }
      throw Error(BG_UNAVAILABLE, "no device '" + std::string(view(id)) + "'");
    });
  }
  static void session_close(bg_session* handle) { delete &session(handle); }

  static void require_support(Session& session, const Op& op) {
    const Support support = session.supports(op);
    if (!support.ok) throw Error(BG_UNSUPPORTED, support.reason);
  }

  static bg_status supports(bg_session* handle, const bg_op* op, bg_error* err) {
    return guarded(err, [&] { require_support(session(handle), op_of(*op)); });
  }

  static bg_status tensor_create(bg_session* handle, const bg_tensor_desc* desc, bg_tensor** out,
                                 bg_error* err) {
    return guarded(err, [&] {
      auto made = std::make_unique<TensorHandle>();
      made->desc = desc_of(*desc);
      made->format = made->desc.format;
      made->desc.format = made->format;
      made->tensor = session(handle).create(made->desc);
      *out = reinterpret_cast<bg_tensor*>(made.release());
    });
  }
  static void tensor_destroy(bg_session*, bg_tensor* handle) { delete &tensor(handle); }

  static void require_size(const TensorDesc& desc, std::uint64_t size) {
    const auto expected = formats::byte_size(desc.format, desc.rows(), desc.cols());
    if (expected && *expected != size) {
      throw Error(BG_INVALID_ARGUMENT, std::to_string(size) + " bytes given for a tensor of " +
                                           std::to_string(*expected));
    }
  }

  static bg_status tensor_write(bg_session* handle, bg_tensor* to, const void* data,
                                std::uint64_t size, bg_error* err) {
    return guarded(err, [&] {
      require_size(tensor(to).desc, size);
      session(handle).write(*tensor(to).tensor, {static_cast<const std::byte*>(data), size});
    });
  }
  static bg_status tensor_read(bg_session* handle, bg_tensor* from, void* data, std::uint64_t size,
                               bg_error* err) {
    return guarded(err, [&] {
      require_size(tensor(from).desc, size);
      session(handle).read(*tensor(from).tensor, {static_cast<std::byte*>(data), size});
    });
  }

  static bg_status program_prepare(bg_session* handle, const bg_op* const* ops, std::uint64_t count,
                                   bg_program** out, bg_error* err) {
    return guarded(err, [&] {
      std::vector<Op> list;
      for (const bg_op* op : std::span(ops, count)) {
        list.push_back(op_of(*op));
        require_support(session(handle), list.back());
      }
      *out = reinterpret_cast<bg_program*>(session(handle).prepare(list).release());
    });
  }
  static void program_destroy(bg_session*, bg_program* handle) { delete &program(handle); }

  static bg_status program_kernel(bg_session*, bg_program* handle, std::uint32_t index,
                                  bg_kernel* out, bg_error* err) {
    return guarded(err, [&] {
      const std::span<const Kernel> kernels = program(handle).kernels();
      if (index >= kernels.size()) throw Error(BG_INVALID_ARGUMENT, "no kernel of that number");
      out->name = str(kernels[index].name);
      out->calls = kernels[index].calls;
    });
  }

  static bg_status run(bg_session* handle, bg_program* what, std::uint32_t repeat,
                       const bg_run_args*, bg_error* err) {
    return guarded(err, [&] { session(handle).run(program(what), repeat, RunArgs{}); });
  }
  static bg_status synchronize(bg_session* handle, bg_error* err) {
    return guarded(err, [&] { session(handle).synchronize(); });
  }

  static constexpr bg_backend kTable = {sizeof(bg_backend),
                                        0,
                                        device_count,
                                        device_info,
                                        session_open,
                                        session_close,
                                        supports,
                                        tensor_create,
                                        tensor_destroy,
                                        tensor_write,
                                        tensor_read,
                                        program_prepare,
                                        program_destroy,
                                        program_kernel,
                                        run,
                                        synchronize};

  static bg_status start_timer(bg_session* handle, bg_error* err) {
    return guarded(err, [&] { session(handle).start_timer(); });
  }
  static bg_status read_timer(bg_session* handle, bg_device_times* out, bg_error* err) {
    return guarded(err, [&] {
      const DeviceTimes times = session(handle).device_times();
      const std::uint32_t known =
          (times.queued_ns ? BG_TIME_QUEUED : 0) | (times.submitted_ns ? BG_TIME_SUBMITTED : 0);
      fill(out, bg_device_times{sizeof(bg_device_times), known, times.queued_ns.value_or(0),
                                times.submitted_ns.value_or(0), times.execution_ns});
    });
  }

  static constexpr bg_device_timer kTimer = {sizeof(bg_device_timer), 0, start_timer, read_timer};

  static bg_status tensor_bytes(bg_session* handle, const bg_tensor* of, std::uint64_t* out,
                                bg_error* err) {
    return guarded(err, [&] {
      const auto& known = *reinterpret_cast<const TensorHandle*>(of);
      *out = session(handle).footprint(*known.tensor);
    });
  }

  static constexpr bg_footprint kFootprint = {sizeof(bg_footprint), 0, tensor_bytes};

  static const void* get_interface(bg_instance* instance, bg_str id) {
    if (view(id) == BG_BACKEND_V1) return &kTable;
    if (view(id) == BG_DEVICE_TIMER_V1 && backend(instance).has_device_timer()) return &kTimer;
    if (view(id) == BG_FOOTPRINT_V1 && backend(instance).has_footprints()) return &kFootprint;
    return nullptr;
  }
};

}  // namespace detail
}  // namespace bitgate

/// Makes `Class`, a bitgate::Backend, the plugin `id` of this library: its identity note and the
/// exported query. `Class` has a public constant `kDescription`, the JSON that bg_plugin::describe
/// gives. Once in a library.
#define BITGATE_BACKEND(ident, id, version, Class) \
  BITGATE_PLUGIN(ident, BG_KIND_BACKEND, id, version, Class, bitgate::detail::BackendTables)
