#include "reporters/reporter_talk.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "receipt/json.hpp"
#include "run/documents.hpp"
#include "support/catch.hpp"
#include "worker/reporter_client.hpp"

namespace bitgate::test {

nlohmann::ordered_json sent(const Receipt& receipt) {
  return nlohmann::ordered_json::parse(
      to_json(receipt).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

Told tell(const std::string& plugin, const nlohmann::json& options, const Receipt& receipt) {
  Told told;
  worker::WorkerOptions how;
  how.isolate = false;
  how.leave_directory = false;
  how.on_write = [&](int stream, std::string_view text) {
    (stream == 1 ? told.out : told.err) += text;
  };
  const std::string file = std::string(PLUGIN_DIRECTORY "/") + plugin + ".so";
  try {
    worker::ReporterClient client(worker::plugin_at(file, "reporter"), options, how);
    const nlohmann::ordered_json document = sent(receipt);
    client.begin(plan_document(document, {{false, false, 120}, {false, false, 120}, true}));
    client.finish(document.dump());
  } catch (const std::exception& error) {
    told.error = error.what();
  }
  return told;
}

void check_document(const std::string& name, const std::string& text) {
  INFO(name);
  const std::string path = std::string(GOLDEN_DIRECTORY) + "/" + name;
  if (std::getenv("BITGATE_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << text;
  std::ifstream in(path);
  std::ostringstream golden;
  golden << in.rdbuf();
  CHECK(text == golden.str());
}

}  // namespace bitgate::test
