// One request to the API and its answer, over libcurl.
#pragma once

#include <chrono>
#include <map>
#include <stdexcept>
#include <string>

namespace github {

struct Request {
  std::string method;  ///< GET, POST, PATCH, DELETE
  std::string path;    ///< below the API's address: "/repos/o/r/check-runs"
  std::string body;    ///< JSON; empty: none
};

struct Response {
  long status = 0;
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
};

/// No answer came: refused, dropped, too slow, a certificate that doesn't hold. Says which.
class NoAnswer : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The token goes into the Authorization header and nowhere else, to the API's own host and never
/// to one that an answer names. Certificates are checked; without TLS it talks only to this
/// machine.
class Http {
 public:
  /// Throws bitgate::Error if `address` is no https URL, nor an http one of this machine.
  Http(std::string address, std::string token);
  Http(const Http&) = delete;  // owns the connection
  Http& operator=(const Http&) = delete;
  ~Http();

  /// Follows redirects that stay on the host. Throws NoAnswer.
  Response send(const Request& request, std::chrono::milliseconds limit);

  [[nodiscard]] const std::string& address() const { return address_; }

 private:
  Response once(const Request& request, const std::string& url, std::chrono::milliseconds limit);

  std::string address_;
  std::string token_;
  void* curl_;
};

}  // namespace github
