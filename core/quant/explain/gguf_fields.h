#pragma once
#include "core/quant/explain/field_run.h"

namespace core::quant {

/// The layout of one GGUF block type as runs of fields; empty for other dtypes.
std::span<const FieldRun> ggufFieldRuns(tensor::DType dtype);

}  // namespace core::quant
