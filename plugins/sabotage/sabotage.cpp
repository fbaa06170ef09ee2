// The backend "sabotage": another backend, spoilt on purpose, to prove that a gate can fail. Every
// call goes to the other plugin's own tables; one of them does something else, says nothing of it,
// and counts the kernels that it should have run.
#include <bitgate/plugin.hpp>

#include <dlfcn.h>

#include <array>
#include <chrono>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace {

using Clock = std::chrono::steady_clock;
using nlohmann::json;

enum class Sabotage {
  kNone,       ///< a twin
  kSlow,       ///< takes longer by a share of its time
  kWrong,      ///< one element of each integer output is off by one
  kEmpty,      ///< runs nothing
  kShort,      ///< runs once, however often it is told to
  kSimulated,  ///< its devices say that they are not real
  kFallback,   ///< computes on its last device, whichever was asked for, and says nothing
};

Sabotage sabotage_of(const std::string& name) {
  constexpr std::array<std::pair<std::string_view, Sabotage>, 7> kNames = {
      {{"none", Sabotage::kNone},
       {"slow", Sabotage::kSlow},
       {"wrong", Sabotage::kWrong},
       {"empty", Sabotage::kEmpty},
       {"short", Sabotage::kShort},
       {"simulated", Sabotage::kSimulated},
       {"fallback", Sabotage::kFallback}}};
  for (const auto& [known, sabotage] : kNames) {
    if (known == name) return sabotage;
  }
  throw bitgate::Error(BG_INVALID_ARGUMENT, "sabotage: no sabotage '" + name + "'");
}

/// The other plugin, opened.
class Victim {
 public:
  Victim(const bg_host* host, std::string_view text) {
    const json options = json::parse(text);
    sabotage = sabotage_of(options.at("sabotage").get<std::string>());
    if (options.contains("percent")) share = options.at("percent").get<double>() / 100;
    const std::string path = options.at("plugin").get<std::string>();
    void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) throw bitgate::Error(BG_UNAVAILABLE, ::dlerror());
    const auto query = reinterpret_cast<bg_plugin_query_fn>(::dlsym(library, BG_QUERY_SYMBOL));
    plugin_ = query == nullptr ? nullptr : query(host->abi_minor, 0);
    if (plugin_ == nullptr || plugin_->kind != BG_KIND_BACKEND) {
      throw bitgate::Error(BG_INVALID_ARGUMENT, path + " is no backend");
    }
    bg_error error{};
    error.struct_size = sizeof(error);
    const std::string inner = options.value("options", json::object()).dump();
    const bg_status status = plugin_->open(host, {inner.data(), inner.size()}, &instance, &error);
    if (status != BG_OK) throw bitgate::Error(status, error.message);
    const std::string_view id = BG_BACKEND_V1;
    backend =
        static_cast<const bg_backend*>(plugin_->get_interface(instance, {id.data(), id.size()}));
  }
  Victim(const Victim&) = delete;  // owns the instance
  Victim& operator=(const Victim&) = delete;
  ~Victim() {
    if (instance != nullptr) plugin_->close(instance);
  }

  bg_instance* instance = nullptr;
  const bg_backend* backend = nullptr;
  Sabotage sabotage = Sabotage::kNone;
  double share = 0;

 private:
  const bg_plugin* plugin_ = nullptr;
};

struct Session {
  Victim* victim;
  bg_session* inner = nullptr;
  std::map<const bg_tensor*, std::string> formats;
  bool running = false;
  Clock::time_point start;
};

struct Program {
  bg_program* inner = nullptr;
  std::uint64_t claimed = 0;  ///< executions that were asked for and not run
};

Victim& victim_of(bg_instance* instance) { return *reinterpret_cast<Victim*>(instance); }
Session& session_of(bg_session* session) { return *reinterpret_cast<Session*>(session); }
Program& program_of(bg_program* program) { return *reinterpret_cast<Program*>(program); }

bg_status device_count(bg_instance* instance, std::uint32_t* out, bg_error* err) {
  const Victim& victim = victim_of(instance);
  return victim.backend->device_count(victim.instance, out, err);
}

bg_status device_info(bg_instance* instance, std::uint32_t index, bg_device* out, bg_error* err) {
  const Victim& victim = victim_of(instance);
  const bg_status status = victim.backend->device_info(victim.instance, index, out, err);
  if (victim.sabotage == Sabotage::kSimulated) out->flags |= BG_DEVICE_SIMULATED;
  return status;
}

/// The one that is most likely the slowest. Throws bitgate::Error if there is none to fall back to.
bg_str last_device(const Victim& victim) {
  bg_error error{};
  error.struct_size = sizeof(error);
  std::uint32_t count = 0;
  bg_status status = victim.backend->device_count(victim.instance, &count, &error);
  bg_device device{};
  device.struct_size = sizeof(device);
  if (status == BG_OK && count < 2) {
    throw bitgate::Error(BG_UNSUPPORTED, "sabotage: fallback: the plugin has one device");
  }
  if (status == BG_OK) {
    status = victim.backend->device_info(victim.instance, count - 1, &device, &error);
  }
  if (status != BG_OK) throw bitgate::Error(status, error.message);
  return device.id;
}

bg_status session_open(bg_instance* instance, bg_str device, const bg_session_options* options,
                       bg_session** out, bg_error* err) {
  return bitgate::detail::guarded(err, [&] {
    Victim& victim = victim_of(instance);
    auto session = std::make_unique<Session>();
    session->victim = &victim;
    const bool falls_back = victim.sabotage == Sabotage::kFallback;
    const bg_str opened = falls_back ? last_device(victim) : device;
    bg_error error{};
    error.struct_size = sizeof(error);
    const bg_status status =
        victim.backend->session_open(victim.instance, opened, options, &session->inner, &error);
    if (status != BG_OK) throw bitgate::Error(status, error.message);
    *out = reinterpret_cast<bg_session*>(session.release());
  });
}

void session_close(bg_session* session) {
  const std::unique_ptr<Session> closed(&session_of(session));
  closed->victim->backend->session_close(closed->inner);
}

bg_status supports(bg_session* session, const bg_op* op, bg_error* err) {
  const Session& s = session_of(session);
  return s.victim->backend->supports(s.inner, op, err);
}

bg_status tensor_create(bg_session* session, const bg_tensor_desc* desc, bg_tensor** out,
                        bg_error* err) {
  Session& s = session_of(session);
  const bg_status status = s.victim->backend->tensor_create(s.inner, desc, out, err);
  if (status == BG_OK) s.formats[*out] = bitgate::detail::view(desc->format);
  return status;
}

void tensor_destroy(bg_session* session, bg_tensor* tensor) {
  Session& s = session_of(session);
  s.formats.erase(tensor);
  s.victim->backend->tensor_destroy(s.inner, tensor);
}

bg_status tensor_write(bg_session* session, bg_tensor* tensor, const void* data, std::uint64_t size,
                       bg_error* err) {
  const Session& s = session_of(session);
  return s.victim->backend->tensor_write(s.inner, tensor, data, size, err);
}

bg_status tensor_read(bg_session* session, bg_tensor* tensor, void* data, std::uint64_t size,
                      bg_error* err) {
  Session& s = session_of(session);
  const bg_status status = s.victim->backend->tensor_read(s.inner, tensor, data, size, err);
  if (status == BG_OK && s.victim->sabotage == Sabotage::kWrong && s.formats[tensor] == "i32") {
    std::int32_t element = 0;
    std::memcpy(&element, data, sizeof(element));
    element ^= 1;
    std::memcpy(data, &element, sizeof(element));
  }
  return status;
}

bg_status program_prepare(bg_session* session, const bg_op* const* ops, std::uint64_t count,
                          bg_program** out, bg_error* err) {
  return bitgate::detail::guarded(err, [&] {
    const Session& s = session_of(session);
    auto program = std::make_unique<Program>();
    bg_error error{};
    error.struct_size = sizeof(error);
    const bg_status status =
        s.victim->backend->program_prepare(s.inner, ops, count, &program->inner, &error);
    if (status != BG_OK) throw bitgate::Error(status, error.message);
    *out = reinterpret_cast<bg_program*>(program.release());
  });
}

void program_destroy(bg_session* session, bg_program* program) {
  const Session& s = session_of(session);
  const std::unique_ptr<Program> destroyed(&program_of(program));
  s.victim->backend->program_destroy(s.inner, destroyed->inner);
}

bg_status program_kernel(bg_session* session, bg_program* program, std::uint32_t index,
                         bg_kernel* out, bg_error* err) {
  const Session& s = session_of(session);
  const Program& p = program_of(program);
  const bg_status status = s.victim->backend->program_kernel(s.inner, p.inner, index, out, err);
  if (status == BG_OK) out->calls += p.claimed;
  return status;
}

bg_status run(bg_session* session, bg_program* program, std::uint32_t repeat,
              const bg_run_args* args, bg_error* err) {
  Session& s = session_of(session);
  Program& p = program_of(program);
  if (!s.running) s.start = Clock::now();
  s.running = true;
  if (s.victim->sabotage == Sabotage::kEmpty) {
    p.claimed += repeat;
    return BG_OK;
  }
  if (s.victim->sabotage == Sabotage::kShort) {
    p.claimed += repeat - 1;
    repeat = 1;
  }
  return s.victim->backend->run(s.inner, p.inner, repeat, args, err);
}

bg_status synchronize(bg_session* session, bg_error* err) {
  Session& s = session_of(session);
  const bg_status status = s.victim->backend->synchronize(s.inner, err);
  if (s.running && s.victim->sabotage == Sabotage::kSlow) {
    const Clock::duration spent = Clock::now() - s.start;
    const auto end =
        s.start + spent + std::chrono::duration_cast<Clock::duration>(spent * s.victim->share);
    while (Clock::now() < end) {
    }
  }
  s.running = false;
  return status;
}

struct SabotageBackend {
  static constexpr std::string_view kDescription =
      R"({"title": "Another backend, spoilt on purpose", "options": {"type": "object",)"
      R"( "required": ["plugin", "sabotage"], "additionalProperties": false, "properties": {)"
      R"("plugin": {"type": "string", "description": "library of the other backend"},)"
      R"( "options": {"type": "object", "description": "its options"},)"
      R"( "sabotage": {"enum": ["none", "slow", "wrong", "empty", "short", "simulated", "fallback"],)"
      R"( "description": "what is done to it"},)"
      R"( "percent": {"type": "number", "description": "how much slower slow is"}}}})";
};

template <class>
struct Tables {
  static bg_status open(const bg_host* host, bg_str options, bg_instance** out, bg_error* err) {
    return bitgate::detail::guarded(err, [&] {
      auto victim = std::make_unique<Victim>(host, bitgate::detail::view(options));
      *out = reinterpret_cast<bg_instance*>(victim.release());
    });
  }
  static void close(bg_instance* instance) {
    const std::unique_ptr<Victim> closed(&victim_of(instance));
  }
  static const void* get_interface(bg_instance* /*instance*/, bg_str id) {
    static constexpr bg_backend kBackend = {sizeof(bg_backend),
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
    return bitgate::detail::view(id) == BG_BACKEND_V1 ? &kBackend : nullptr;
  }
};

}  // namespace

BITGATE_PLUGIN(sabotage, BG_KIND_BACKEND, "sabotage", "0.1.0", SabotageBackend, Tables)
