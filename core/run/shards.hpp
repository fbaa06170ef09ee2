// Parts of a plan that several machines run, and the cases of a receipt.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/expand.hpp"
#include "receipt/receipt.hpp"

namespace bitgate {

/// Part number `index`, from 1, of `count`.
struct ShardOf {
  std::size_t index = 1;
  std::size_t count = 1;
};

/// "2/3"; nothing if it is no such part.
std::optional<ShardOf> parse_shard(std::string_view text);

/// The cases of one part, in their order. Every case is in exactly one, cases that a gate holds
/// against each other in the same one, and the parts are as even as that allows. The same for the
/// same cases and gates.
std::vector<Case> cases_of_shard(const Pipeline& pipeline, std::vector<Case> cases,
                                 const ShardOf& shard);

/// The cases that a receipt of this pipeline has to have. Throws BadReceipt if it says of itself
/// that it is a part that can't be.
std::vector<Case> cases_of(const Pipeline& pipeline, const Receipt& receipt);

}  // namespace bitgate
