#pragma once
#include <QString>
#include <QStringList>
#include <vector>

#include "core/quant/explain/block_explanation.h"

namespace app {

/// "d", "scale of the block", "0.0123", "FP16, 16 bits", "0–31": one line a parameter.
std::vector<QStringList> parameterLines(const core::quant::BlockExplanation& block);
/// Place, code, level, stored value, weight, error: one line a weight.
std::vector<QStringList> weightLines(const core::quant::BlockExplanation& block);
/// "x̂ = d·(q − 8) = 0.0123·(11 − 8) = 0.0369": how one weight is read.
QString decodingText(const core::quant::BlockExplanation& block, int value);

}  // namespace app
