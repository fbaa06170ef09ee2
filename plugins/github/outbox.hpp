// What could not be published, as files: the exact requests, and the receipt to replay them with.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "http.hpp"
#include "result.hpp"

namespace github {

class Outbox {
 public:
  Outbox(std::filesystem::path directory, const Result& result);

  /// Writes both files, making the directory. Throws std::runtime_error.
  void write(const std::string& address, const std::string& reason,
             const std::vector<Request>& requests, const Json& receipt) const;
  /// Takes away what an earlier try for the same receipt left.
  void clear() const;

  [[nodiscard]] const std::filesystem::path& requests() const { return requests_; }
  [[nodiscard]] const std::filesystem::path& receipt() const { return receipt_; }

 private:
  std::filesystem::path directory_;
  std::filesystem::path requests_;
  std::filesystem::path receipt_;
};

}  // namespace github
