// "${secret:NAME}": the reporter that a pipeline gives it to gets it, and nothing else does.
#include <fstream>
#include <iterator>

#include "support/catch.hpp"
#include "support/pipelines.hpp"
#include "support/program.hpp"
#include "worker/plugin_tables.hpp"

using namespace bitgate::test;
using Catch::Matchers::Contains;

namespace {

const std::string kSecret = "s3cret-of-the-test";
const std::string kBackwards = "tset-eht-fo-terc3s";

std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string reporter(const std::string& options) {
  return "reporters:\n  - {plugin: json, options: {path: receipt.json}}\n  - {plugin: " +
         std::string(BLABBER) + ", options: " + options + "}\n";
}

std::string pipeline(const std::string& reporters) {
  return zoo_pipeline(ZOO_PLUGIN, {"correct"}, kExactGate) + reporters;
}

struct Ran {
  explicit Ran(const std::string& options, const std::map<std::string, std::string>& environment,
               std::vector<std::string> more = {}) {
    Surroundings around;
    around.directory = directory.path();
    around.environment = environment;
    more.insert(more.begin(), {"run", directory.write("p.yaml", pipeline(reporter(options)))});
    outcome = run_bitgate(more, around);
  }
  [[nodiscard]] bool told() const {
    const std::string all = outcome.out + outcome.err + content(directory / "receipt.json");
    return all.find(kSecret) != std::string::npos;
  }
  TemporaryDirectory directory;
  Outcome outcome;
};

}  // namespace

TEST_CASE("a secret comes from the environment or a file, and its option stays a reference") {
  const TemporaryDirectory elsewhere;
  const std::string file = elsewhere.write("token", kSecret + "\r\n");
  for (const auto& environment : {std::map<std::string, std::string>{{"MY_TOKEN", kSecret}},
                                  {{"MY_TOKEN_FILE", file}},
                                  {{"MY_TOKEN", ""}, {"MY_TOKEN_FILE", file}}}) {
    const Ran ran("{token: \"${secret:MY_TOKEN}\"}", environment);
    INFO(ran.outcome.err);
    CHECK(ran.outcome.exit_code == 0);
    CHECK_THAT(ran.outcome.out,
               Contains("option ${secret:MY_TOKEN}, backwards " + kBackwards + "\n"));
    CHECK_FALSE(ran.told());
  }
}

TEST_CASE("nothing that a reporter says has the secret in it") {
  for (const std::string by : {"write", "log", "error", "crash"}) {
    for (const bool isolated : {true, false}) {
      if (by == "crash" && !isolated) continue;
      const Ran ran("{token: \"${secret:MY_TOKEN}\", by: " + by + "}", {{"MY_TOKEN", kSecret}},
                    {"-v", "--isolate", isolated ? "process" : "none"});
      INFO(by << isolated << ran.outcome.out << ran.outcome.err);
      CHECK(ran.outcome.exit_code == 0);
      CHECK_THAT(ran.outcome.out, Contains(kBackwards));
      CHECK_FALSE(ran.told());
      if (by != "crash") CHECK_THAT(ran.outcome.out + ran.outcome.err, Contains("it is ***"));
    }
  }
}

TEST_CASE("a secret that is not there is the reporter's trouble, with where it was looked for") {
  const Ran ran("{token: \"${secret:NO_SUCH_TOKEN}\"}", {});
  CHECK(ran.outcome.exit_code == 0);
  CHECK_THAT(ran.outcome.err, Contains("the secret NO_SUCH_TOKEN is not there: set the environment "
                                       "variable NO_SUCH_TOKEN, or NO_SUCH_TOKEN_FILE"));
  const Ran unreadable("{token: \"${secret:MY_TOKEN}\"}", {{"MY_TOKEN_FILE", "/no/such/file"}});
  CHECK(unreadable.outcome.exit_code == 0);
  CHECK_THAT(unreadable.outcome.err, Contains("the secret MY_TOKEN can't be read from the file "
                                              "that MY_TOKEN_FILE names: No such file"));
}

TEST_CASE("where a secret does not belong it is refused, and a secret itself is not repeated") {
  const auto refused = [](const std::string& text, const std::string& words) {
    const TemporaryDirectory directory;
    const Outcome outcome = run_bitgate({"validate", directory.write("p.yaml", text)});
    INFO(text << outcome.err);
    CHECK(outcome.exit_code == 2);
    CHECK_THAT(outcome.err, Contains(words) && !Contains(kSecret));
  };
  refused(pipeline(reporter("{token: " + kSecret + "}")),
          "reporters[1].options.token: is a secret: write ${secret:NAME}");
  refused(pipeline(reporter("{token: [" + kSecret + "]}")), "is a secret: write ${secret:NAME}");
  refused(pipeline(reporter("{plain: \"${secret:MY_TOKEN}\"}")),
          "reporters[1].options.plain: takes no secret; write the value out");
  for (const char* text : {"Bearer ${secret:MY_TOKEN}", "${secret:}", "${secret:MY TOKEN}",
                           "${secret:1TOKEN}", "${secret:MY_TOKEN"}) {
    refused(pipeline(reporter("{token: \"" + std::string(text) + "\"}")),
            "a secret can only be the whole value of a reporter's option");
  }
  std::string backend = pipeline("");
  const std::string at = "plugin: " + std::string(ZOO_PLUGIN);
  backend.replace(backend.find(at), at.size(), at + ", options: {x: \"${secret:MY_TOKEN}\"}");
  refused(backend, "a secret can only be the whole value of a reporter's option");
}

TEST_CASE("a stored receipt is reported with secrets too, and under the same rules") {
  const Ran first("{token: \"${secret:MY_TOKEN}\"}", {{"MY_TOKEN", kSecret}});
  Surroundings around;
  around.directory = first.directory.path();
  around.environment["MY_TOKEN"] = kSecret;
  const std::string blabber = BLABBER;
  const Outcome again = run_bitgate(
      {"report", "receipt.json", "--reporter", blabber + ":token=${secret:MY_TOKEN}"}, around);
  CHECK(again.exit_code == 0);
  CHECK_THAT(again.out, Contains(kBackwards) && !Contains(kSecret));
  const Outcome literal =
      run_bitgate({"report", "receipt.json", "--reporter", blabber + ":token=" + kSecret}, around);
  CHECK(literal.exit_code == 2);
  CHECK_THAT(literal.err, Contains("is a secret: write ${secret:NAME}") && !Contains(kSecret));
}

namespace {

const void* seen = nullptr;  // what the host offered to the plugin that was opened last

bg_plugin plugin_of(bg_kind kind) {
  bg_plugin plugin{};
  plugin.struct_size = sizeof(plugin);
  plugin.kind = kind;
  plugin.open = [](const bg_host* host, bg_str, bg_instance**, bg_error*) -> bg_status {
    seen = host->get_interface(host->ctx, bitgate::worker::to_str(BG_SECRET_V1));
    return BG_OK;
  };
  plugin.close = [](bg_instance*) {};
  return plugin;
}

struct Deaf : bitgate::worker::Upcalls {
  void log(int, std::string_view) override {}
  void write(int, std::string_view) override {}
};

}  // namespace

TEST_CASE("a backend is offered no secrets, even if some were sent") {
  bitgate::worker::Breadcrumb breadcrumb;
  Deaf deaf;
  const bitgate::worker::Secrets secrets = {{"MY_TOKEN", kSecret}};
  for (const bg_kind kind : {BG_KIND_BACKEND, BG_KIND_REPORTER}) {
    const bg_plugin plugin = plugin_of(kind);
    const bitgate::worker::OpenPlugin open(plugin, "{}", breadcrumb, deaf,
                                           bitgate::worker::HostSize::kOwn, secrets);
    CHECK((seen != nullptr) == (kind == BG_KIND_REPORTER));
  }
}
