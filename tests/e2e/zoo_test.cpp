// Every member of the zoo: what the user reads, the verdict, the exit code.
// BITGATE_UPDATE_GOLDEN=1 writes the golden texts anew.
#include <cstdlib>
#include <fstream>
#include <regex>
#include <sstream>

#include "e2e/run.hpp"
#include "support/catch.hpp"
#include "support/pipelines.hpp"

using namespace bitgate::test;

namespace {

struct Member {
  std::string device;
  int exit_code;
  std::string verdict;
  std::string plugin = ZOO_PLUGIN;
  std::string limits = "{step: 60s, memory: 256MiB}";
};

const std::string kShort = "{step: 1s, memory: 256MiB}";  // for what never ends

std::vector<Member> members() {
  return {
      {"fast-wrong", 1, "fail"},
      {"fast-clock", 4, "fail"},
      {"slow-clock", 0, "pass"},
      {"stopped-clock", 4, "fail"},
      {"remembers", 1, "fail"},
      {"idle", 1, "fail"},
      {"miscount", 4, "fail"},
      {"impostor", 0, "pass"},
      {"unsupported", 5, "skipped"},
      {"unavailable", 5, "skipped"},
      {"zebra", 5, "skipped"},
      {"flood", 4, "fail", ZOO_PLUGIN, kShort},
      {"segfault", 4, "fail"},
      {"segfault-in-create", 4, "fail"},
      {"abort", 4, "fail"},
      {"hang", 4, "fail", ZOO_PLUGIN, kShort},
      {"hang-in-close", 4, "fail", ZOO_PLUGIN, kShort},
      {"exit", 4, "fail"},
      {"throw", 4, "fail"},
      {"throw-in-prepare", 4, "fail"},
      {"throw-number", 4, "fail"},
      {"orphan", 4, "fail"},
      {"chatter", 4, "fail", ZOO_PLUGIN, kShort},
      {"prints", 0, "pass"},
      {"thread", 0, "pass"},
      {"lies", 4, "fail"},
      {"excuse", 4, "fail"},
      {"busy", 4, "fail"},
      {"garbage", 4, "fail"},
      {"wrong-answer", 4, "fail"},
      {"huge-frame", 4, "fail"},
      {"large-frame", 4, "fail"},
      {"hang-up", 4, "fail"},
      {"fast-math", 0, "pass", ZOO_FAST_MATH},
      {"short-plugin", 4, "fail", ZOO_SHORT_PLUGIN},
      {"short-backend", 4, "fail", ZOO_SHORT_BACKEND},
      {"memory", 4, "fail"},
      {"leak", 4, "fail"},
  };
}

/// Ends at the limit on a worker's memory, which there is none of under sanitizers.
bool needs_memory_limit(const Member& member) {
  return member.device == "memory" || member.device == "leak";
}

std::string pipeline_of(const Member& member) {
  // The libraries of their own have no device of that name.
  const std::string device = member.plugin == ZOO_PLUGIN ? member.device : "correct";
  return zoo_pipeline(member.plugin, {device}, kExactGate, member.limits) +
         "reporters: [{plugin: console}]\n";
}

/// What is below the table, which has times in it: failures, gates, verdict.
std::string below_table(const std::string& out) {
  std::size_t start = out.size();
  for (const char* head : {"\nerror  ", "\nfail  ", "\ngates\n"}) {
    start = std::min(start, out.find(head));
  }
  std::string text = out.substr(std::min(start, out.size()));
  // How often the device ran, and how long its path is, differs from run to run.
  text = std::regex_replace(text, std::regex("for\\s+[0-9]+\\s+executions"), "for <n> executions");
  text = std::regex_replace(text, std::regex("[0-9.e+]+\\s+ms"), "<n> ms");
  const std::string directory = ZOO_DIRECTORY;
  const bool wraps_anywhere =
      text.find(directory) != std::string::npos || text.find("<n> ms") != std::string::npos;
  if (!wraps_anywhere) return text;
  text = std::regex_replace(text, std::regex("\\s+"), " ");
  for (std::size_t at = 0; (at = text.find(directory)) != std::string::npos;) {
    text.replace(at, directory.size(), "<zoo>");
  }
  return text + "\n";
}

std::string without_numbers(const std::string& text) {
  return std::regex_replace(text, std::regex("[0-9]+"), "<n>");
}

std::string read(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

void compare(const std::string& name, const std::string& text) {
  const std::string path = std::string(ZOO_GOLDEN) + "/" + name + ".txt";
  if (std::getenv("BITGATE_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << text;
  CHECK(text == read(path));
}

}  // namespace

TEST_CASE("each member of the zoo has its verdict, its exit code and its words") {
  for (const Member& member : members()) {
    DYNAMIC_SECTION(member.device) {
      if (BITGATE_SANITIZED && needs_memory_limit(member)) {
        WARN("skipped: sanitizers reserve more address space than any limit allows");
        continue;
      }
      const Run run = run_pipeline(pipeline_of(member));
      INFO(run.outcome.err << run.outcome.out);
      CHECK(run.outcome.exit_code == member.exit_code);
      CHECK(run.receipt["verdict"]["status"] == member.verdict);
      CHECK(run.receipt["verdict"]["exit_code"] == member.exit_code);
      CHECK(run.receipt["interrupted"] == false);
      CHECK(run.receipt["cases"].size() == 1);
      CHECK(run.outcome.left_behind.empty());
      std::string text = below_table(run.outcome.out);
      // How many of its answers were right by chance depends on when it was asked last.
      if (member.device == "remembers") text = without_numbers(text);
      compare(member.device, "exit code " + std::to_string(run.outcome.exit_code) + "\n" + text);
    }
  }
}

TEST_CASE("what a plugin prints does not reach the run's stdout") {
  const Member prints{"prints", 0, "pass"};
  std::string pipeline = pipeline_of(prints);
  const TemporaryDirectory directory;
  const Outcome outcome =
      run_bitgate({"run", directory.write("p.yaml", pipeline), "--reporter", "json:path=-"});
  INFO(outcome.err);
  CHECK(nlohmann::json::parse(outcome.out)["verdict"]["status"] == "pass");
}
