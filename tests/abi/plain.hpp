// Pipelines over the plain C backend of this folder.
#pragma once

#include <string>

namespace bitgate::test {

/// The file of a variant that CMakeLists.txt builds.
inline std::string plain_file(const std::string& variant) {
  return PLAIN_DIRECTORY "/plain_" + variant + ".so";
}

/// One f32 product on this plugin (a file or an id), reported to the console.
inline std::string plain_pipeline(const std::string& plugin, const std::string& options = "{}") {
  return "version: 1\n"
         "name: plain\n"
         "features: [cpu]\n"
         "backends: {plain: {plugin: " +
         plugin + ", options: " + options +
         "}}\n"
         "suites:\n"
         "  tiny:\n"
         "    backends: plain\n"
         "    load: {source: synthetic, values: gaussian, shape: 16x32}\n"
         "    quantize: {format: f32}\n"
         "    compute: {batch: 1, threads: 1, cache: hot}\n"
         "sampling: {min_samples: 3, precision: 50%, max_time: 20ms}\n"
         "gates:\n"
         "  - {id: exact, metric: output.mismatches, require: \"== 0\"}\n";
}

}  // namespace bitgate::test
