// The API as the reporter uses it: answers are JSON or a Failure that says what to do, all within a
// bounded time.
#pragma once

#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "http.hpp"

namespace github {

using Json = nlohmann::ordered_json;

/// What could not be done, in a sentence.
class Failure : public std::runtime_error {
 public:
  enum class Kind {
    kPassing,  ///< may go by itself: no connection, 5xx, a rate limit
    kDenied,   ///< the token may not do it (403, 404), but perhaps something else
    kRefused,  ///< it will be so next time: 401, 422, a redirect
  };
  Failure(Kind kind, const std::string& what) : std::runtime_error(what), kind_(kind) {}
  [[nodiscard]] Kind kind() const { return kind_; }

  /// What the server said on when to come back; none: it didn't say.
  std::chrono::milliseconds wait{-1};

 private:
  Kind kind_;
};

class Api {
 public:
  /// `limit` is one request's.
  Api(Http& http, std::chrono::milliseconds limit);

  /// The answer to a request. Throws Failure.
  Json call(const std::string& method, const std::string& path, const Json& body = nullptr);
  /// The items of a list over all its pages, under `key` where the answer is no list itself.
  std::vector<Json> all(const std::string& path, const std::string& key = "");

  /// Does `work`, and anew at most twice after a failure that may pass: after what the server says,
  /// else after a pause that grows. Work begins with looking what is there, so that a request that
  /// was carried out though its answer was lost is not made again. Throws the last Failure.
  void persist(const std::function<void()>& work);

 private:
  using Clock = std::chrono::steady_clock;
  [[nodiscard]] std::chrono::milliseconds left() const;
  [[noreturn]] void fail(const Request& request, const Response& response) const;

  Http& http_;
  bool has_next_ = false;  ///< whether there is a page after the last answer
  std::chrono::milliseconds limit_;
  Clock::time_point end_;
};

}  // namespace github
