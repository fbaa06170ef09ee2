// Source: https://bheisler.github.io/criterion.rs/book, "Directory layout"; the files are its own
// and have no promise of staying as they are.
#include <stdexcept>

#include "results.hpp"

namespace process {

Measured read_criterion(const Json& benchmark, const Json& sample) {
  Measured out;
  benchmark.at("full_id").get_to(out.name);
  const auto executions = sample.at("iters").get<std::vector<double>>();
  const auto times = sample.at("times").get<std::vector<double>>();
  if (executions.size() != times.size())
    throw std::runtime_error("has not one time for each iters");
  for (std::size_t i = 0; i < times.size(); ++i) out.times_ns.push_back(times[i] / executions[i]);
  const auto throughput = benchmark.find("throughput");
  if (throughput == benchmark.end() || !throughput->is_object()) return out;
  for (const auto& [kind, amount] : throughput->items()) {
    out.unit = kind == "Elements" ? "items" : "bytes";  // Bytes, or BytesDecimal
    amount.get_to(out.amount);
  }
  return out;
}

}  // namespace process
