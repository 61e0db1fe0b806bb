#pragma once
#include <QString>
#include <optional>

#include "app/selection/link.h"
#include "app/workspaces/quantize/lab_block.h"
#include "app/workspaces/quantize/lab_clip.h"
#include "app/workspaces/quantize/lab_input.h"

namespace app {

class LabState;
class Selection;

/// What a link to the lab names. Keys:
///   scheme=TEXT                                    what is applied here (it is not ticked in the list)
///   values=0.45892,1,-0.3                          typed weights
///   distribution=normal|laplace|uniform            drawn ones, with count=256, seed=1, outlier=8 (size in standard
///                                                  deviations) and outliers=1 (how many)
///   tensor=NAME, weight=ROW,COLUMN or row= block=  of the open model (blocks of columns as they lie in it);
///   weight=INDEX
///                                                  of drawn and typed ones
///   moved=17:3.5,20:-1                             weights moved by hand, by flat index
///   clip=0.8                                       of the block's range
///   extent=block|row|all                           the weights that the clip is judged by
///   step=round                                     the stage of the story
///   show=steps|columns|inputs|bytes|curves|clip|sharing|rivals    the tab in front
struct LabPlace {
  LabInput input;
  std::optional<WeightEdits> moved;         ///< nothing: those there are stay
  std::optional<std::uint64_t> row, block;  ///< of the tensor
  std::optional<std::uint64_t> weight;      ///< of drawn and typed weights
  bool namesTensor = false;                 ///< weights of the model are meant
  std::optional<ClipExtent> extent;         ///< nothing: as it is
  QString step, tab;                        ///< empty: as they are
};

/// @param now what keys that are not there leave as it is  @throws core::Error with a sentence
LabPlace parseLabLink(const Link& link, const LabInput& now);
/// Adds source, scheme, edits and clip.
void describeLab(const LabState& state, Link& link);

}  // namespace app
