#include "job.hpp"

#include <bitgate/report_text.hpp>

#include <fstream>
#include <utility>

#include "markdown/document.hpp"
#include "subject.hpp"

namespace github {
namespace {

/// Whether it was appended.
bool append(const std::string& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary | std::ios::app);
  out << text;
  out.close();
  return static_cast<bool>(out);
}

std::string outputs(const Result& result) {
  const std::pair<const char*, std::string> values[] = {
      {"gate", result.gate},   {"status", result.status},     {"reason", result.reason},
      {"route", result.route}, {"evidence", result.evidence}, {"receipt", result.digest},
  };
  std::string out;
  // One line each, so no text can begin an output of its own.
  for (const auto& [name, value] : values) {
    out += std::string(name) + "=" + bitgate::printable(value) + "\n";
  }
  return out;
}

}  // namespace

std::vector<std::string> write_job_files(const Json& receipt, const Result& result) {
  std::vector<std::string> troubles;
  const auto write = [&](const char* variable, const std::string& text) {
    const std::string path = environment(variable);
    if (!path.empty() && !append(path, text)) {
      troubles.push_back(std::string("can't append to ") + path + ", which " + variable + " names");
    }
  };
  write("GITHUB_STEP_SUMMARY", markdown::document(receipt, result.digest) + "\n");
  write("GITHUB_OUTPUT", outputs(result));
  return troubles;
}

}  // namespace github
