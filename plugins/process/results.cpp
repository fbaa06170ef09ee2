#include "results.hpp"

#include <stdexcept>

namespace process {
namespace {

std::vector<Measured> own(const Options& options, const Json& document) {
  std::vector<Measured> out;
  for (const auto& [name, place] : options.values) {
    const Json::json_pointer pointer(place.path);
    if (!document.contains(pointer)) {
      throw std::runtime_error("holds nothing at " + place.path);
    }
    Measured one{name, {}, 0, "", ""};
    const Json& at = document.at(pointer);
    for (const Json& number : at.is_array() ? at : Json::array({at})) {
      if (!number.is_number()) throw std::runtime_error("holds no number at " + place.path);
      interop::add_value(one, *interop::find_unit(place.unit), number.get<double>());
    }
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace

Results read_results(const Options& options, const Json& document) {
  if (options.format == "json") return {options.format, own(options, document)};
  const interop::Format* format = options.format == "any" ? interop::recognized(document)
                                                          : interop::find_format(options.format);
  if (format == nullptr) {
    std::string known;
    for (const interop::Format& one : interop::formats()) {
      known += (known.empty() ? "" : ", ") + std::string(one.name);
    }
    throw std::runtime_error("it is none of " + known);
  }
  return {std::string(format->name), format->read(document)};
}

}  // namespace process
