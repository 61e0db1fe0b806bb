#pragma once
#include "core/quant/scheme.h"

namespace core::quant {

/// The same format without what looks at data: each weight rounded for itself, inputs under static ranges as they are.
/// "int4:group=128,range=minmax,method=gptq" becomes "int4:group=128,range=minmax".
Scheme plainScheme(Scheme scheme);

}  // namespace core::quant
