#include "run/documents.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <initializer_list>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/version.hpp"
#include "receipt/json.hpp"
#include "receipt/read.hpp"

namespace bitgate {
namespace {

using Json = nlohmann::ordered_json;

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

Stream stream_of(int fd) {
  Stream stream;
  stream.tty = ::isatty(fd) == 1;
  stream.color = stream.tty && environment("NO_COLOR").empty() && environment("TERM") != "dumb";
  winsize size{};
  if (stream.tty && ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    stream.columns = size.ws_col;
  }
  return stream;
}

bool unicode_locale() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string_view value = environment(name);
    if (value.empty()) continue;
    return value.find("UTF-8") != std::string_view::npos ||
           value.find("utf8") != std::string_view::npos;
  }
  return true;  // CI systems set no locale, and their logs are UTF-8
}

Json to_json(const Stream& stream) {
  return {{"tty", stream.tty}, {"color", stream.color}, {"columns", stream.columns}};
}

Json event(const char* name, const Progress& progress) {
  Json document = {{"event", name},
                   {"index", progress.index},
                   {"total", progress.total},
                   {"elapsed_s", progress.elapsed_s},
                   {"left_s", nullptr}};
  if (progress.left_s) document["left_s"] = *progress.left_s;
  return document;
}

std::string text(const Json& document) {
  return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string plan_of(Json tool, Json pipeline, const Terminal& terminal,
                    const std::optional<Context>& context, Json cases, Json gates) {
  Json plan = {{"schema", "bitgate.plan/1"},
               {"tool", std::move(tool)},
               {"pipeline", std::move(pipeline)},
               {"terminal",
                {{"stdout", to_json(terminal.out)},
                 {"stderr", to_json(terminal.err)},
                 {"unicode", terminal.unicode}}},
               {"cases", std::move(cases)},
               {"gates", std::move(gates)}};
  if (context) plan["context"] = bitgate::to_json(*context);
  return text(plan);
}

/// These keys of an object.
Json part(const Json& whole, std::initializer_list<const char*> keys) {
  Json out = Json::object();
  for (const char* key : keys) out[key] = whole.at(key);
  return out;
}

}  // namespace

Terminal this_terminal() {
  return {stream_of(STDOUT_FILENO), stream_of(STDERR_FILENO), unicode_locale()};
}

std::string plan_document(const Pipeline& pipeline, std::span<const Case> cases,
                          const Terminal& terminal, const std::optional<Context>& context) {
  Json list = Json::array();
  for (const Case& what : cases) {
    Json axes = Json::object();
    for (const auto& [axis, value] : what.axes()) axes[axis] = value;
    list.push_back({{"id", what.id},
                    {"suite", what.suite->name},
                    {"backend", what.backend->name},
                    {"axes", std::move(axes)}});
  }
  Json gates = Json::array();
  for (const Rule& rule : pipeline.gates) {
    gates.push_back({{"id", rule.id}, {"metric", rule.metric}, {"require", rule.require.text}});
  }
  return plan_of(
      {{"version", tool_version()}, {"git", tool_git()}},
      {{"name", pipeline.name}, {"gate", pipeline.gate}, {"path", pipeline.path.string()}},
      terminal, context, std::move(list), std::move(gates));
}

std::string plan_document(const Json& receipt, const Terminal& terminal,
                          const std::optional<Context>& context) {
  try {
    Json cases = Json::array();
    for (const Json& result : receipt.at("cases")) {
      cases.push_back(part(result, {"id", "suite", "backend", "axes"}));
    }
    Json gates = Json::array();
    for (const Json& gate : receipt.at("gates")) {
      gates.push_back(part(gate, {"id", "metric", "require"}));
    }
    return plan_of(part(receipt.at("tool"), {"version", "git"}),
                   part(receipt.at("pipeline"), {"name", "gate", "path"}), terminal, context,
                   std::move(cases), std::move(gates));
  } catch (const Json::exception& error) {
    throw BadReceipt(std::string("is no whole receipt: ") + error.what());
  }
}

std::string case_started(const Progress& progress, const Case& what) {
  Json document = event("case-started", progress);
  document["id"] = what.id;
  return text(document);
}

std::string case_finished(const Progress& progress, const CaseResult& result) {
  Json document = event("case-finished", progress);
  document["case"] = to_json(result);
  return text(document);
}

std::string comparison_started(std::size_t index, std::size_t total, const Comparison& comparison) {
  return text({{"event", "comparison-started"},
               {"index", index},
               {"total", total},
               {"candidate", comparison.candidate},
               {"baseline", comparison.baseline}});
}

std::string checkpoint(const Receipt& so_far) {
  return text({{"event", "checkpoint"}, {"receipt", to_json(so_far)}});
}

std::string message(const std::string& level, const std::string& words) {
  return text({{"event", "message"}, {"level", level}, {"text", words}});
}

}  // namespace bitgate
