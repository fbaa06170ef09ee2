// `bitgate plugin new` and the examples, used as an author would: outside this project, against an
// installed and moved bitgate.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "support/catch.hpp"
#include "support/installation.hpp"

using namespace bitgate::test;
using Catch::Matchers::Contains;
using Json = nlohmann::json;

namespace fs = std::filesystem;

namespace {

struct Example {
  std::string folder;
  std::string kind;
  std::string language;
  std::string id;
};

const std::vector<Example> kExamples = {
    {"backend-cpp", "backend", "cpp", "com.example.ternary"},
    {"backend-c", "backend", "c", "com.example.ternary-c"},
    {"reporter-cpp", "reporter", "cpp", "com.example.summary"},
    {"reporter-c", "reporter", "c", "com.example.summary-c"},
};

const std::string kId = "org.acme.fast-tern";

const Installation& installed() {
  static const Installation installation;
  return installation;
}

std::string content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::set<std::string> files_in(const fs::path& directory) {
  std::set<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file()) names.insert(fs::relative(entry.path(), directory).string());
  }
  return names;
}

/// `plugin new` in an empty directory; the project's directory.
std::string new_project(const TemporaryDirectory& directory, const Example& example,
                        const std::string& id) {
  Surroundings around;
  around.directory = directory.path();
  succeed({installed().program(), "plugin", "new", id, "--kind", example.kind, "--lang",
           example.language, "mine"},
          around);
  return directory / "mine";
}

/// Configures and builds a project, without warnings, and runs its tests.
void build(const std::string& project, const std::string& cc, const std::string& cxx) {
  std::vector<std::string> configure = {BITGATE_CMAKE,
                                        "-S",
                                        project,
                                        "-B",
                                        project + "/build",
                                        "-DCMAKE_PREFIX_PATH=" + installed().prefix(),
                                        "-DCMAKE_C_COMPILER=" + cc,
                                        "-DCMAKE_CXX_COMPILER=" + cxx,
                                        "-DCMAKE_C_FLAGS=-Wall -Wpedantic",
                                        "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Wpedantic",
                                        "-DCMAKE_COMPILE_WARNING_AS_ERROR=ON",
                                        "--no-warn-unused-cli"};
  succeed(configure);
  succeed({BITGATE_CMAKE, "--build", project + "/build"});
  const Outcome tests = succeed({BITGATE_CTEST, "--test-dir", project + "/build"});
  CHECK_THAT(tests.out, Contains("100% tests passed") && Contains("out of 1"));
}

/// Runs the project's pipeline, with the built plugin found by its id; its output and receipt.
std::pair<Outcome, Json> run(const std::string& project,
                             const std::vector<std::string>& more = {}) {
  Surroundings around;
  around.directory = project;
  around.environment["BITGATE_PLUGIN_PATH"] = project + "/build";
  std::vector<std::string> arguments = {installed().program(), "run", "pipeline.yaml", "--json",
                                        "receipt.json"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  Outcome outcome = succeed(arguments, around);
  return {outcome, Json::parse(content(project + "/receipt.json"))};
}

const Json& plugin_of(const Json& receipt, const std::string& id) {
  const Json& plugins = receipt.at("plugins");
  const auto found = std::find_if(plugins.begin(), plugins.end(),
                                  [&](const Json& plugin) { return plugin.at("id") == id; });
  REQUIRE(found != plugins.end());
  return *found;
}

/// One shape and batch of the pipelines' four, on both backends: enough where no test is about what
/// is computed.
const std::vector<std::string> kOnePoint = {"-a", "shape=127x384", "-a", "batch=1"};

void check_measured(const Json& receipt, int points) {
  CHECK(receipt.at("verdict").at("status") == "pass");
  int mine = 0;
  for (const Json& result : receipt.at("cases")) {
    if (result.at("backend") != "mine") continue;
    ++mine;
    INFO(result.at("id"));
    CHECK(result.at("status") == "measured");
    CHECK(result.at("metrics").at("output.mismatches").at("value") == 0);
    CHECK(result.at("metrics").at("quantize.mismatches").at("value") == 0);
    CHECK(result.at("kernels").at(0).at("name") == "plain/matmul_i2_s");
  }
  CHECK(mine == points);
}

void check_reported(const Outcome& outcome, const Json& receipt) {
  for (const Json& result : receipt.at("cases")) {
    CHECK_THAT(outcome.out, Contains(result.at("id").get<std::string>()));
  }
  CHECK(std::regex_search(outcome.out, std::regex("verdict: \"?pass\"?\n")));
}

/// Runs the project's pipeline, or one point of it, and looks at what its plugin did.
void check_use(const Example& example, const std::string& project, const std::string& id,
               bool whole) {
  const auto [outcome, receipt] = run(project, whole ? std::vector<std::string>() : kOnePoint);
  CHECK(fs::path(plugin_of(receipt, id).at("path").get<std::string>()).parent_path() ==
        fs::canonical(project + "/build"));
  if (example.kind == "backend") {
    check_measured(receipt, whole ? 4 : 1);
  } else {
    check_reported(outcome, receipt);
  }
}

/// A project for a plugin kId, built by this build's compilers when it is first asked for.
const std::string& built(const Example& example) {
  static std::map<std::string, std::pair<TemporaryDirectory, std::string>> projects;
  const auto [found, added] = projects.try_emplace(example.folder);
  auto& [directory, project] = found->second;
  if (added) {
    project = new_project(directory, example, kId);
    build(project, BITGATE_CC, BITGATE_CXX);
  }
  return project;
}

/// Lines that are neither empty nor comments alone.
long code_lines(const std::string& text) {
  std::istringstream lines(text);
  long count = 0;
  bool comment = false;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t begin = line.find_first_not_of(' ');
    if (begin == std::string::npos) continue;
    const std::string rest = line.substr(begin);
    if (!comment && rest.compare(0, 2, "//") == 0) continue;
    const bool starts = !comment && rest.compare(0, 2, "/*") == 0;
    if (!comment && !starts) ++count;
    if (starts || comment) {
      comment = rest.size() < 2 || rest.compare(rest.size() - 2, 2, "*/") != 0;
    }
  }
  return count;
}

}  // namespace

TEST_CASE("the examples are what plugin new writes") {
  for (const Example& example : kExamples) {
    INFO(example.folder);
    const TemporaryDirectory directory;
    const fs::path project = new_project(directory, example, example.id);
    const fs::path ours = fs::path(BITGATE_SOURCE_DIR) / "examples" / example.folder;
    const std::string workflow = ".github/workflows/bitgate.yml";
    CHECK(content(project / workflow) ==
          content(BITGATE_SOURCE_DIR "/core/cli/templates/bitgate.yml"));
    std::set<std::string> written = files_in(project);
    written.erase(workflow);
    CHECK(written == files_in(ours));
    for (const std::string& file : written) {
      INFO(file);
      CHECK(content(project / file) == content(ours / file));
    }
  }
}

TEST_CASE("a new plugin has its own id and name everywhere") {
  for (const Example& example : kExamples) {
    INFO(example.folder);
    const TemporaryDirectory empty;
    const fs::path project = new_project(empty, example, kId);
    CHECK(fs::exists(project / ("acme_fast_tern." + example.language)));
    for (const std::string& file : files_in(project)) {
      INFO(file);
      const std::string text = file + "\n" + content(project / file);
      CHECK_THAT(text, !Contains("com.example") && !Contains("example_"));
    }
    CHECK_THAT(content(project / "CMakeLists.txt"), Contains(kId));
    CHECK_THAT(content(project / "pipeline.yaml"), Contains("plugin: " + kId));
  }
}

TEST_CASE("a new plugin builds, conforms and is used by its pipeline at once") {
  for (const Example& example : kExamples) {
    INFO(example.folder);
    check_use(example, built(example), kId, example.kind == "backend");
  }
}

TEST_CASE("a new plugin builds with clang and is used by its pipeline") {
  if (std::string(BITGATE_CLANG).empty()) {
    WARN("skipped: no clang on this machine");
    return;
  }
  // Each kind and each language once.
  for (const Example& example : {kExamples[0], kExamples[3]}) {
    INFO(example.folder);
    const TemporaryDirectory directory;
    const std::string project = new_project(directory, example, kId);
    build(project, BITGATE_CLANG, BITGATE_CLANGXX);
    check_use(example, project, kId, false);
  }
}

TEST_CASE("a backend is also found by its file, and runs in the host's process") {
  const std::string& project = built(kExamples[0]);
  std::string pipeline = content(project + "/pipeline.yaml");
  const std::string by_id = "plugin: " + kId;
  pipeline.replace(pipeline.find(by_id), by_id.size(), "plugin: ./build/acme_fast_tern.so");
  std::ofstream(project + "/by_file.yaml") << pipeline;
  Surroundings around;
  around.directory = "/";
  std::vector<std::string> arguments = {installed().program(), "run", project + "/by_file.yaml",
                                        "--isolate", "none"};
  arguments.insert(arguments.end(), kOnePoint.begin(), kOnePoint.end());
  const Outcome outcome = succeed(arguments, around);
  CHECK_THAT(outcome.out, Contains("PASS"));
}

TEST_CASE("a reporter's options are its own: a file, or an error for what it does not know") {
  const std::string& project = built(kExamples[2]);
  std::vector<std::string> to_file = kOnePoint;
  to_file.insert(to_file.end(), {"--reporter", kId + ":path=summary.txt"});
  const Outcome quiet = run(project, to_file).first;
  CHECK(quiet.out.empty());
  CHECK_THAT(content(project + "/summary.txt"), Contains("verdict: pass"));

  Surroundings around;
  around.directory = project;
  around.environment["BITGATE_PLUGIN_PATH"] = project + "/build";
  const Outcome wrong = run_program(
      {installed().program(), "run", "pipeline.yaml", "--reporter", kId + ":paht=x"}, around);
  CHECK(wrong.exit_code == 2);
  CHECK_THAT(wrong.err, Contains("unknown option 'paht' (did you mean 'path'?)"));
}

TEST_CASE("an installed plugin is found without a path") {
  const Installation own;
  const std::string& project = built(kExamples[0]);
  succeed({BITGATE_CMAKE, "--install", project + "/build", "--prefix", own.prefix()});
  CHECK_THAT(succeed({own.program(), "plugin", "list"}).out,
             Contains(own.prefix() + "/lib/bitgate/plugins/acme_fast_tern.so"));
  std::vector<std::string> arguments = {own.program(), "run", project + "/pipeline.yaml"};
  arguments.insert(arguments.end(), kOnePoint.begin(), kOnePoint.end());
  CHECK_THAT(succeed(arguments).out, Contains("PASS"));
}

TEST_CASE("bitgate_add_plugin says what is wrong with a project") {
  const auto configure = [&](const std::string& from, const std::string& to,
                             const std::string& flags) {
    const TemporaryDirectory directory;
    const std::string project = new_project(directory, kExamples[0], kId);
    std::string lists = content(project + "/CMakeLists.txt");
    if (!from.empty()) {
      REQUIRE(lists.find(from) != std::string::npos);
      lists.replace(lists.find(from), from.size(), to);
      std::ofstream(project + "/CMakeLists.txt") << lists;
    }
    return run_program({BITGATE_CMAKE, "-S", project, "-B", project + "/build",
                        "-DCMAKE_PREFIX_PATH=" + installed().prefix(),
                        std::string("-DCMAKE_CXX_COMPILER=") + BITGATE_CXX,
                        "-DCMAKE_CXX_FLAGS=" + flags});
  };
  const Outcome fast = configure("", "", "-ffast-math");
  CHECK(fast.exit_code == 0);
  CHECK_THAT(fast.err, Contains("-ffast-math"));
  const Outcome kind = configure("KIND backend", "KIND frontend", "");
  CHECK(kind.exit_code == 1);
  CHECK_THAT(kind.err, Contains("backend|reporter"));
  const Outcome version = configure("VERSION ${PROJECT_VERSION}\n", "\n", "");
  CHECK(version.exit_code == 1);
  CHECK_THAT(version.err, Contains("[ID"));
}

TEST_CASE("the code that an author owns is under a hundred lines") {
  const std::string examples = BITGATE_SOURCE_DIR "/examples/";
  for (const char* source : {"backend-cpp/example_ternary.cpp", "backend-c/example_ternary_c.c",
                             "reporter-cpp/example_summary.cpp"}) {
    INFO(source);
    CHECK(code_lines(content(examples + source)) < 100);
  }
}

TEST_CASE("plugin new says what is wrong and writes nothing") {
  const TemporaryDirectory directory;
  static_cast<void>(directory.write("file", "text"));
  const auto fails = [&](const std::vector<std::string>& arguments, int code,
                         const std::string& words) {
    std::vector<std::string> all = {installed().program(), "plugin", "new"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    Surroundings around;
    around.directory = directory.path();
    const Outcome outcome = run_program(all, around);
    INFO(outcome.err);
    CHECK(outcome.exit_code == code);
    CHECK_THAT(outcome.err, Contains(words));
    CHECK(outcome.out.empty());
    CHECK(files_in(directory.path()) == std::set<std::string>{"file"});
    CHECK(!fs::exists(directory / "mine"));
  };
  for (const std::string id : {"plain", "Com.acme.x", "com..x", "com.acme.", ".com.acme", "com.1x",
                               "com.acme x", "com/acme.x", "com.-a", "com.ac\xC3\xA9", "a.b\nc"}) {
    fails({id, "--kind", "backend", "mine"}, 2, "no id for a plugin");
  }
  fails({"a." + std::string(94, 'b'), "--kind", "backend", "mine"}, 2, "at most 95 characters");
  fails({"com.acme.x", "--kind", "frontend", "mine"}, 2, "write backend or reporter");
  fails({"com.acme.x", "--kind", "backend", "--lang", "rust", "mine"}, 2, "write cpp or c");
  fails({"com.acme.x", "mine"}, 2, "--kind");
  fails({"com.acme.x", "--kind", "backend"}, 2, "usage: bitgate plugin new");
  fails({}, 2, "usage: bitgate plugin new");
  fails({"com.acme.x", "--kind", "backend", "mine", "yours"}, 2, "usage: bitgate plugin new");
  fails({"com.acme.x", "--kind", "backend", "."}, 2, "not empty");
  fails({"com.acme.x", "--kind", "backend", "file"}, 2, "no directory");
  fails({"com.acme.x", "--kind", "backend", "file/mine"}, 4, "can't be written");
  fails({"com.acme.x", "--kind", "backend", "/proc/mine"}, 4, "can't be written");
}
