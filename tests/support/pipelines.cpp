#include "support/pipelines.hpp"

namespace bitgate::test {

std::string zoo_pipeline(const std::string& plugin, const std::vector<std::string>& devices,
                         const std::string& gates, const std::string& limits) {
  std::string backends;
  std::string names;
  for (const std::string& device : devices) {
    backends += "  " + device + ": {plugin: " + plugin + ", device: zoo/" + device + "}\n";
    names += (names.empty() ? "" : ", ") + device;
  }
  return "version: 1\n"
         "name: zoo\n"
         "features: [cpu]\n"
         "backends:\n" +
         backends +
         "suites:\n"
         "  tiny:\n"
         "    backends: [" +
         names +
         "]\n"
         "    load: {source: synthetic, shape: 128x256}\n"
         "    quantize: {format: i2_s}\n"
         "    compute: {batch: 2, threads: 1, cache: hot}\n"
         "sampling: {min_samples: 3, precision: 50%, max_time: 50ms}\n"
         "limits: " +
         limits +
         "\n"
         "gates:\n" +
         gates;
}

std::string cpu_pipeline(const std::string& suites) {
  return "version: 1\n"
         "name: cpu\n"
         "features: [cpu]\n"
         "backends:\n"
         "  simd: {plugin: cpu_simd}\n"
         "  scalar: {plugin: cpu_simd, device: cpu/scalar}\n"
         "suites:\n" +
         suites +
         "sampling: {min_samples: 3, precision: 50%, max_time: 20ms}\n"
         "gates:\n" +
         kExactGate + "  - {id: codec, metric: quantize.mismatches, require: \"== 0\"}\n";
}

std::string arms_pipeline(const std::string& batches, const std::string& max_time,
                          const std::string& gates) {
  return "version: 1\n"
         "name: arms\n"
         "features: [cpu]\n"
         "backends:\n"
         "  simd: {plugin: cpu_simd}\n"
         "  scalar: {plugin: cpu_simd, device: cpu/scalar}\n"
         "suites:\n"
         "  tiny:\n"
         "    backends: [simd, scalar]\n"
         "    load: {source: synthetic, shape: 320x256}\n"
         "    quantize: {format: i2_s}\n"
         "    compute: {batch: " +
         batches +
         ", threads: 1, cache: hot}\n"
         "sampling: {min_samples: 3, precision: 50%, max_time: " +
         max_time +
         "}\n"
         "gates:\n" +
         kExactGate + gates;
}

std::string many_batches(int count) {
  std::string axis = "batch=1";
  for (int batch = 2; batch <= count; ++batch) axis += "," + std::to_string(batch);
  return axis;
}

}  // namespace bitgate::test
