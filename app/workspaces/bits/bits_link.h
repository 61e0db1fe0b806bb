#pragma once
#include <QString>
#include <optional>

#include "app/selection/link.h"
#include "app/workspaces/bits/lens.h"
#include "app/workspaces/bits/line_spacing.h"

namespace app {

class BitsState;

/// What a link says about how the number is looked at.
struct LinkedView {
  std::optional<LensTab> tab;
  Spacing spacing = Spacing::Linear;  ///< of the number line
};

/// What a link says about the number: `bits/FORMAT/0xHEX`, or `bits/FORMAT?text=0.1`, each with `rounding=toward_zero`,
/// `draw=0.25`, `chain=fp32,bf16/toward_zero`, `low=-1&high=1&zero_point=on` or `absmax=0.5`, scales of single formats
/// (`int8.scale=1/127&int8.zero_point=3`; `nf4.scale`: the absmax), and `view=chain`, `view=line&spacing=values`.
/// A format of one's own is written out: `bits/e4m3:bias=8/0x3f`.
Link numberLink(const BitsState& state, const LinkedView& view);
/// The keys of a link that may stand in one to a number.
QStringList numberKeys(const Link& link);
/// Shows what it says, as one step of undo. @param view what `view` and `spacing` name
/// @return empty, or the sentence that says what is wrong with the link (then nothing changed)
QString openNumberLink(const Link& link, BitsState& state, LinkedView& view);

}  // namespace app
