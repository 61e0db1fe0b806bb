#include "core/quant/load_tensor.h"

#include <memory>

#include "core/io/packed_tensor.h"
#include "core/quant/assemble/assemble.h"
#include "core/quant/quantizer.h"
#include "core/quant/stacked_tensors.h"

namespace core::quant {

namespace {

void assemble(const io::PackedTensor& stored, QuantizedTensor& out) {
  switch (stored.codes().assembly) {
    case io::Assembly::None:
    case io::Assembly::Turned:  // of one piece
      return;
    case io::Assembly::Bitsandbytes4:
      return assembleBitsandbytes4(stored, out);
    case io::Assembly::Bitsandbytes8:
      return assembleBitsandbytes8(stored, out);
    case io::Assembly::Gptq:
      return assembleGptq(stored, out);
    case io::Assembly::Awq:
      return assembleAwq(stored, out);
    case io::Assembly::PackedIntegers:
      return assemblePackedIntegers(stored, out);
    case io::Assembly::ScaledElements:
      return assembleScaledElements(stored, out);
    case io::Assembly::PackedFp4:
      return assemblePackedFp4(stored, out);
    case io::Assembly::Mxfp4Blocks:
      return assembleMxfp4Blocks(stored, out);
    case io::Assembly::Hqq:
      return assembleHqq(stored, out);
  }
}

}  // namespace

QuantizedTensorPtr loadTensor(const io::Checkpoint& checkpoint, std::size_t index) {
  const io::TensorInfo& tensor = checkpoint.tensors()[index];
  tensor::TensorView view = checkpoint.view(index);
  if (tensor.assembly == io::Assembly::None) return wrapStored(view);
  if (tensor.assembly == io::Assembly::Turned) {
    view.shape = tensor.storedShape;
    view.unreadable.clear();
    return turned(*wrapStored(view));
  }
  const io::PieceTable pieces = io::piecesOf(checkpoint);
  auto result = std::make_shared<QuantizedTensor>();
  result->name = tensor.name;
  result->shape = tensor.shape;
  result->payload = view.bytes;
  result->owner = std::move(view.owner);
  assemble(io::PackedTensor(tensor, pieces), *result);
  return result;
}

QuantizedTensorPtr loadTensor(const io::Checkpoint& checkpoint, std::string_view name) {
  const auto index = checkpoint.find(name);
  return index ? loadTensor(checkpoint, *index) : wrapStored(checkpoint.view(name));  // which says what is missing
}

bool isLoadable(const io::TensorInfo& tensor) {
  const auto elements = elementType(tensor);
  return tensor.isReadable() && (!elements || isDecodable(*elements));
}

std::optional<tensor::DType> elementType(const io::TensorInfo& tensor) {
  const bool isPlain = tensor.assembly == io::Assembly::None || tensor.assembly == io::Assembly::Turned;
  return isPlain ? std::optional(tensor.dtype) : std::nullopt;
}

}  // namespace core::quant
