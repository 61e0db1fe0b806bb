#pragma once
#include <cstddef>
#include <vector>

#include "core/model/kv_cache.h"

namespace core::trace {

/// Where two models part that have read the same tokens: the case a trace explains.
struct Parting {
  std::vector<model::TokenId> tokens;  ///< read by both, prompt included; at least one
  model::TokenId reference = 0;        ///< the reference's word A behind them
  model::TokenId compared = 0;         ///< the compared model's word B
};

}  // namespace core::trace
