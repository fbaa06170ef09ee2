#include "fallback.hpp"

#include <algorithm>
#include <chrono>
#include <system_error>
#include <vector>

#include "common/command.hpp"

namespace github {
namespace {

constexpr std::chrono::seconds kPatience{10};

/// The server's name as gh knows it. The API of github.com has a host of its own; that of an
/// Enterprise Server lies below the server's.
std::string host_of(const std::string& address) {
  const std::size_t scheme = address.find("://");
  std::string host = address.substr(scheme == std::string::npos ? 0 : scheme + 3);
  host.resize(std::min(host.find_first_of("/:"), host.size()));
  return host == "api.github.com" ? "github.com" : host;
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

}  // namespace

std::string token_of_gh(const std::string& address) {
  try {
    const command::Result said =
        command::run({"gh", "auth", "token", "--hostname", host_of(address)}, "", kPatience);
    return said.failure.empty() ? first_line(said.out) : "";
  } catch (const std::system_error&) {
    return "";  // there is none
  }
}

std::string notes_ref(const std::string& gate) {
  std::string ref = "bitgate/" + gate;
  std::replace(ref.begin(), ref.end(), ':', '/');
  return ref;
}

std::string note_on(const std::string& commit, const std::string& gate, const std::string& text) {
  const std::vector<std::string> argv = {"git",
                                         "-c",
                                         "user.name=bitgate",
                                         "-c",
                                         "user.email=bitgate@localhost",
                                         "notes",
                                         "--ref",
                                         notes_ref(gate),
                                         "add",
                                         "--force",
                                         "--file",
                                         "-",
                                         commit};
  try {
    // git would make a note on what is not there.
    const command::Result known =
        command::run({"git", "cat-file", "-e", commit + "^{commit}"}, "", kPatience);
    if (!known.failure.empty()) return "no repository here has the commit";
    const command::Result said = command::run(argv, text, kPatience);
    if (said.failure.empty()) return "";
    return said.err.empty() ? "git " + said.failure : first_line(said.err);
  } catch (const std::system_error& error) {
    return "git can't be started: " + error.code().message();
  }
}

}  // namespace github
