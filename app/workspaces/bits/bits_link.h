#pragma once
#include <QString>
#include <optional>

#include "app/selection/link.h"
#include "app/workspaces/bits/lens.h"

namespace app {

class BitsState;

/// What a link says about the number: `bits/FORMAT/0xHEX`, or `bits/FORMAT?text=0.1`, each with `rounding=toward_zero`,
/// `draw=0.25`, `chain=fp32,bf16/toward_zero`, `low=-1&high=1&zero_point=on` or `absmax=0.5`, and `view=chain`.
/// A format of one's own is written out: `bits/e4m3:bias=8/0x3f`.
Link numberLink(const BitsState& state, LensTab tab);
/// Shows what it says, as one step of undo. @param tab what `view` names, where it names something
/// @return empty, or the sentence that says what is wrong with the link (then nothing changed)
QString openNumberLink(const Link& link, BitsState& state, std::optional<LensTab>& tab);

}  // namespace app
