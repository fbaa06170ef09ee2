#include "http.hpp"

#include <bitgate/reporter.hpp>

#include <array>
#include <csignal>
#include <cstring>
#include <ctime>
#include <memory>
#include <optional>
#include <utility>

#include <curl/curl.h>

namespace github {
namespace {

constexpr std::size_t kMostBytes = std::size_t{32} << 20;
constexpr int kMostRedirects = 3;

/// A connection that the server closes must not end this process, and handlers are not a plugin's
/// to change: the signal is held back and dropped.
class NoBrokenPipe {
 public:
  NoBrokenPipe() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  NoBrokenPipe(const NoBrokenPipe&) = delete;
  NoBrokenPipe& operator=(const NoBrokenPipe&) = delete;
  ~NoBrokenPipe() {
    const timespec now{0, 0};
    if (!was_pending_) sigtimedwait(&pipe_, nullptr, &now);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t pipe_{};
  sigset_t before_{};
  bool was_pending_ = false;
};

struct UrlFree {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Url = std::unique_ptr<CURLU, UrlFree>;

struct ListFree {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, ListFree>;

Url parsed(const std::string& text) {
  Url url(curl_url());
  if (url && curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) return nullptr;
  return url;
}

std::string part(const Url& url, CURLUPart what) {
  char* text = nullptr;
  if (curl_url_get(url.get(), what, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) return "";
  std::string out = text;
  curl_free(text);
  return out;
}

/// "https://api.github.com:443"
std::string origin(const Url& url) {
  return part(url, CURLUPART_SCHEME) + "://" + part(url, CURLUPART_HOST) + ":" +
         part(url, CURLUPART_PORT);
}

void add(List& list, const std::string& header) {
  curl_slist* longer = curl_slist_append(list.get(), header.c_str());
  if (longer == nullptr) throw std::bad_alloc();
  static_cast<void>(list.release());
  list.reset(longer);
}

std::size_t take_body(char* data, std::size_t, std::size_t size, void* to) {
  auto& body = *static_cast<std::string*>(to);
  if (body.size() + size > kMostBytes) return 0;  // ends the transfer as an error
  body.append(data, size);
  return size;
}

std::size_t take_header(char* data, std::size_t, std::size_t size, void* to) {
  const std::string_view line(data, size);
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return size;
  std::string name(line.substr(0, colon));
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  std::string_view value = line.substr(colon + 1);
  constexpr std::string_view kSpace = " \t\r\n";
  value.remove_prefix(std::min(value.find_first_not_of(kSpace), value.size()));
  value = value.substr(0, value.find_last_not_of(kSpace) + 1);
  (*static_cast<std::map<std::string, std::string>*>(to))[name] = value;
  return size;
}

template <class Value>
void set(void* curl, CURLoption option, Value value) {
  const CURLcode code = curl_easy_setopt(static_cast<CURL*>(curl), option, value);
  if (code != CURLE_OK) throw bitgate::Error(BG_INTERNAL, curl_easy_strerror(code));
}

bool is_redirect(long status, const std::string& method) {
  return status == 307 || status == 308 ||
         (method == "GET" && (status == 301 || status == 302 || status == 303));
}

}  // namespace

Http::Http(std::string address, std::string token)
    : address_(std::move(address)), token_(std::move(token)), curl_(nullptr) {
  while (address_.ends_with('/')) address_.pop_back();
  const Url url = parsed(address_);
  const std::string scheme = url ? part(url, CURLUPART_SCHEME) : "";
  const std::string host = url ? part(url, CURLUPART_HOST) : "";
  const bool here = host == "127.0.0.1" || host == "[::1]" || host == "localhost";
  if (host.empty() || (scheme != "https" && !(scheme == "http" && here))) {
    throw bitgate::Error(BG_INVALID_ARGUMENT,
                         "GITHUB_API_URL must be an https address, as https://api.github.com is");
  }
  if (!part(url, CURLUPART_USER).empty()) {
    throw bitgate::Error(BG_INVALID_ARGUMENT, "GITHUB_API_URL must not hold a user or password");
  }
  if (token_.find_first_of("\r\n") != std::string::npos) {
    throw bitgate::Error(BG_INVALID_ARGUMENT, "the token has a line break in it");
  }
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    throw bitgate::Error(BG_INTERNAL, "libcurl can't be initialised");
  }
  curl_ = curl_easy_init();
  if (curl_ == nullptr) throw std::bad_alloc();
}

Http::~Http() {
  const NoBrokenPipe quiet;
  curl_easy_cleanup(static_cast<CURL*>(curl_));
  curl_global_cleanup();
}

Response Http::send(const Request& request, std::chrono::milliseconds limit) {
  std::string url = address_ + request.path;
  for (int redirects = 0;; ++redirects) {
    Response response = once(request, url, limit);
    if (!is_redirect(response.status, request.method)) return response;
    const Url from = parsed(url);
    const std::string home = origin(from);
    // Relative to where it came from.
    if (curl_url_set(from.get(), CURLUPART_URL, response.headers["location"].c_str(), 0) !=
        CURLUE_OK) {
      throw NoAnswer("the server redirects to what is no address");
    }
    if (origin(from) != home) {
      throw NoAnswer("the server redirects to another host, " + part(from, CURLUPART_HOST) +
                     ", which must not get the token: refused");
    }
    if (redirects == kMostRedirects) throw NoAnswer("the server redirects without end");
    url = part(from, CURLUPART_URL);
  }
}

Response Http::once(const Request& request, const std::string& url,
                    std::chrono::milliseconds limit) {
  const NoBrokenPipe quiet;
  curl_easy_reset(static_cast<CURL*>(curl_));
  Response response;
  List headers;
  add(headers, "Accept: application/vnd.github+json");
  add(headers, "X-GitHub-Api-Version: 2022-11-28");
  add(headers, "Authorization: Bearer " + token_);
  if (!request.body.empty()) add(headers, "Content-Type: application/json");
  add(headers, "Expect:");
  std::array<char, CURL_ERROR_SIZE> words{};
  set(curl_, CURLOPT_URL, url.c_str());
  set(curl_, CURLOPT_PROTOCOLS_STR, "http,https");
  set(curl_, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  set(curl_, CURLOPT_HTTPHEADER, headers.get());
  set(curl_, CURLOPT_USERAGENT, "bitgate");
  // On a connection that was used before, libcurl sends a request anew by itself if no answer
  // comes, though the server may have carried it out.
  if (request.method != "GET") set(curl_, CURLOPT_FRESH_CONNECT, 1L);
  set(curl_, CURLOPT_NOSIGNAL, 1L);
  set(curl_, CURLOPT_TIMEOUT_MS, static_cast<long>(limit.count()));
  set(curl_, CURLOPT_ERRORBUFFER, words.data());
  set(curl_, CURLOPT_WRITEFUNCTION, take_body);
  set(curl_, CURLOPT_WRITEDATA, static_cast<void*>(&response.body));
  set(curl_, CURLOPT_HEADERFUNCTION, take_header);
  set(curl_, CURLOPT_HEADERDATA, static_cast<void*>(&response.headers));
  if (!request.body.empty()) {
    set(curl_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(curl_, CURLOPT_POSTFIELDS, request.body.data());
  }
  const CURLcode code = curl_easy_perform(static_cast<CURL*>(curl_));
  if (code == CURLE_WRITE_ERROR) throw NoAnswer("the answer is larger than 32 MiB");
  if (code != CURLE_OK) {
    throw NoAnswer(words[0] != '\0' ? words.data() : curl_easy_strerror(code));
  }
  curl_easy_getinfo(static_cast<CURL*>(curl_), CURLINFO_RESPONSE_CODE, &response.status);
  return response;
}

}  // namespace github
