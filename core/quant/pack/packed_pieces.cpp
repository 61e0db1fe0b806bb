#include "core/quant/pack/packed_pieces.h"

#include "core/quant/pack/bitsandbytes_pieces.h"
#include "core/quant/pack/compressed_tensors.h"
#include "core/quant/pack/gptq_pieces.h"

namespace core::quant {

std::vector<PieceSpec> pieceSpecs(FolderLayout layout, const Scheme& scheme, const tensor::Shape& shape,
                                  const PackSettings& settings) {
  switch (layout) {
    case FolderLayout::Bitsandbytes:
      return bitsandbytesSpecs(scheme, shape, settings);
    case FolderLayout::Gptq:
    case FolderLayout::GptqV2:
      return gptqSpecs(scheme, shape);
    case FolderLayout::Awq:
      return awqSpecs(scheme, shape);
    case FolderLayout::CompressedTensors:
      return compressedSpecs(scheme, shape);
    case FolderLayout::Plain:
      break;
  }
  return {};
}

PieceBytes packPieces(FolderLayout layout, const QuantizedTensor& tensor, const PackSettings& settings) {
  switch (layout) {
    case FolderLayout::Bitsandbytes:
      return bitsandbytesPieces(tensor, settings);
    case FolderLayout::Gptq:
      return gptqPieces(tensor, 1);
    case FolderLayout::GptqV2:
      return gptqPieces(tensor, 0);
    case FolderLayout::Awq:
      return awqPieces(tensor);
    case FolderLayout::CompressedTensors:
      return compressedPieces(tensor);
    case FolderLayout::Plain:
      break;
  }
  return {};
}

}  // namespace core::quant
