#include "outside.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include "common/command.hpp"
#include "mocks.hpp"

namespace process {
namespace {

namespace fs = std::filesystem;

/// The host's deadline of a step ends a command that hangs; this one only has to be later.
constexpr std::chrono::hours kNever{24 * 365};
constexpr std::size_t kMostOutput = std::size_t{1} << 24;
constexpr std::uintmax_t kMostFile = std::uintmax_t{1} << 26;
constexpr std::size_t kMostTimes = 100'000;

/// Ends the run of a command; caught where the failure is noted.
struct Refused {
  std::string code;
  std::string detail;
};

std::string shown_list(const std::vector<Measured>& all) {
  constexpr std::size_t kMost = 12;
  std::string out;
  for (std::size_t i = 0; i < std::min(kMost, all.size()); ++i) {
    out += (i == 0 ? "" : ", ") + all[i].name;
  }
  return out + (all.size() > kMost ? ", …" : "");
}

/// Files that a run may write its results to.
std::vector<std::string> files_of(const Options& options, const fs::path& root) {
  if (options.path.empty()) return {};
  if (options.format != "criterion") return {(root / options.path).string()};
  std::vector<std::string> out;
  std::error_code none;
  for (fs::recursive_directory_iterator at(root / options.path, none), end; at != end;
       at.increment(none)) {
    const fs::path& path = at->path();
    if (path.filename() == "sample.json" && path.parent_path().filename() == "new") {
      out.push_back(path.string());
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

/// What changes whenever a file is written; empty if there is none.
std::string stamp_of(const std::string& file) {
  struct stat state {};
  if (::stat(file.c_str(), &state) != 0) return "";
  std::ostringstream out;
  out << state.st_ino << ' ' << state.st_size << ' ' << state.st_mtim.tv_sec << ' '
      << state.st_mtim.tv_nsec << ' ' << state.st_ctim.tv_sec << ' ' << state.st_ctim.tv_nsec;
  return out.str();
}

std::string text_of(const std::string& file) {
  std::error_code unknown;
  if (fs::file_size(file, unknown) > kMostFile) throw Refused{"error", file + " is too large"};
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) throw Refused{"error", file + " can't be read"};
  return text.str();
}

Json parsed(const std::string& text, const std::string& where) {
  Json document = interop::parsed(text);
  if (document.is_discarded()) {
    throw Refused{"error", where + " holds no JSON; does the command write it there?"};
  }
  return document;
}

/// The JSON text that ends an output, which may have other lines before it; npos if none does.
std::size_t find_document(const std::string& out) {
  for (std::size_t at = 0; at < out.size(); at = out.find('\n', at), at += at != out.npos ? 1 : 0) {
    if (at == std::string::npos) break;
    if ((out[at] == '{' || out[at] == '[') &&
        Json::accept(out.begin() + static_cast<std::ptrdiff_t>(at), out.end()))
      return at;
  }
  return std::string::npos;
}

/// Where the JSON Lines begin of which this is the last, an object at `last`.
std::size_t first_line_of(const std::string& out, std::size_t last) {
  std::size_t at = last;
  while (at > 0) {
    const std::size_t end = at - 1;  // of the line before
    const std::size_t newline = end == 0 ? std::string::npos : out.rfind('\n', end - 1);
    const std::size_t begin = newline == std::string::npos ? 0 : newline + 1;
    const auto from = out.begin() + static_cast<std::ptrdiff_t>(begin);
    if (out[begin] != '{' || !Json::accept(from, out.begin() + static_cast<std::ptrdiff_t>(end))) {
      break;
    }
    at = begin;
  }
  return at;
}

}  // namespace

std::string Outside::shown() const {
  if (options_.imported) return options_.path;
  std::string out;
  for (const std::string& argument : options_.command) out += (out.empty() ? "" : " ") + argument;
  return out;
}

Json Outside::answer(const std::string& name, const std::string& directory) {
  if (!ran_) run_all(directory);
  const auto failed = [](const std::string& code, const std::string& detail) {
    return Json{{"failure", code}, {"detail", detail}};
  };
  if (failure_) return failed(failure_->code, failure_->detail);
  const Measured* found = find_measured(measured_, name);
  if (found == nullptr) {
    return failed("nothing-measured", "`" + shown() + "` measured no '" + name +
                                          "'; its results in " + source_ +
                                          " are of: " + shown_list(measured_));
  }
  if (!found->failure.empty()) return failed("error", "`" + shown() + "`: " + found->failure);
  if (found->times_ns.empty()) {
    return failed("nothing-measured", "`" + shown() + "` gives no time of it in " + source_);
  }
  if (const std::string why = made_up(found->times_ns); !why.empty()) {
    return failed("error", source_ + " " + why);
  }
  return {{"failure", nullptr},
          {"tool", format_},
          {"command", options_.command},
          {"directory", directory_},
          {"runs", runs_},
          {"source", source_},
          {"results", digested_},
          {"times_ns", found->times_ns},
          {"amount", found->amount},
          {"unit", found->unit}};
}

void Outside::run_all(const std::string& directory) {
  ran_ = true;
  directory_ = (fs::path(directory) / options_.directory).lexically_normal().string();
  try {
    if (options_.imported) return take(read_imported(directory_));
    for (runs_ = 0; runs_ < options_.runs; ++runs_) run_once(directory_);
  } catch (const Refused& refused) {
    failure_ = {refused.code, refused.detail};
  } catch (const std::exception& error) {  // of a document that is not one of the format's
    const std::string whose = options_.format == "any" ? "a benchmarking tool" : options_.format;
    failure_ = {"error", source_ + ": not the results of " + whose + ": " + error.what()};
  }
}

void Outside::run_once(const std::string& directory) {
  if (std::error_code unknown; !fs::is_directory(directory, unknown)) {
    throw Refused{"error", "there is no directory " + directory + " to run `" + shown() + "` in"};
  }
  if (host_.cancelled()) throw bitgate::Error(BG_CANCELLED, "interrupted");
  before_.clear();
  for (const std::string& file : files_of(options_, directory)) {
    before_.emplace_back(file, stamp_of(file));
  }
  command::Surroundings around;
  around.directory = directory;
  around.environment = options_.environment;
  around.echo = true;
  around.most_output = kMostOutput;
  command::Result result;
  try {
    result = command::run(options_.command, "", kNever, around);
  } catch (const std::system_error& error) {
    const bool missing = error.code() == std::errc::no_such_file_or_directory;
    throw Refused{missing ? "missing-tool" : "error",
                  options_.command[0] + " can't be started: " + error.code().message()};
  }
  if (!result.failure.empty()) {
    throw Refused{"error", "`" + shown() + "` " + result.failure};
  }
  printed_ = result.err;
  if (options_.format == "criterion") {
    printed_ += result.out;
    take(read_criterion_directory(directory));
  } else {
    take(read_document(result.out, directory));
  }
}

std::vector<Measured> Outside::read_criterion_directory(const std::string& root) {
  source_ = (fs::path(root) / options_.path).string();
  format_ = options_.format;
  digested_.clear();
  std::vector<Measured> out;
  for (const std::string& file : files_of(options_, root)) {
    const std::pair now{file, stamp_of(file)};
    if (std::find(before_.begin(), before_.end(), now) != before_.end()) continue;
    const std::string about = (fs::path(file).parent_path() / "benchmark.json").string();
    const std::string sample = text_of(file);
    const std::string benchmark = text_of(about);
    digested_ += benchmark + sample;
    const Json names = parsed(benchmark, about);
    refuse_mocks(printed_, names);
    out.push_back(read_criterion(names, parsed(sample, file)));
  }
  if (out.empty()) throw Refused{"nothing-measured", nothing_from(source_)};
  return out;
}

std::vector<Measured> Outside::read_document(const std::string& out, const std::string& root) {
  if (options_.path.empty()) {
    source_ = "stdout";
    std::size_t at = find_document(out);
    const bool may_be_lines = options_.format == "llama-bench" || options_.format == "any";
    if (at != std::string::npos && out[at] == '{' && may_be_lines) at = first_line_of(out, at);
    printed_ += out.substr(0, at);
    if (at == std::string::npos) throw Refused{"nothing-measured", nothing_from(source_)};
    digested_ = out.substr(at);
  } else {
    printed_ += out;
    source_ = (fs::path(root) / options_.path).string();
    const std::string stamp = stamp_of(source_);
    if (stamp.empty() || before_.front().second == stamp) {
      throw Refused{"nothing-measured", nothing_from(source_)};
    }
    digested_ = text_of(source_);
  }
  return results_of(digested_);
}

std::vector<Measured> Outside::read_imported(const std::string& root) {
  source_ = (fs::path(root) / options_.path).string();
  if (stamp_of(source_).empty()) throw Refused{"error", "there is no file " + source_};
  digested_ = text_of(source_);
  return results_of(digested_);
}

std::vector<Measured> Outside::results_of(const std::string& text) {
  const Json document = parsed(text, source_);
  refuse_mocks(printed_, document);
  Results results = read_results(options_, document);
  if (results.measured.empty()) throw Refused{"nothing-measured", nothing_from(source_)};
  format_ = std::move(results.format);
  return std::move(results.measured);
}

/// Adds what a run measured to what the runs before did.
void Outside::take(std::vector<Measured> measured) {
  for (Measured& one : measured) {
    Measured* found = find_measured(measured_, one.name);
    if (found == nullptr) {
      measured_.push_back(std::move(one));
      continue;
    }
    found->times_ns.insert(found->times_ns.end(), one.times_ns.begin(), one.times_ns.end());
    if (found->times_ns.size() > kMostTimes)
      throw Refused{"error", "too many times of " + one.name};
    if (found->failure.empty()) found->failure = one.failure;
    if (found->unit != one.unit) throw Refused{"error", "the runs count different things"};
  }
}

void Outside::refuse_mocks(const std::string& printed, const Json& document) const {
  const std::string line = mock_line(printed, options_.mocks);
  const std::string place = mock_place(document, options_.mocks);
  if (line.empty() && place.empty()) return;
  throw Refused{"error", "`" + shown() + "` measured a mock: " +
                             (line.empty() ? source_ + " says " + place : "it printed: " + line) +
                             "; if it did not, name other words in options.mocks"};
}

std::string Outside::nothing_from(const std::string& where) const {
  if (options_.imported) return "`" + shown() + "` holds no results";
  std::string out = "`" + shown() + "` exited with 0 and left no new results in " + where;
  if (printed_.find(" 0 measured") != std::string::npos) {
    out += "; it printed '0 measured': does its benchmark have harness = false?";
  }
  return out;
}

}  // namespace process
