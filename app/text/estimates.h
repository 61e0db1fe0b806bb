#pragma once
#include <QString>

#include "core/evaluate/estimate.h"
#include "core/evaluate/verdict.h"

namespace app::text {

/// "0.0123 ± 0.0004": as many digits as the standard error lets one say, and that with two; "–" for what is no number.
QString estimate(const core::evaluate::Estimate& estimate);

/// "indistinguishable", "different", "too little text".
QString verdict(core::evaluate::Verdict verdict);

}  // namespace app::text
