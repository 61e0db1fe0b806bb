#pragma once
#include <cstddef>

namespace core::model::ops {

/// What rows of bytes (coded_row.h) stand for: scale · (code − zero-point); of outlier columns the floats they were
/// made of, as FP16 has them.
/// @param in [tokens] rows of CodedRow  @param floats what they were made of, [tokens, width]; null where nothing is an
///        outlier  @param out [tokens, width]
void decodeRows(const float* in, const float* floats, std::size_t tokens, std::size_t width, float* out);

}  // namespace core::model::ops
