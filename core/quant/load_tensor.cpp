#include "core/quant/load_tensor.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <vector>

#include "core/base/error.h"
#include "core/io/packed_layouts.h"
#include "core/numeric/code_books.h"
#include "core/quant/quantizer.h"

namespace core::quant {

namespace {

/// The pieces beside a tensor.
class Pieces {
 public:
  Pieces(const io::Checkpoint& checkpoint, const std::string& name) : m_checkpoint(checkpoint), m_name(name) {}

  bool has(const char* ending) const { return m_checkpoint.find(m_name + ending).has_value(); }
  std::span<const std::byte> bytes(const char* ending) const { return m_checkpoint.view(m_name + ending).bytes; }
  std::vector<float> floats(const char* ending) const { return arrayOf<float>(bytes(ending)); }
  std::vector<std::uint8_t> codes(const char* ending) const { return arrayOf<std::uint8_t>(bytes(ending)); }

 private:
  template <class Value>
  static std::vector<Value> arrayOf(std::span<const std::byte> bytes) {
    std::vector<Value> values(bytes.size() / sizeof(Value));
    std::memcpy(values.data(), bytes.data(), values.size() * sizeof(Value));
    return values;
  }

  const io::Checkpoint& m_checkpoint;
  const std::string& m_name;
};

/// absmax[k] = map[codes[k]] · nestedAbsmax[k / size] + offset
std::vector<float> decodeNested(const NestedScales& nested, const std::vector<float>& map, std::uint64_t size) {
  std::vector<float> scales(nested.codes.size());
  for (std::size_t k = 0; k < scales.size(); ++k)
    scales[k] = map[nested.codes[k]] * nested.absmax[k / size] + nested.offset;
  return scales;
}

/// Sizes and types of the pieces were checked when the file was opened.
QuantizedTensorPtr bitsandbytes4(const io::Checkpoint& checkpoint, const tensor::TensorView& view) {
  const Pieces pieces(checkpoint, view.name);
  const char* const stateName = pieces.has(".quant_state.bitsandbytes__nf4") ? ".quant_state.bitsandbytes__nf4"
                                                                             : ".quant_state.bitsandbytes__fp4";
  const io::Bitsandbytes4State state = io::parseBitsandbytes4State(pieces.bytes(stateName));
  CodeBook codes;
  codes.packing = Packing::NibblesHighFirst;
  codes.grouping = {Granularity::Block, static_cast<std::uint32_t>(state.blockSize)};
  codes.levels = pieces.floats(".quant_map");
  if (state.nestedBlockSize) {
    NestedScales nested{pieces.codes(".absmax"), pieces.floats(".nested_absmax"),
                        static_cast<float>(state.nestedOffset)};
    const std::vector<float> map = pieces.floats(".nested_quant_map");
    codes.scales = decodeNested(nested, map, *state.nestedBlockSize);
    const auto standard = numeric::dynamicMapSigned();
    const bool isStandard = std::equal(map.begin(), map.end(), standard.begin(), standard.end());
    if (isStandard && *state.nestedBlockSize == kNestedBlock) codes.nested = std::move(nested);
  } else {
    codes.scales = pieces.floats(".absmax");
  }
  auto result = std::make_shared<QuantizedTensor>();
  result->name = view.name;
  result->shape = view.shape;
  result->layout = std::move(codes);
  result->payload = view.bytes;
  result->owner = view.owner;
  return result;
}

}  // namespace

QuantizedTensorPtr loadTensor(const io::Checkpoint& checkpoint, std::size_t index) {
  const tensor::TensorView view = checkpoint.view(index);
  if (checkpoint.tensors()[index].assembly == io::Assembly::Bitsandbytes4) return bitsandbytes4(checkpoint, view);
  return wrapStored(view);
}

QuantizedTensorPtr loadTensor(const io::Checkpoint& checkpoint, std::string_view name) {
  const auto index = checkpoint.find(name);
  return index ? loadTensor(checkpoint, *index) : wrapStored(checkpoint.view(name));  // which says what is missing
}

bool isLoadable(const io::TensorInfo& tensor) {
  return tensor.isReadable() && (tensor.assembly != io::Assembly::None || isDecodable(tensor.dtype));
}

std::optional<tensor::DType> elementType(const io::TensorInfo& tensor) {
  return tensor.assembly == io::Assembly::None ? std::optional(tensor.dtype) : std::nullopt;
}

}  // namespace core::quant
