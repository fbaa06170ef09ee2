#include "options.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace bg_cuda {

Options Options::parse(std::string_view text) {
  const auto given = nlohmann::json::parse(text.empty() ? "{}" : text, nullptr, false);
  if (!given.is_object()) throw bitgate::Error(BG_INVALID_ARGUMENT, "the options are no object");
  Options options;
  for (const auto& [name, value] : given.items()) {
    if (name != "float_matmul" || (value != "own" && value != "cublas")) {
      throw bitgate::Error(BG_INVALID_ARGUMENT, "no option " + name + ": " + value.dump() +
                                                    "; there is float_matmul: own or cublas");
    }
    options.cublas = value == "cublas";
  }
  return options;
}

}  // namespace bg_cuda
