#pragma once
#include <optional>

#include "core/numeric/number_format.h"
#include "core/tensor/dtype.h"

namespace core::quant {

/// How the elements of a plain type are read as numbers. Nothing for blocks, for truth values and for integers of more
/// than 8 bits, which no NumberFormat describes. The integers of a stored tensor have no scale: it is 1.
std::optional<numeric::FormatId> elementFormat(tensor::DType dtype);

}  // namespace core::quant
