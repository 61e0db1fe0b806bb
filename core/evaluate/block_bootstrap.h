#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/evaluate/estimate.h"

namespace core::evaluate {

constexpr std::size_t kReplicates = 200;  ///< enough for a standard error (Efron and Tibshirani 1993, 6.4)
constexpr std::uint64_t kSeed = 1;        ///< of the draws

/// Quantiles of all tokens of all blocks, with standard errors.
///
/// A quantile of share f of n sorted values is the linear interpolation at f (n − 1), from 0 (as llama-perplexity and
/// numpy have it; type 7 of Hyndman and Fan 1996). Its standard error is the standard deviation over replicates that
/// draw as many whole blocks as there are, with replacement (the bootstrap of clusters: Davison and Hinkley 1997,
/// "Bootstrap Methods and their Application", 3.8; of blocks: Künsch 1989). For the smallest and largest value the
/// bootstrap is known to be too optimistic (Bickel and Freedman 1981, section 6): their error is a lower bound.
/// @param shares 0 … 1  @param replicates 0: errors are NaN  @param seed of the draws
/// @return one per share; NaN without values, errors NaN with less than two blocks
std::vector<Estimate> blockQuantiles(std::span<const std::span<const float>> blocks, std::span<const double> shares,
                                     std::size_t replicates = kReplicates, std::uint64_t seed = kSeed);

}  // namespace core::evaluate
