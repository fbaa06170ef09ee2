// Results that other benchmarking tools left in files, as cases of a merged receipt.
#pragma once

#include <span>
#include <string>

#include "receipt/receipt.hpp"
#include "worker/search.hpp"

namespace bitgate {

/// Fills cases of op benchmark that no shard has from the files, and judges anew. The plugin
/// `process` reads them, in its worker. A result belongs to the case of its name, which is an id,
/// or the name of a benchmark that one case alone has. What else a file holds is left out. Throws
/// CantMerge if a file has nothing for the pipeline, or something that another file has; as
/// BackendPool::get does without the plugin.
void import_results(std::span<const std::string> files, const worker::SearchOptions& plugins,
                    Receipt& receipt);

}  // namespace bitgate
