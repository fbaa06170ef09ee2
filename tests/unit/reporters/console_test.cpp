// What the reporter "console" writes, against golden files. After a deliberate change, run this
// test with BITGATE_UPDATE_GOLDEN=1 and read the difference as a user would.
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "receipt/json.hpp"
#include "receipt/receipts.hpp"
#include "run/documents.hpp"
#include "support/catch.hpp"
#include "worker/reporter_client.hpp"

using namespace bitgate;
using namespace bitgate::test;
using Catch::Matchers::Contains;

namespace {

struct Written {
  std::string out;
  std::string err;
};

Terminal terminal(bool tty, int columns, bool unicode = true) {
  return {{tty, tty, columns}, {tty, tty, columns}, unicode};
}

const Terminal kPipe = terminal(false, 120);

/// The plugin itself, told of a run on such a terminal.
Written console(const Terminal& terminal, const std::vector<std::string>& events,
                const Receipt& receipt) {
  Written written;
  worker::WorkerOptions options;
  options.isolate = false;
  options.on_write = [&](int stream, std::string_view text) {
    (stream == 1 ? written.out : written.err) += text;
  };
  worker::ReporterClient client(worker::plugin_at(CONSOLE_PLUGIN, "reporter"),
                                nlohmann::json::object(), options);
  const nlohmann::ordered_json json = to_json(receipt);
  const std::string text = json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  client.begin(plan_document(nlohmann::ordered_json::parse(text), terminal));
  for (const std::string& event : events) client.event(event);
  client.finish(text);
  return written;
}

/// Control characters as text, so that golden files can be read and compared.
std::string visible(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\x1b') {
      out += "\\e";
    } else if (c == '\r') {
      out += "\\r";
    } else {
      out += c;
    }
  }
  return out;
}

void check_golden(const std::string& name, const std::string& text) {
  INFO(name);
  const std::string path = std::string(GOLDEN_DIRECTORY) + "/" + name;
  if (std::getenv("BITGATE_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << visible(text);
  std::ifstream in(path);
  std::ostringstream golden;
  golden << in.rdbuf();
  CHECK(visible(text) == golden.str());
}

/// The events of a run over this receipt's cases, a second each.
std::vector<std::string> events_of(const Receipt& receipt) {
  std::vector<std::string> events;
  SuiteSpec suite;
  BackendSpec backend;
  const std::size_t total = receipt.cases.size();
  for (std::size_t i = 0; i < total; ++i) {
    Progress progress{i, total, static_cast<double>(i), {}};
    if (i > 0) progress.left_s = static_cast<double>(total - i) * 31;
    Case what;
    what.id = receipt.cases[i].id;
    what.suite = &suite;
    what.backend = &backend;
    events.push_back(case_started(progress, what));
    events.push_back(case_finished(progress, receipt.cases[i]));
  }
  events.push_back(message("info", "a message\x1b[2J"));
  return events;
}

}  // namespace

TEST_CASE("every outcome reads well in a log") {
  for (const auto& [name, receipt] : receipts()) {
    const Written written = console(kPipe, {}, receipt);
    CHECK(written.err.empty());
    check_golden(name + ".txt", written.out);
  }
}

TEST_CASE("a terminal gets colour, and nothing else differs") {
  for (const char* name : {"pass", "fail", "error", "skipped"}) {
    check_golden(std::string(name) + ".color.txt",
                 console(terminal(true, 120), {}, receipts().at(name)).out);
  }
}

TEST_CASE("without Unicode every byte is ASCII") {
  for (const char* name : {"pass", "fail", "error", "unicode"}) {
    const Terminal plain = terminal(false, 120, false);
    const Receipt& receipt = receipts().at(name);
    const Written written = console(plain, events_of(receipt), receipt);
    check_golden(std::string(name) + ".ascii.txt", written.out);
    for (const char c : written.out + written.err) REQUIRE(static_cast<signed char>(c) > 0);
  }
}

TEST_CASE("a narrow terminal loses columns and not its alignment") {
  check_golden("pass.80.txt", console(terminal(false, 80), {}, receipts().at("pass")).out);
  check_golden("error.60.txt", console(terminal(false, 60), {}, receipts().at("error")).out);
  check_golden("fail.0.txt", console(terminal(false, 0), {}, receipts().at("fail")).out);
}

TEST_CASE("names can't command the terminal") {
  for (const bool tty : {false, true}) {
    const Receipt& receipt = receipts().at("hostile");
    const Written written = console(terminal(tty, 200), events_of(receipt), receipt);
    const std::string all = written.out + written.err;
    CHECK(all.find("\x1b[2J") == std::string::npos);
    CHECK(all.find("\x1b]") == std::string::npos);
    CHECK(all.find('\x07') == std::string::npos);
    CHECK(all.find("\xc2\x9b") == std::string::npos);
    CHECK(all.find("\xe2\x80\xae") == std::string::npos);  // right-to-left override
    if (!tty) CHECK(all.find('\r') == std::string::npos);
    CHECK(all.find("\nPASS") == std::string::npos);
  }
}

TEST_CASE("in a log each finished case is a line on stderr") {
  for (const char* name : {"pass", "error"}) {
    const Receipt& receipt = receipts().at(name);
    check_golden(std::string(name) + ".progress.txt",
                 console(kPipe, events_of(receipt), receipt).err);
  }
}

TEST_CASE("on a terminal progress is one line that rewrites itself and goes away") {
  const Receipt& receipt = receipts().at("pass");
  const std::string err = console(terminal(true, 80), events_of(receipt), receipt).err;
  check_golden("pass.live.txt", err);
  CHECK(std::count(err.begin(), err.end(), '\n') == 1);  // the message's
  CHECK_THAT(err, Contains("left"));
}

TEST_CASE("console refuses options, since it has none") {
  worker::WorkerOptions options;
  options.isolate = false;
  CHECK_THROWS_WITH(worker::ReporterClient(worker::plugin_at(CONSOLE_PLUGIN, "reporter"),
                                           {{"colour", "red"}}, options),
                    Contains("console has no options"));
}
