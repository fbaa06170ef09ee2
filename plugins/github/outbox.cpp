#include "outbox.hpp"

#include <bitgate/atomic_file.hpp>

#include <system_error>
#include <utility>

namespace github {

Outbox::Outbox(std::filesystem::path directory, const Result& result)
    : directory_(std::move(directory)),
      requests_(directory_ / (short_digest(result) + ".requests.json")),
      receipt_(directory_ / (short_digest(result) + ".receipt.json")) {}

void Outbox::write(const std::string& address, const std::string& reason,
                   const std::vector<Request>& requests, const Json& receipt) const {
  Json list = Json::array();
  for (const Request& request : requests) {
    list.push_back(
        {{"method", request.method}, {"path", request.path}, {"body", Json::parse(request.body)}});
  }
  const Json document = {{"schema", "bitgate.outbox/1"},
                         {"api", address},
                         {"reason", reason},
                         {"requests", std::move(list)}};
  std::filesystem::create_directories(directory_);
  bitgate::write_file_atomically(
      requests_.string(), document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  bitgate::write_file_atomically(receipt_.string(), receipt.dump(2) + "\n");
}

void Outbox::clear() const {
  std::error_code gone;  // mostly there is nothing
  std::filesystem::remove(requests_, gone);
  std::filesystem::remove(receipt_, gone);
  std::filesystem::remove(directory_, gone);  // if it is empty
}

}  // namespace github
