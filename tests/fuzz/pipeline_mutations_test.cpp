// The same as the fuzzer, without one: seeded mutations of the corpus, the same on every machine.
// Whatever comes out is a pipeline or is refused with a ConfigError that can be shown.
#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "base/text.hpp"
#include "fuzz/read_any.hpp"
#include "support/catch.hpp"

using namespace bitgate;
namespace fs = std::filesystem;

namespace {

/// Sorted, so that every machine mutates the same texts.
std::vector<std::string> corpus(const char* folder) {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(fs::path(BITGATE_CORPUS) / folder)) {
    if (entry.path().extension() == ".yaml") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> texts;
  for (const fs::path& path : paths) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    texts.push_back(text.str());
  }
  return texts;
}

/// Standard distributions differ between libraries: this does not.
class Mutator {
 public:
  explicit Mutator(std::uint32_t seed) : random_(seed) {}

  std::string mutate(std::string text, const std::vector<std::string>& others) {
    const std::size_t rounds = 1 + below(4);
    for (std::size_t i = 0; i < rounds; ++i) change(text, others);
    return text;
  }
  std::size_t below(std::size_t end) { return end == 0 ? 0 : random_() % end; }

 private:
  void change(std::string& text, const std::vector<std::string>& others) {
    constexpr std::array<std::string_view, 32> kPieces = {
        "[",    "]",   "{",   "}",   ":",  ": ",    ",",  "\n",
        "  ",   "- ",  "\t",  "&",   "*a", "&a ",   "!",  "!!",
        "<<",   "|",   ">",   "#",   "\"", "'",     "%",  "~",
        "null", "...", "---", "\\x", "..", "1e999", "-1", "99999999999999999999"};
    const std::size_t at = below(text.size() + 1);
    const std::size_t length = below(std::min<std::size_t>(text.size() - at, 40) + 1);
    switch (below(6)) {
      case 0:
        if (!text.empty()) text[below(text.size())] = static_cast<char>(below(256));
        break;
      case 1:
        text.erase(at, length);
        break;
      case 2:
        text.insert(at, kPieces[below(kPieces.size())]);
        break;
      case 3:
        text.insert(below(text.size() + 1), std::string(text, at, length));
        break;
      case 4:
        text.resize(at);
        break;
      default: {
        const std::string& other = others[below(others.size())];
        text.insert(at, other, below(other.size() + 1), below(200));
      }
    }
  }

  std::mt19937 random_;
};

/// A message that is valid UTF-8 on as many lines as it has diagnostics shown.
void check_message(const ConfigError& error) {
  const std::string message = error.what();
  CHECK(to_utf8(message) == message);
  CHECK_FALSE(error.diagnostics().empty());
  CHECK(std::count(message.begin(), message.end(), '\n') <= 20);
}

}  // namespace

TEST_CASE("Two thousand mutations of the corpus are read or refused, never more") {
  const std::vector<std::string> good = corpus("good");
  const std::vector<std::string> bad = corpus("bad");
  REQUIRE(good.size() >= 10);
  REQUIRE(bad.size() >= 30);
  Mutator mutator(20240229);
  std::size_t accepted = 0;
  std::size_t refused = 0;
  for (int i = 0; i < 2000; ++i) {
    // Half of them from good files: what is wrong already is refused before much of it is read.
    const std::vector<std::string>& from = i % 2 == 0 ? good : bad;
    const std::string text = mutator.mutate(from[mutator.below(from.size())], bad);
    INFO(i << ":\n" << to_utf8(text));
    try {
      accepted += test::read_any(text) ? 1 : 0;
      static_cast<void>(parse_pipeline(text, "fuzz.yaml"));
    } catch (const ConfigError& error) {
      check_message(error);
      ++refused;
    }
  }
  // Mutations that are all refused at the first byte would test nothing.
  CHECK(accepted > 5);
  CHECK(refused > 1000);
  CHECK(accepted + refused == 2000);
}
