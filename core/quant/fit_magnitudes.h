#pragma once
#include <cstddef>

namespace core::quant {

/// The scale s of least Σ w·(x − s·code)² over codes up to `limit`: the best of nine assignments that differ in where
/// the largest value goes, then improved code by code, at most five times around. 0 when no value is positive.
/// Codes below zero wrap to 8 bits wherever they are kept, as in ggml 0.25.1 (make_qp_quants), whose result this is.
/// @param count at most 32
float fitMagnitudes(const float* values, const float* weights, std::size_t count, int limit);

}  // namespace core::quant
