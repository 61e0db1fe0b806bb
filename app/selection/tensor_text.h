#pragma once
#include <QString>
#include <cstdint>
#include <vector>

#include "core/io/checkpoint.h"
#include "core/quant/quantized_tensor.h"

namespace app {

// As the file has it: codes of a packed weight under their own name, type and shape.
QString storedNameText(const core::io::TensorInfo& tensor);
QString storedTypeText(const core::io::TensorInfo& tensor);
const core::tensor::Shape& storedShape(const core::io::TensorInfo& tensor);

/// Bytes of one tensor, as core::io::weightBytes.
std::uint64_t weightBytes(const core::io::Checkpoint& checkpoint, const core::io::TensorInfo& tensor);

/// "256 × 768"; "scalar".
QString shapeText(const core::tensor::Shape& shape);
/// "[3, 130]" of a flat index: row-major, outermost first.
QString placeText(const core::tensor::Shape& shape, std::uint64_t flatIndex);
/// How the file calls the type: "BF16", "Q4_K", "NF4, packed".
QString typeText(const core::io::TensorInfo& tensor);
/// " · stored as 64 × 192 (input × output)": of a matrix that the file has the other way round; else empty.
QString turnedText(const core::io::TensorInfo& tensor);
/// " · × 0.0123": what the file says that products with the tensor are multiplied by; empty where it says nothing.
QString productScaleText(const core::io::Checkpoint& checkpoint, const core::io::TensorInfo& tensor);
/// "0x3d6e": the stored bits of a plain element; empty for block types.
QString storedBitsText(const core::quant::QuantizedTensor& tensor, std::uint64_t flatIndex);
/// A sentence: why the tensor's bytes cannot be shown as weights. @pre it is unreadable
QString unreadableText(const core::io::TensorInfo& tensor);

}  // namespace app
