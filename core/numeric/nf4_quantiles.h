#pragma once
#include <array>

namespace core::numeric {

/// The share of the normal distribution below the largest level of NF4, before levels are divided by that level.
inline constexpr double kNf4LargestShare = 0.9677083;

/// For every level of NF4 in ascending order the share of the standard normal distribution below it: eight even steps
/// from one half up to kNf4LargestShare, seven down to its mirror image, and one half for the level 0. Then
///   level = normalQuantile(share) / normalQuantile(kNf4LargestShare).
/// Source: Dettmers et al., QLoRA (2023), and create_normal_map of bitsandbytes.
std::array<double, 16> nf4Shares();

}  // namespace core::numeric
