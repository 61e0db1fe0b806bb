#pragma once
#include <QString>

#include "app/selection/link.h"

namespace app {

class BlockSource;
class BlockState;

/// What a link says about a block: `bits/block/q4_0/0x…` with the bytes as they lie in memory, or
/// `bits/block/q4_0?values=0.5 -1 0.25`; both where bytes were changed by hand.
bool isBlockLink(const Link& link);
Link blockLink(const BlockState& state, const BlockSource& source);
/// @return empty, or the sentence that says what is wrong with the link (then nothing changed)
QString openBlockLink(const Link& link, BlockState& state, BlockSource& source);

}  // namespace app
