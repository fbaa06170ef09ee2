#include "api.hpp"

#include <bitgate/report_text.hpp>

#include <algorithm>
#include <charconv>
#include <ctime>
#include <optional>
#include <random>
#include <thread>

namespace github {
namespace {

using std::chrono::milliseconds;
using Kind = Failure::Kind;

/// For everything: the host gives a reporter's step a minute unless told otherwise.
constexpr milliseconds kBudget{45'000};
constexpr int kMostRetries = 2;
constexpr milliseconds kFirstPause{500};
constexpr int kPageSize = 100;
constexpr int kMostPages = 100;
constexpr std::size_t kMostWords = 300;

std::optional<long long> number(const Response& response, const std::string& header) {
  const auto found = response.headers.find(header);
  if (found == response.headers.end()) return std::nullopt;
  const std::string& text = found->second;
  long long value = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end.ec != std::errc() || end.ptr != text.data() + text.size() || value < 0) {
    return std::nullopt;
  }
  return value;
}

Json parsed(const std::string& text) { return Json::parse(text, nullptr, false); }

/// The server's own words, without what a terminal acts on.
std::string words_of(const Response& response) {
  const Json body = parsed(response.body);
  if (!body.is_object()) return "";
  std::string words = body.contains("message") && body["message"].is_string()
                          ? body["message"].get<std::string>()
                          : "";
  if (body.contains("errors")) words += " " + body["errors"].dump();
  return bitgate::shortened(bitgate::printable(words), kMostWords);
}

/// When the server wants to be asked again, if it says so.
milliseconds wait_of(const Response& response) {
  constexpr long long kMostSeconds = 86'400;
  if (const auto after = number(response, "retry-after")) {
    return std::chrono::seconds(std::min(*after, kMostSeconds));
  }
  const auto reset = number(response, "x-ratelimit-reset");
  if (reset && number(response, "x-ratelimit-remaining") == 0) {
    const long long now = std::time(nullptr);
    return std::chrono::seconds(std::clamp(*reset - now, 0LL, kMostSeconds));
  }
  return milliseconds(-1);
}

bool is_limit(const Response& response, const std::string& words) {
  if (response.status == 429) return true;
  return response.status == 403 && (response.headers.contains("retry-after") ||
                                    number(response, "x-ratelimit-remaining") == 0 ||
                                    words.find("rate limit") != std::string::npos);
}

std::string advice(long status) {
  switch (status) {
    case 401:
      return "the token is refused: it is wrong or has expired";
    case 403:
      return "the token may not do this; a workflow needs the permissions checks: write and "
             "pull-requests: write, and runs for forks have a token that can only read";
    case 404:
      return "not there, or the token may not see it";
    case 422:
      return "the request is refused";
    default:
      return "the request failed";
  }
}

}  // namespace

Api::Api(Http& http, milliseconds limit)
    : http_(http), limit_(limit), end_(Clock::now() + kBudget) {}

milliseconds Api::left() const {
  return std::chrono::duration_cast<milliseconds>(end_ - Clock::now());
}

Json Api::call(const std::string& method, const std::string& path, const Json& body) {
  const Request request{
      method, path,
      body.is_null() ? "" : body.dump(-1, ' ', false, Json::error_handler_t::replace)};
  const milliseconds limit = std::min(limit_, left());
  if (limit.count() <= 0) {
    throw Failure(Kind::kPassing, "no time is left: publishing took " +
                                      std::to_string(kBudget.count() / 1000) + " s already");
  }
  Response response;
  try {
    response = http_.send(request, limit);
  } catch (const NoAnswer& error) {
    throw Failure(Kind::kPassing,
                  method + " " + path + ": " + bitgate::printable(std::string(error.what())));
  }
  if (response.status < 200 || response.status > 299) fail(request, response);
  has_next_ = response.headers["link"].find("rel=\"next\"") != std::string::npos;
  if (response.status == 204) return Json::object();
  Json answer = parsed(response.body);
  if (answer.is_discarded()) {
    throw Failure(Kind::kPassing, method + " " + path + ": the answer is no JSON but " +
                                      bitgate::printable(response.headers["content-type"]) +
                                      "; is " + http_.address() + " the address of the API?");
  }
  return answer;
}

void Api::fail(const Request& request, const Response& response) const {
  const std::string words = words_of(response);
  std::string what =
      request.method + " " + request.path + ": " + std::to_string(response.status) + ", ";
  const bool limited = is_limit(response, words);
  what += limited                  ? "the rate limit is reached"
          : response.status >= 500 ? "the server is in trouble"
                                   : advice(response.status);
  if (!words.empty()) what += " (the server says: " + words + ")";
  const bool passing = limited || response.status >= 500 || response.status == 408;
  const bool denied = response.status == 403 || response.status == 404;
  Failure failure(passing ? Kind::kPassing : denied ? Kind::kDenied : Kind::kRefused, what);
  failure.wait = wait_of(response);
  throw failure;
}

std::vector<Json> Api::all(const std::string& path, const std::string& key) {
  std::vector<Json> out;
  const char joint = path.find('?') == std::string::npos ? '?' : '&';
  for (int page = 1; page <= kMostPages; ++page) {
    const std::string here =
        path + joint + "per_page=" + std::to_string(kPageSize) + "&page=" + std::to_string(page);
    const Json answer = call("GET", here);
    const bool keyed = !key.empty() && answer.is_object() && answer.contains(key);
    const Json& items = keyed ? answer.at(key) : answer;
    if (!items.is_array()) {
      throw Failure(Kind::kRefused, "GET " + here + ": the answer is no list");
    }
    out.insert(out.end(), items.begin(), items.end());
    // A server may have smaller pages than it is asked for: then it says that there is a next one.
    if (items.size() < kPageSize && !has_next_) break;
  }
  return out;
}

void Api::persist(const std::function<void()>& work) {
  constexpr unsigned kParts = 100;
  std::random_device random;
  milliseconds pause = kFirstPause;
  for (int retries = 0;; ++retries) {
    try {
      work();
      return;
    } catch (const Failure& failure) {
      // Of two runs that are in each other's way, one should come first next time.
      const milliseconds apart = pause * (random() % kParts) / kParts;
      const milliseconds wait = std::max(pause + apart, failure.wait);
      if (failure.kind() != Kind::kPassing || retries == kMostRetries) throw;
      if (wait >= left()) {
        throw Failure(Kind::kPassing, std::string(failure.what()) + "; it would take " +
                                          std::to_string(wait.count() / 1000) +
                                          " s until it is worth asking again");
      }
      std::this_thread::sleep_for(wait);
      pause *= 4;
    }
  }
}

}  // namespace github
