#pragma once
#include <QString>

#include "app/workspaces/quantize/lab_inputs.h"

namespace app {

/// A way of choosing a range in two words: "min–max", "99.99 %", "entropy", "dynamic".
QString rangeName(const core::quant::Activations& how);
/// Index of the range that a scheme has; of the best static one where it has none.
int rangeOf(const LabInputs& inputs, const core::quant::Activations& activations);
/// Static against dynamic on the text that was read, and what the scheme does to the inputs besides.
QString inputsSentence(const LabInputs& inputs, const core::quant::Scheme& scheme);
/// How many tokens a range clips.
QString clippedSentence(const LabInputs& inputs, const core::calibrate::RangeStudy& range);
/// A token on one line, and with what stands around it.
QString tokenText(const InputToken& token);
QString tokenInText(const InputToken& token);

}  // namespace app
