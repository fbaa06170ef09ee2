// Source of the format: https://github.com/google/benchmark/blob/main/docs/user_guide.md, "Output
// Formats", "Custom Counters", "Setting the Time Unit" and --benchmark_repetitions.
#include <stdexcept>

#include "common/interop/interop.hpp"

namespace interop {
namespace google_benchmark {

bool is_one(const Json& document) {
  return document.is_object() && document.contains("context") && document.contains("benchmarks");
}

std::vector<Measured> read(const Json& document) {
  std::vector<Measured> out;
  for (const Json& row : document.at("benchmarks")) {
    if (row.value("run_type", "iteration") != "iteration") continue;
    Measured& one = of_name(out, row.value("run_name", row.at("name").get<std::string>()));
    if (row.value("error_occurred", false) || row.value("skipped", false)) {
      one.failure = row.value("error_message", row.value("skip_message", "it was skipped"));
      continue;
    }
    const Unit* unit = find_unit(row.at("time_unit").get<std::string>());
    if (unit == nullptr || unit->ns == 0) throw std::runtime_error("has an unknown time_unit");
    one.times_ns.push_back(row.at("real_time").get<double>() * unit->ns);
    // Its rates are of the processor's time, unless the benchmark says otherwise in its name.
    const bool real = one.name.find("/real_time") != std::string::npos ||
                      one.name.find("/manual_time") != std::string::npos;
    const double seconds = row.at(real ? "real_time" : "cpu_time").get<double>() * unit->ns / 1e9;
    for (const auto& [key, name] :
         {std::pair("items_per_second", "items"), std::pair("bytes_per_second", "bytes")}) {
      if (!row.contains(key)) continue;
      one.amount = row.at(key).get<double>() * seconds;
      one.unit = name;
    }
  }
  return out;
}

}  // namespace google_benchmark

/// A row for each sample, as repetitions are. The format has a time of the processor, too, which a
/// receipt has not: it repeats the clock's, and the context says so.
std::string google_benchmark_text(const Origin& origin, std::span<const Series> all) {
  Json context = {{"date", origin.time}, {"executable", origin.tool}};
  if (origin.cores > 0) context["num_cpus"] = origin.cores;
  context["library_build_type"] = origin.build_type == "Debug" ? "debug" : "release";
  context["cpu_model"] = origin.processor;
  context["cpu_time"] = "repeats real_time: only the wall clock was read";
  Json rows = Json::array();
  for (std::size_t family = 0; family < all.size(); ++family) {
    const Series& series = all[family];
    const Measured& one = series.measured;
    const auto row = [&](std::size_t index, std::size_t of) {
      return Json{
          {"name", one.name},          {"family_index", family},   {"per_family_instance_index", 0},
          {"run_name", one.name},      {"run_type", "iteration"},  {"repetitions", of},
          {"repetition_index", index}, {"threads", series.threads}};
    };
    if (!one.failure.empty()) {
      Json failed = row(0, 1);
      failed["error_occurred"] = true;
      failed["error_message"] = one.failure;
      failed["iterations"] = 0;
      failed["real_time"] = 0.0;  // which the tool itself writes, and its scripts take for granted
      failed["cpu_time"] = 0.0;
      failed["time_unit"] = "ns";
      rows.push_back(std::move(failed));
      continue;
    }
    for (std::size_t i = 0; i < one.times_ns.size(); ++i) {
      Json measured = row(i, one.times_ns.size());
      measured["iterations"] = series.repeat;
      measured["real_time"] = one.times_ns[i];
      measured["cpu_time"] = one.times_ns[i];
      measured["time_unit"] = "ns";
      const double rate = one.amount * 1e9 / one.times_ns[i];
      if (one.unit == "bytes") measured["bytes_per_second"] = rate;
      // What is counted is an item to this tool, whatever it is.
      if (one.unit == "items" || one.unit == "tokens") measured["items_per_second"] = rate;
      rows.push_back(std::move(measured));
    }
  }
  return Json{{"context", std::move(context)}, {"benchmarks", std::move(rows)}}.dump(2) + "\n";
}

}  // namespace interop
