#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/quant/scheme.h"
#include "core/tensor/shape.h"

namespace core::quant {

/// How a Hugging Face folder stores what was quantized: whose tensors it holds and whose "quantization_config".
enum class FolderLayout : std::uint8_t {
  Plain,         ///< elements: fp32, fp16, bf16
  Bitsandbytes,  ///< Linear4bit and Linear8bitLt
  Gptq,          ///< AutoGPTQ's, zero-points stored less one
  GptqV2,        ///< GPTQModel's, zero-points as they are
  Awq,           ///< AutoAWQ's "gemm"
  CompressedTensors
};

/// All of them, in the order people are offered them.
std::span<const FolderLayout> allFolderLayouts();
/// "plain", "bitsandbytes", "gptq", "gptq_v2", "awq", "compressed-tensors": what --layout takes.
std::string_view toString(FolderLayout layout);
/// For people: "bitsandbytes", "GPTQ".
std::string_view displayName(FolderLayout layout);
std::optional<FolderLayout> folderLayoutOf(std::string_view text);

/// Why a matrix under this scheme cannot be stored in this layout, as a sentence; empty when it can. The one rule that
/// the command line, Export and the writer go by. No layout has a place for factors of columns (AWQ, SmoothQuant):
/// they are folded into the layer before (folded_columns.h).
/// @param shape of the weight, [out, in]
std::string whyNotLayout(FolderLayout layout, const Scheme& scheme, const tensor::Shape& shape);
/// The same for a matrix whose measures fit: what can be said of the scheme alone.
std::string whyNotLayout(FolderLayout layout, const Scheme& scheme);

}  // namespace core::quant
