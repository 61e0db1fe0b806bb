#pragma once
#include <QString>

#include "core/text/thought_finder.h"

namespace app {

/// "Thought for 57 tokens", "Thinking: 57 tokens so far", "Thought for 57 tokens, cut off".
/// @param isFinished the answer will not go on
QString thoughtTitle(const core::text::Thought& thought, bool isFinished);

}  // namespace app
