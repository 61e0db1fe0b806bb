#pragma once
#include <optional>
#include <span>

#include "gpu/kernels/recorder.h"

namespace gpu {

/// One weight of a matrix product and where its result goes.
struct MatMulTarget {
  const DeviceTensor* weight = nullptr;
  std::uint32_t table = 0;         ///< of the weight's code book among the constants
  std::uint32_t bias = kNone;      ///< first constant
  Place out;                       ///< of 32-row tiles: padding rows become zero
  std::uint32_t residual = kNone;  ///< arena float of what is added, in out's stride
};

/// Inputs that are codes (core/model/coded_row.h) of the weights' columns.
struct CodedInputs {
  /// Arena float of what they were made of, where outlier columns are multiplied as such.
  std::uint32_t floats = kNone;
  bool hasZeroPoints = false;
};

/// A dispatch of a product of integers, by one kernel in both families.
/// @param used slots of a token that goes through experts, as the push's third segment says; 0: there are none
void dispatchCodes(Recorder& recorder, VkDescriptorSet set, const PackedFormat& format, const MatMulPush& push,
                   const CodedInputs& coded, std::uint32_t used = 0);

enum class MatMulPairing : std::uint8_t { Plain, SwiGlu };

/// RMS norm that the inputs go through on their way.
struct InputNorm {
  std::uint32_t weight = kNone;  ///< first constant
  std::uint32_t width = 0;       ///< values of the input
  float epsilon = 0.0F;
};

/// Whether the two weights may share a dispatch: same input, layout and buffer.
bool canShareDispatch(const DeviceTensor& a, const DeviceTensor& b);
/// The part of it that the layouts decide.
bool haveSameKernel(const PackedFormat& a, const PackedFormat& b);
/// Whether silu(gate · x) · (up · x) can be one dispatch for a batch of this many tokens.
bool canFuseSwiGlu(const KernelChoice& choice, std::uint32_t tokens);

/// Whether a product of a batch of this many tokens had better compute the norm of its inputs itself.
/// @param width of the inputs  @param rows of the weight  @param tableWords of its table
bool canFuseNorm(const KernelChoice& choice, std::uint32_t tokens, std::uint32_t width, std::uint32_t rows,
                 std::uint32_t tableWords);

/// out[t] = weight · in[t] (+ bias) (+ residual[t]) for one to three weights that can share a dispatch, or with SwiGlu
/// out = silu(gate · in) · (up · in) into the first target. A single weight may lie in several parts.
/// @param setOf descriptor set of a weight block  @param coded nothing: inputs are floats
/// @param norm of the inputs, where canFuseNorm() allows it; nothing: they are as they lie
void recordMatMul(Recorder& recorder, const std::function<VkDescriptorSet(const WeightBlock&)>& setOf, Place in,
                  std::span<const MatMulTarget> targets, MatMulPairing pairing,
                  const std::optional<CodedInputs>& coded = std::nullopt,
                  const std::optional<InputNorm>& norm = std::nullopt);

}  // namespace gpu
