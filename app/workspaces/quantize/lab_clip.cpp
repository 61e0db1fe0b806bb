#include "app/workspaces/quantize/lab_clip.h"

#include <algorithm>

#include "app/workspaces/quantize/block_number.h"
#include "core/quant/explain/block_place.h"

namespace app {

using core::quant::FlatRange;

std::string_view toString(ClipExtent extent) {
  return extent == ClipExtent::Block ? "block" : extent == ClipExtent::Row ? "row" : "all";
}

std::optional<ClipExtent> clipExtentOf(std::string_view text) {
  for (const ClipExtent extent : {ClipExtent::Block, ClipExtent::Row, ClipExtent::All})
    if (text == toString(extent)) return extent;
  return std::nullopt;
}

FlatRange clippedTogether(const LabRequest& request, const LabBlock& block) {
  if (block.order().empty()) return block.sharing;
  const auto& format = request.scheme.format;
  const auto& shape = request.tensor->shape;
  const BlockNumber number = blockNumber(format, shape, request.weight);
  const auto place =
      core::quant::placeOf(core::quant::blockGrouping(format), shape, number.row, number.block, request.tensor->name);
  return {place.first, place.count};
}

FlatRange extentRange(const LabRequest& request, const FlatRange& sharing, ClipExtent extent) {
  const auto& shape = request.tensor->shape;
  switch (extent) {
    case ClipExtent::Block:
      return sharing;
    case ClipExtent::Row:
      return {request.weight / shape.rowValues() * shape.rowValues(), shape.rowValues()};
    case ClipExtent::All:
      return {0, shape.count()};
  }
  return sharing;
}

bool isWider(const LabRequest& request, const FlatRange& sharing, ClipExtent extent) {
  if (extent == ClipExtent::Block) return true;
  const auto smaller = static_cast<ClipExtent>(static_cast<int>(extent) - 1);
  const std::uint64_t row = extentRange(request, sharing, smaller).count;
  return extentRange(request, sharing, extent).count > std::max(row, sharing.count);
}

const core::metrics::ClipCost& ClipStudy::best() const {
  return *std::min_element(curve.rbegin(), curve.rend(),
                           [](const auto& a, const auto& b) { return a.total() < b.total(); });
}

ClipStudy studyClip(const LabRequest& request, const FlatRange& part, const core::JobContext& job) {
  std::vector<double> clips;
  for (int percent = ClipStudy::kLeastPercent; percent <= 100; percent += ClipStudy::kStepPercent)
    clips.push_back(percent / 100.0);
  const FlatRange all{0, request.tensor->shape.count()};
  const auto source = request.edits.empty() ? request.tensor : editedPart(*request.tensor, all, request.edits);
  constexpr double kCurveShare = 0.85;  // of the work
  ClipStudy study;
  study.curve = core::metrics::clipCurve(request.scheme, *source, part, clips, job.part(0, kCurveShare));
  study.choices =
      core::metrics::rangeChoices(request.scheme, *source, part, study.best().inside, job.part(kCurveShare, 1));
  return study;
}

}  // namespace app
