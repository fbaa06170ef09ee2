// bitgate model show, on files of another project's writer.
#include <fstream>
#include <sstream>

#include "support/catch.hpp"
#include "support/program.hpp"

using namespace bitgate::test;
using Catch::Matchers::Contains;

namespace {

std::string golden(const std::string& name) {
  return BITGATE_SOURCE_DIR "/tests/unit/model/golden/" + name;
}

}  // namespace

TEST_CASE("model show prints metadata, tensors and the layout with its reason") {
  const Outcome outcome = run_bitgate({"model", "show", golden("bitnet-b1.58.gguf")});
  INFO(outcome.out << outcome.err);
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.err.empty());
  CHECK_THAT(outcome.out, Contains("GGUF version 3, ") && Contains(" bytes, aligned to 32\n"));
  CHECK_THAT(outcome.out,
             Contains("general.architecture                         string   bitnet-b1.58\n"));
  CHECK_THAT(outcome.out, Contains("golden.int64 ") && Contains("i64      -1099511627776\n"));
  CHECK_THAT(outcome.out, Contains("string[] ['', 'a', 'α😀']\n") && Contains("[0.5, -1.5]\n"));
  CHECK_THAT(outcome.out, Contains("I2_S   i2_s                    4x256            288 "));
  CHECK_THAT(outcome.out, Contains("Q8_0   -                       4x256           1088 "));
  CHECK_THAT(outcome.out, Contains("7171 weights in "));
  CHECK_THAT(outcome.out, Contains("I2_S is i2_s: as bitnet-b1.58 models are published\n"));
}

TEST_CASE("model show tells the vocabulary, or why there is none") {
  const Outcome text = run_bitgate({"model", "show", BITGATE_SOURCE_DIR "/models/addition.gguf"});
  INFO(text.out << text.err);
  CHECK(text.exit_code == 0);
  CHECK_THAT(text.out, Contains("\nvocabulary of "));
  const Outcome ids = run_bitgate({"model", "show", golden("bitnet-b1.58.gguf")});
  CHECK_THAT(ids.out, Contains("\nno vocabulary, so prompts are token ids: " + golden("")));
}

TEST_CASE("model show of an ambiguous file shows it, names the choices and exits 2") {
  const std::string file = golden("bitnet.gguf");
  const Outcome outcome = run_bitgate({"model", "show", file});
  CHECK(outcome.exit_code == 2);
  CHECK_THAT(outcome.out, Contains("blk.0.attn_q.weight"));
  CHECK_THAT(outcome.err, Contains("problem: " + file + ": byte ") &&
                              Contains("i2_s, i2_s/arm, i2_s/4row would fit"));
  const Outcome chosen = run_bitgate({"model", "show", file, "--i2_s", "i2_s/arm"});
  CHECK(chosen.exit_code == 0);
  CHECK_THAT(chosen.out, Contains("I2_S is i2_s/arm: chosen by the user\n"));
  const Outcome wrong = run_bitgate({"model", "show", file, "--i2_s", "i2_s/mips"});
  CHECK(wrong.exit_code == 2);
  CHECK_THAT(wrong.err, Contains("no I2_S layout 'i2_s/mips'"));
}

TEST_CASE("model show prints the rest of a file that has a number of more than 63 bits") {
  const TemporaryDirectory directory;
  std::string bytes("GGUF\x03\0\0\0\0\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0", 24);
  bytes += std::string("\x01\0\0\0\0\0\0\0n\x0a\0\0\0", 13) + std::string(8, '\xff');
  bytes += std::string("\x14\0\0\0\0\0\0\0general.architecture", 28);
  bytes += std::string("\x08\0\0\0\x01\0\0\0\0\0\0\0m", 13);
  const Outcome outcome = run_bitgate({"model", "show", directory.write("n.gguf", bytes)});
  INFO(outcome.err);
  CHECK(outcome.exit_code == 0);
  CHECK_THAT(outcome.out, Contains("u64      (beyond 2^63 - 1)\n") && Contains("tensors (0)"));
}

TEST_CASE("model show of what is no model exits 2 and says where and what") {
  const TemporaryDirectory directory;
  std::ifstream file(golden("bitnet.gguf"), std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  const auto fails = [](const std::vector<std::string>& arguments, const std::string& words) {
    const Outcome outcome = run_bitgate(arguments);
    INFO(outcome.err);
    CHECK(outcome.exit_code == 2);
    CHECK(outcome.out.empty());
    CHECK_THAT(outcome.err, Contains(words));
  };
  const std::string cut = directory.write("cut.gguf", text.str().substr(0, 5000));
  fails({"model", "show", cut}, cut + ": byte ");
  fails({"model", "show", cut}, "and the file has 5000; the file is truncated");
  fails({"model", "show", directory.write("empty.gguf", "")}, ": byte 0: the magic 'GGUF'");
  fails({"model", "show", "/nowhere.gguf"}, "/nowhere.gguf: No such file");
  fails({"model", "show", directory.path()}, "Is a directory");
  fails({"model"}, "the subcommand is show");
  fails({"model", "shwo", cut}, "the subcommand is show");
  fails({"model", "show"}, "show takes one file");
}
