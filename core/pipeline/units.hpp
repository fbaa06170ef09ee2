// Numbers with units as people write them. Each parser takes the whole text or gives nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "pipeline/pipeline.hpp"

namespace bitgate {

/// Decimal digits without sign, leading zeros or separators.
std::optional<std::uint64_t> parse_integer(std::string_view text);
/// A finite decimal number without leading zeros: "1e-6", "-0.5", "+3".
std::optional<double> parse_number(std::string_view text);
/// "0.5us": a number and ns, us, ms, s or min, in nanoseconds.
std::optional<double> parse_nanoseconds(std::string_view text);
/// The same, from 1 ns to a week, rounded to whole nanoseconds.
std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text);
/// "2%" -> 0.02.
std::optional<double> parse_percent(std::string_view text);
/// "1.5x" -> 1.5.
std::optional<double> parse_ratio(std::string_view text);
/// "512MiB": an integer and B, KiB, MiB or GiB, in bytes.
std::optional<std::uint64_t> parse_size(std::string_view text);
/// "2560x6912": rows x columns, each 1 … 2^20.
std::optional<Shape> parse_shape(std::string_view text);

}  // namespace bitgate
