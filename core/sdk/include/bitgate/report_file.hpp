// Where a reporter's document goes: a file that a reader finds whole or not at all, or stdout.
#pragma once

#include <bitgate/atomic_file.hpp>
#include <bitgate/plugin.hpp>

#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace bitgate {

class ReportFile {
 public:
  /// `path` is a file, or "-" for the run's stdout; `what` names the document in messages ("the
  /// receipt"). Throws Error if the file's directory does not exist: said before the run, because
  /// after it the document would be lost.
  ReportFile(Host host, std::string path, std::string what)
      : host_(host), path_(std::move(path)), what_(std::move(what)) {
    const std::filesystem::path folder = std::filesystem::path(path_).parent_path();
    std::error_code unknown;
    const auto type = std::filesystem::status(folder, unknown).type();
    const bool is_none =
        type != std::filesystem::file_type::directory && type != std::filesystem::file_type::none;
    if (!folder.empty() && is_none) {
      throw Error(BG_INVALID_ARGUMENT, what_ + " can't be written to " + path_ +
                                           ": there is no directory " + folder.string() +
                                           "; create it first");
    }
  }

  [[nodiscard]] bool is_stdout() const { return path_ == "-"; }

  /// Replaces the file. Throws Error with the remedy; the file is then as it was.
  void write(std::string_view text) const {
    if (is_stdout()) {
      host_.write(BG_STDOUT, text);
      return;
    }
    try {
      write_file_atomically(path_, text);
    } catch (const std::system_error& error) {
      throw Error(BG_UNAVAILABLE, what_ + " can't be written to " + path_ + ": " +
                                      error.code().message() + "; " + remedy(error.code()));
    }
  }

 private:
  static const char* remedy(const std::error_code& error) {
    if (error == std::errc::is_a_directory) return "name a file in it";
    if (error == std::errc::no_space_on_device) return "make room, or choose another disk";
    return "choose a place that you can write to";
  }

  Host host_;
  std::string path_;
  std::string what_;
};

}  // namespace bitgate
