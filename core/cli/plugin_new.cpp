// bitgate plugin new
#include <bitgate/abi.h>
#include <bitgate/atomic_file.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include "base/embedded_file.hpp"
#include "cli/command_line.hpp"
#include "cli/plugin_commands.hpp"

namespace bitgate {

/// The examples and the CI workflow, by their paths in the source tree.
std::span<const EmbeddedFile> plugin_templates();

namespace cli {
namespace {

namespace fs = std::filesystem;

/// An example that serves as the template of new plugins. Wherever it says its id and the name made
/// from it, the new plugin has its own.
struct Template {
  std::string_view kind;
  std::string_view language;
  std::string_view folder;
  std::string_view id;
};

constexpr std::array<Template, 4> kTemplates = {{
    {"backend", "cpp", "examples/backend-cpp/", "com.example.ternary"},
    {"backend", "c", "examples/backend-c/", "com.example.ternary-c"},
    {"reporter", "cpp", "examples/reporter-cpp/", "com.example.summary"},
    {"reporter", "c", "examples/reporter-c/", "com.example.summary-c"},
}};
constexpr std::string_view kWorkflow = "core/cli/templates/bitgate.yml";

constexpr std::size_t kLongestId = sizeof(bg_note::id) - 1;

bool is_id(std::string_view id) {
  const auto letter = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  bool starts = true;  // whether the next character is the first of its part
  for (const char c : id) {
    if (c == '.' ? starts : !letter(c) && (starts || !(digit(c) || c == '_' || c == '-'))) {
      return false;
    }
    starts = c == '.';
  }
  return !starts && id.find('.') != std::string_view::npos && id.size() <= kLongestId;
}

/// The last two parts of an id as a word that is a file, a target and an identifier:
/// "com.acme.fast-tern" becomes "acme_fast_tern".
std::string name_of(std::string_view id) {
  const std::size_t last = id.rfind('.');
  const std::size_t before = id.rfind('.', last - 1);
  std::string name(before == std::string_view::npos ? id : id.substr(before + 1));
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '.' || c == '-'; }, '_');
  return name;
}

using Words = std::array<std::pair<std::string, std::string>, 2>;

/// `text` with each word replaced; what was put in is not looked at again.
std::string replaced(std::string_view text, const Words& words) {
  std::string out;
  while (!text.empty()) {
    const auto found = std::find_if(words.begin(), words.end(), [&](const auto& word) {
      return text.substr(0, word.first.size()) == word.first;
    });
    if (found == words.end()) {
      out += text.front();
      text.remove_prefix(1);
    } else {
      out += found->second;
      text.remove_prefix(found->first.size());
    }
  }
  return out;
}

struct NewFile {
  std::string name;  ///< relative to the project
  std::string text;
};

std::vector<NewFile> project(const Template& from, const std::string& id) {
  const Words words = {{{std::string(from.id), id}, {name_of(from.id), name_of(id)}}};
  std::vector<NewFile> files;
  for (const EmbeddedFile& file : plugin_templates()) {
    if (file.name == kWorkflow) {
      files.push_back({".github/workflows/bitgate.yml", std::string(file.text)});
    } else if (file.name.substr(0, from.folder.size()) == from.folder) {
      files.push_back(
          {replaced(file.name.substr(from.folder.size()), words), replaced(file.text, words)});
    }
  }
  return files;
}

void require_empty(const fs::path& directory) {
  std::error_code error;
  const fs::file_status status = fs::status(directory, error);
  if (!fs::exists(status)) return;
  if (!fs::is_directory(status)) {
    throw UsageError(
        fmt::format("{} exists and is no directory: name a new one", directory.string()));
  }
  if (!fs::is_empty(directory, error) || error) {
    throw UsageError(fmt::format("{} is not empty: name a new directory", directory.string()));
  }
}

void write(const fs::path& directory, const std::vector<NewFile>& files) {
  try {
    for (const NewFile& file : files) {
      const fs::path path = directory / file.name;
      fs::create_directories(path.parent_path());
      write_file_atomically(path, file.text);
    }
  } catch (const std::system_error& error) {
    throw std::runtime_error(
        fmt::format("{} can't be written: {}; name a directory that you can "
                    "write to",
                    directory.string(), error.code().message()));
  }
}

const Template& template_for(const std::string& kind, const std::string& language) {
  if (kind != "backend" && kind != "reporter") {
    throw UsageError(fmt::format("--kind {}: write backend or reporter", kind));
  }
  const auto* found = std::find_if(
      kTemplates.begin(), kTemplates.end(),
      [&](const Template& known) { return known.kind == kind && known.language == language; });
  if (found == kTemplates.end()) {
    throw UsageError(fmt::format("--lang {}: write cpp or c", language));
  }
  return *found;
}

}  // namespace

int plugin_new(const Arguments& arguments) {
  const Usage usage{"bitgate plugin new ID --kind backend|reporter [--lang cpp|c] DIR",
                    "Writes a small project for a plugin into DIR, which is made if it does not "
                    "exist: a source, a\nCMakeLists.txt, a pipeline that runs it, and a workflow "
                    "for CI. It builds and passes as it is.\nID is in reverse DNS, such as "
                    "com.example.fast-ternary.",
                    "arguments", 2};
  po::options_description options;
  options.add_options()("kind", po::value<std::string>(), "backend or reporter")(
      "lang", po::value<std::string>()->default_value("cpp"), "cpp (C++20) or c (C11)");
  const auto values = parse(usage, options, arguments);
  if (!values) return 0;
  const auto given = values->count("arguments") == 0
                         ? std::vector<std::string>()
                         : (*values)["arguments"].as<std::vector<std::string>>();
  if (given.size() != 2 || values->count("kind") == 0) {
    throw UsageError("an id, a directory and --kind are needed\nusage: " + usage.synopsis);
  }
  const std::string& id = given[0];
  const fs::path directory = given[1];
  if (!is_id(id)) {
    throw UsageError(fmt::format(
        "'{}' is no id for a plugin: write at least two parts in reverse DNS, such as "
        "com.example.fast-ternary;\neach starts with a letter, followed by a-z 0-9 _ -; at most "
        "{} characters in all",
        id, kLongestId));
  }
  const Template& from =
      template_for((*values)["kind"].as<std::string>(), (*values)["lang"].as<std::string>());
  require_empty(directory);
  const std::vector<NewFile> files = project(from, id);
  write(directory, files);

  fmt::print("{} {}\n", from.kind, id);
  for (const NewFile& file : files) fmt::print("  {}\n", (directory / file.name).string());
  fmt::print(
      "\nnext:\n  cd {}\n  cmake -B build && cmake --build build\n"
      "  ctest --test-dir build --output-on-failure\n"
      "  BITGATE_PLUGIN_PATH=$PWD/build bitgate run pipeline.yaml\n",
      directory.string());
  return 0;
}

}  // namespace cli
}  // namespace bitgate
