// Reporting a receipt that was stored earlier.
#pragma once

#include <span>

#include "pipeline/pipeline.hpp"
#include "receipt/read.hpp"
#include "worker/search.hpp"

namespace bitgate {

/// Gives the receipt to reporters as the run that wrote it did, without the events in between.
/// `context`: what this process found out of what it is about. Relative paths of plugins mean this
/// process's directory. Whether every reporter did its work. Throws BadReceipt if the receipt lacks
/// what a plan consists of, ConfigError if the options of a reporter are wrong.
bool report_stored(const nlohmann::ordered_json& receipt, std::span<const ReporterSpec> reporters,
                   const worker::SearchOptions& plugins, const Context& context);

}  // namespace bitgate
