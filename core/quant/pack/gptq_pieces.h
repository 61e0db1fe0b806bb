#pragma once
#include "core/quant/pack/packed_pieces.h"

namespace core::quant {

/// What GPTQ's packers save of a layer; value = scales[g_idx[column], row] · (code − zero).
///   .qweight  I32 [in · bits / 32, out]      codes of an output along its inputs, lowest bits first, without gaps
///   .qzeros   I32 [groups, out · bits / 32]  likewise along the outputs; in the first version each is stored less one
///   .scales   F16 [groups, out]
///   .g_idx    I32 [in]                       the group of every input: GPTQ's own order leaves no other trace
/// Symmetric codes have the zero 2^(bits − 1). A zero of 0 wraps around to 2^bits − 1 in the first version, which not
/// every reader takes back.
/// Sources: AutoGPTQ (nn_modules/qlinear), GPTQModel (utils/model.py: both versions).
std::vector<PieceSpec> gptqSpecs(const Scheme& scheme, const tensor::Shape& shape);
/// @param stored what is taken from a zero: 1 in the first version, else 0
PieceBytes gptqPieces(const QuantizedTensor& tensor, std::uint8_t stored);

/// What AutoAWQ's "gemm" packer saves of a layer; value = scales · (code − zero), groups along the inputs.
///   .qweight  I32 [in, out / 8]      nibble i of word w is output 8 w + (0, 2, 4, 6, 1, 3, 5, 7)[i]
///   .qzeros   I32 [groups, out / 8]  likewise
///   .scales   F16 [groups, out]
/// Source: AutoAWQ (modules/linear/gemm.py).
std::vector<PieceSpec> awqSpecs(const Scheme& scheme, const tensor::Shape& shape);
PieceBytes awqPieces(const QuantizedTensor& tensor);

/// Groups of a row whose zero-point is 0.
std::uint64_t zerosAtTheEnd(const QuantizedTensor& tensor);

}  // namespace core::quant
