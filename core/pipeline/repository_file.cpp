#include "pipeline/repository_file.hpp"

#include <utility>
#include <vector>

#include "pipeline/node.hpp"
#include "pipeline/reader_parts.hpp"
#include "pipeline/reading.hpp"

namespace bitgate {

void apply_repository_file(std::string_view text, const std::filesystem::path& path,
                           Pipeline& pipeline) {
  const Node node = parse_yaml(text, path.string());
  Reading reading(path.string());
  const Value root(reading, node, "");
  Routes routes = pipeline.routes;
  std::vector<ReporterSpec> reporters = pipeline.reporters;
  std::filesystem::path targets;
  if (root.is_map("{reporters: [{plugin: console}]}")) {
    root.only_keys({"reporters", "routes", "targets"});
    if (const auto given = root.get("routes")) routes = read_routes(*given, std::move(routes));
    if (const auto given = root.get("reporters")) reporters = read_reporters(*given);
    if (const auto given = root.get("targets")) targets = read_targets_path(*given);
  }
  reading.finish();
  if (!targets.empty()) {
    pipeline.targets = (std::filesystem::absolute(path).parent_path() / targets).lexically_normal();
  }
  if (root.get("reporters")) {
    for (ReporterSpec& reporter : reporters) {
      reporter.file = path.string();
      const bool is_relative =
          reporter.plugin.starts_with("./") || reporter.plugin.starts_with("../");
      if (is_relative) {
        reporter.plugin =
            (std::filesystem::absolute(path).parent_path() / reporter.plugin).lexically_normal();
      }
    }
  }
  pipeline.repository_path = path.string();
  pipeline.repository_text = text;
  pipeline.routes = std::move(routes);
  pipeline.reporters = std::move(reporters);
}

}  // namespace bitgate
