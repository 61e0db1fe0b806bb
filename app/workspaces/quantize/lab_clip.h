#pragma once
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "app/workspaces/quantize/lab_block.h"
#include "core/metrics/range_choices.h"

namespace app {

/// Which weights a clip is judged by. All of them are clipped alike: each group to the same share of its own range.
enum class ClipExtent : std::uint8_t { Block, Row, All };
/// In links: "block", "row", "all".
std::string_view toString(ClipExtent extent);
std::optional<ClipExtent> clipExtentOf(std::string_view text);

/// The weights that are clipped with the request's: those under its scale, where columns lie as they are. (A clip is
/// judged by what the format makes of it, whatever order a method would take the columns in.)
core::quant::FlatRange clippedTogether(const LabRequest& request, const LabBlock& block);

/// The flat range of an extent around the request's weight. @param sharing the weights under one scale there
core::quant::FlatRange extentRange(const LabRequest& request, const core::quant::FlatRange& sharing, ClipExtent extent);
/// Whether it holds more weights than the next smaller one.
bool isWider(const LabRequest& request, const core::quant::FlatRange& sharing, ClipExtent extent);

/// What every clip costs, and which schemes cut off by themselves.
struct ClipStudy {
  static constexpr int kLeastPercent = 6, kStepPercent = 2;

  std::vector<core::metrics::ClipCost> curve;       ///< ascending, from kLeastPercent to 100 %
  std::vector<core::metrics::RangeChoice> choices;  ///< the scheme as it is first; empty where it has no such key

  /// Of least error, and of those the one that clips least.
  const core::metrics::ClipCost& best() const;
};

/// @throws core::Error, core::Cancelled
ClipStudy studyClip(const LabRequest& request, const core::quant::FlatRange& part,
                    const core::JobContext& job = core::JobContext());

}  // namespace app
