#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/model/graph.h"
#include "core/model/kv_cache.h"
#include "core/quant/compute_type.h"
#include "core/train/ops/batch.h"

namespace core::train::ops {

/// Numbers that rows of codes (model::CodedRow) stand for; outlier columns of LLM.int8() are what they were made of, in
/// FP16. @param in what they were made of, [rows, width]
void decodeCodes(std::span<const float> coded, std::size_t width, const float* in, float* out);

/// What products take in place of the rows of x under a quantizer, as numbers: codes under their scale, outlier columns
/// of LLM.int8() in FP16. Which these are is decided by so many rows of a sequence together, as executors do.
template <typename Real>
void roundInputs(const quant::InputQuantizer& quantizer, std::optional<std::uint32_t> rowsTogether, const Batch& batch,
                 std::size_t width, const Real* in, Real* out);

/// What a KV cache gives back of rows of keys, or of values, [rows, heads · headSize]. In place.
template <typename Real>
void roundKv(model::KvFormat format, std::size_t rows, std::size_t heads, std::size_t headSize, Real* values);

/// In place. What a double is rounded to is what its float is.
template <typename Real>
void roundTo(quant::ComputeType type, std::span<Real> values);

}  // namespace core::train::ops
