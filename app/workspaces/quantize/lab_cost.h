#pragma once
#include <cstdint>

#include "core/quant/scheme.h"

namespace app {

/// What a page does at once, without a job, must leave most of 16 ms for painting. Pages compare `weights` × this with
/// the most that they do of a plain scheme: how many weights of plain rounding one weight under the scheme is worth,
/// about, as tests/bench/formats.md measures encoders; more than any page does at once where the first block has to
/// build tables (lattices).
std::uint64_t workPerWeight(const core::quant::Scheme& scheme);

}  // namespace app
