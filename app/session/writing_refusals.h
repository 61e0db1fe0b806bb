#pragma once
#include <string>
#include <vector>

#include "app/session/quantize_target.h"

namespace app {

/// Why programs that read a layout do not pack a matrix, by what the folder calls it and its role; empty where they do.
/// @param isTurned it is stored input × output there
std::string whyNotPacked(core::quant::FolderLayout layout, const std::string& name, bool isTurned,
                         core::model::TensorRole role);

/// @param rows of planQuantization
/// @throws core::Error (Unsupported) with the sentence why a target of this kind cannot hold them
void refuseWhatCannotBeWritten(const core::io::Checkpoint& source, const core::model::Recipe& recipe,
                               const std::vector<QuantizedFileRow>& rows, const TargetKind& kind);

}  // namespace app
