#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "core/quant/pack/folder_layout.h"
#include "core/quant/quantized_tensor.h"

namespace core::quant {

/// One tensor of a folder that a weight is stored in.
struct PieceSpec {
  std::string ending;  ///< behind the name of the module: ".qweight", ".weight.absmax"
  tensor::DType dtype = tensor::DType::U8;
  tensor::Shape shape;
};

/// Bytes of the pieces, in the order of their specs.
using PieceBytes = std::vector<std::vector<std::byte>>;

/// What the dtype of what was quantized is called where a layout says it: "bfloat16".
struct PackSettings {
  std::string dtype = "float32";
};

/// The tensors that a weight of this shape becomes: known before it is made, so that a file's header can be.
/// @pre whyNotLayout(layout, scheme, shape) is empty and the layout is not Plain
std::vector<PieceSpec> pieceSpecs(FolderLayout layout, const Scheme& scheme, const tensor::Shape& shape,
                                  const PackSettings& settings = {});

/// Their bytes. Sources: the writers of the projects that read them, named in the headers beside this one.
/// @pre the tensor was made by a scheme that the layout can hold
PieceBytes packPieces(FolderLayout layout, const QuantizedTensor& tensor, const PackSettings& settings = {});

}  // namespace core::quant
