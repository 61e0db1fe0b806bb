#pragma once
#include <vector>

#include "app/session/quantize_target.h"

namespace app {

/// @param rows of planQuantization
/// @throws core::Error (Unsupported) with the sentence why a target of this kind cannot hold them
void refuseWhatCannotBeWritten(const core::io::Checkpoint& source, const core::model::Recipe& recipe,
                               const std::vector<QuantizedFileRow>& rows, const TargetKind& kind);

}  // namespace app
