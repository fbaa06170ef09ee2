#include "pipeline/features.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "pipeline/diagnostics.hpp"

namespace bitgate {

std::string why_off(const Pipeline& pipeline, const BackendSpec& backend) {
  const std::vector<std::string>& on = pipeline.features;
  if (on.empty()) return nothing_on(pipeline);
  const std::string& feature = backend.feature;
  if (feature.empty() || std::find(on.begin(), on.end(), feature) != on.end()) return "";
  return fmt::format("feature '{}' is not in `features`", feature);
}

std::string nothing_on(const Pipeline& pipeline) {
  if (!pipeline.features.empty()) return "";
  const Position at = pipeline.features_at;
  return Diagnostic{pipeline.file, at.line, at.column, "features",
                    at.line > 0 ? "[] turns nothing on; write features: [cpu], or the ones you mean"
                                : "is not written, which turns nothing on; write features: [cpu], "
                                  "or the ones you mean"}
      .text();
}

}  // namespace bitgate
