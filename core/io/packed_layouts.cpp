#include "core/io/packed_layouts.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>

#include "core/base/error.h"
#include "core/io/config_json.h"

namespace core::io {

namespace {

using tensor::DType;
using tensor::Shape;

constexpr std::uint64_t kDefaultBits = 4;
constexpr std::uint64_t kWordBits = 32;
constexpr std::size_t kMostStateBytes = 65536;

bool isFp8(const TensorInfo& tensor) { return tensor.dtype == DType::F8E4M3 || tensor.dtype == DType::F8E5M2; }

/// Codes of `bits` bits in the tensor's bytes.
std::uint64_t codeCount(const TensorInfo& tensor, std::uint64_t bits) {
  return tensor.bytes <= UINT64_MAX / 8 ? tensor.bytes * 8 / bits : 0;
}

std::uint64_t validBits(std::optional<std::uint64_t> bits) {
  return bits && *bits >= 1 && *bits <= 8 ? *bits : kDefaultBits;
}

/// The wanted shape when as many codes lie there, give or take the padding of a row; else all codes in one row. What
/// names, configs and side tensors claim is no better than the bytes.
Shape checkedShape(const TensorInfo& codes, std::uint64_t bits, Shape wanted) {
  const auto count = wanted.checkedCount();
  const std::uint64_t stored = codeCount(codes, bits);
  if (count && *count <= stored && stored - *count <= stored / 2) return wanted;
  return Shape{stored};
}

/// extents[axis] × factor, or nothing that fits any bytes.
Shape widened(const Shape& stored, std::size_t axis, std::uint64_t factor) {
  auto extents = stored.extents();
  if (axis >= extents.size() || extents[axis] > UINT64_MAX / factor) return Shape{UINT64_MAX};
  extents[axis] *= factor;
  return Shape(std::move(extents));
}

std::uint64_t extent(const TensorInfo* tensor, std::size_t axis) {
  return tensor != nullptr && axis < tensor->storedShape.rank() ? tensor->storedShape[axis] : 0;
}

PackedLayout packed(std::string_view family, std::uint64_t bits, Shape shape) {
  return {fmt::format("{}INT{}, packed", family, bits), std::move(shape)};
}

/// The values of all words of an axis: extent × 32 / bits.
std::uint64_t unpackedExtent(std::uint64_t words, std::uint64_t bits) {
  return words <= UINT64_MAX / kWordBits ? words * kWordBits / bits : UINT64_MAX;
}

/// U8 codes of two FP4 numbers each: which of the two formats the scales give away.
std::optional<PackedLayout> packedFp4(const TensorInfo& codes, const TensorInfo& scale) {
  if (codes.dtype != DType::U8 || codes.storedShape.rank() < 2) return std::nullopt;
  const bool isNv = isFp8(scale);
  if (!isNv && scale.dtype != DType::U8 && scale.typeName != "f8_e8m0") return std::nullopt;
  return PackedLayout{isNv ? "NVFP4, packed" : "MXFP4, packed",
                      checkedShape(codes, 4, widened(codes.storedShape, codes.storedShape.rank() - 1, 2))};
}

std::optional<PackedLayout> scaledElements(const TensorInfo& codes) {
  switch (codes.dtype) {
    case DType::F8E4M3:
      return PackedLayout{"FP8 E4M3, scaled", codes.storedShape};
    case DType::F8E5M2:
      return PackedLayout{"FP8 E5M2, scaled", codes.storedShape};
    case DType::I8:
      return PackedLayout{"INT8, scaled", codes.storedShape};
    case DType::Unknown:
      return PackedLayout{codes.typeName + ", scaled", codes.storedShape};
    default:
      return std::nullopt;
  }
}

}  // namespace

Bitsandbytes4State parseBitsandbytes4State(std::span<const std::byte> json) {
  Metadata fields;
  EncodedArrays arrays;
  readConfigJson(json.first(std::min(json.size(), kMostStateBytes)), fields, arrays, "quant_state");
  Bitsandbytes4State state;
  if (const auto* const shape = fields.array("config.shape")) {
    std::vector<std::uint64_t> extents;
    for (const std::int64_t value : shape->integers())
      extents.push_back(static_cast<std::uint64_t>(std::max<std::int64_t>(value, 0)));
    state.shape = Shape(std::move(extents));
  }
  const auto whole = [&fields](const char* key) -> std::optional<std::uint64_t> {
    const MetadataValue* const value = fields.find(key);
    const auto* const number = value == nullptr ? nullptr : std::get_if<std::uint64_t>(value);
    return number == nullptr ? std::nullopt : std::optional(*number);
  };
  state.blockSize = whole("config.blocksize").value_or(0);
  state.nestedBlockSize = whole("config.nested_blocksize");
  if (const MetadataValue* const offset = fields.find("config.nested_offset"))
    if (const auto* const number = std::get_if<double>(offset)) state.nestedOffset = *number;
  return state;
}

namespace {

bool has(const PackedTensor& tensor, std::string_view ending, DType dtype, std::uint64_t count) {
  const TensorInfo* const found = tensor.beside(ending);
  return found != nullptr && found->dtype == dtype && found->storedShape.checkedCount() == count;
}

/// Whether the pieces of a 4-bit weight of this shape are there, in the types and sizes that belong together.
bool fitsTogether(const PackedTensor& tensor, const Bitsandbytes4State& state) {
  const auto count = state.shape.checkedCount().value_or(0);
  constexpr std::uint64_t kMostValues = UINT64_MAX / 16;
  const bool isBlock = state.blockSize >= 2 && state.blockSize % 2 == 0 && state.blockSize <= (1U << 20);
  if (state.shape.rank() == 0 || count == 0 || count > kMostValues || !isBlock) return false;
  if (tensor.codes().bytes != (count + 1) / 2 || !has(tensor, ".quant_map", DType::F32, 16)) return false;
  const std::uint64_t blocks = (count + state.blockSize - 1) / state.blockSize;
  if (!state.nestedBlockSize) return has(tensor, ".absmax", DType::F32, blocks);
  const std::uint64_t size = *state.nestedBlockSize;
  return size != 0 && size <= (1U << 20) && has(tensor, ".absmax", DType::U8, blocks) &&
         has(tensor, ".nested_absmax", DType::F32, (blocks + size - 1) / size) &&
         has(tensor, ".nested_quant_map", DType::F32, 256);
}

}  // namespace

std::optional<PackedLayout> bitsandbytes4(const PackedTensor& tensor) {
  const bool isFp4 = tensor.beside(".quant_state.bitsandbytes__fp4") != nullptr;
  const bool isNf4 = tensor.beside(".quant_state.bitsandbytes__nf4") != nullptr;
  if (!isFp4 && !isNf4 && tensor.codes().dtype != DType::U8) return std::nullopt;
  PackedLayout layout{isFp4   ? "FP4, packed"
                      : isNf4 ? "NF4, packed"
                              : "4-bit, packed",
                      Shape{codeCount(tensor.codes(), 4)}};
  try {
    const auto state = parseBitsandbytes4State(
        tensor.bytes(isFp4 ? ".quant_state.bitsandbytes__fp4" : ".quant_state.bitsandbytes__nf4"));
    if (state.shape.rank() != 0) layout.shape = state.shape;
    if ((isFp4 || isNf4) && fitsTogether(tensor, state)) layout.assembly = Assembly::Bitsandbytes4;
  } catch (const Error&) {
    // An unreadable state leaves the number of codes.
  }
  layout.shape = checkedShape(tensor.codes(), 4, std::move(layout.shape));
  return layout;
}

std::optional<PackedLayout> bitsandbytes8(const PackedTensor& tensor) {
  return tensor.codes().dtype == DType::I8 ? scaledElements(tensor.codes()) : std::nullopt;
}

std::optional<PackedLayout> gptqOrAwq(const PackedTensor& tensor) {
  const TensorInfo& codes = tensor.codes();
  const TensorInfo* const scales = tensor.beside(".scales");
  const TensorInfo* const zeros = tensor.beside(".qzeros");
  const std::uint64_t rows = extent(&codes, 0), columns = extent(&codes, 1), outputs = extent(scales, 1);
  const bool isGptq = columns == outputs;  // GPTQ packs along the inputs, AWQ along the outputs
  auto stated = tensor.configNumber("bits");
  if (!stated) stated = tensor.configNumber("w_bit");
  const std::uint64_t packedOutputs = isGptq ? extent(zeros, 1) : columns;
  if (!stated && outputs != 0 && packedOutputs <= UINT64_MAX / kWordBits) stated = packedOutputs * kWordBits / outputs;
  const std::uint64_t bits = validBits(stated);
  if (isGptq) return packed("GPTQ ", bits, checkedShape(codes, bits, {columns, unpackedExtent(rows, bits)}));
  // The matrix-vector layout of AWQ keeps the outputs as rows.
  const bool keepsRows = unpackedExtent(columns, bits) != outputs && rows == extent(scales, 0);
  const Shape shape =
      keepsRows ? Shape{rows, unpackedExtent(columns, bits)} : Shape{unpackedExtent(columns, bits), rows};
  return packed("AWQ ", bits, checkedShape(codes, bits, shape));
}

std::optional<PackedLayout> compressedTensors(const PackedTensor& tensor) {
  const TensorInfo& codes = tensor.codes();
  if (const auto fp4 = packedFp4(codes, *tensor.beside(".weight_scale"))) return fp4;
  const auto logical = tensor.integers(".weight_shape");
  std::uint64_t bits = validBits(tensor.configNumber("config_groups.group_0.weights.num_bits"));
  if (logical.size() != 2) {
    return packed("", bits, checkedShape(codes, bits, {extent(&codes, 0), unpackedExtent(extent(&codes, 1), bits)}));
  }
  const std::uint64_t words = extent(&codes, 1);
  if (logical[1] != 0 && words <= UINT64_MAX / kWordBits) bits = validBits(words * kWordBits / logical[1]);
  return packed("", bits, checkedShape(codes, bits, Shape(logical)));
}

std::optional<PackedLayout> scaledWeight(const PackedTensor& tensor) {
  const TensorInfo& codes = tensor.codes();
  if (const auto scaled = scaledElements(codes)) return scaled;
  const TensorInfo* const scale = tensor.beside(".weight_scale");
  if (codes.dtype != DType::U8 || codes.storedShape.rank() < 2 || scale == nullptr) return std::nullopt;
  if (const auto fp4 = packedFp4(codes, *scale)) return fp4;
  if (scale->storedShape.checkedCount() == 1U) {  // BitNet: four ternary values to a byte, along the outputs
    return PackedLayout{"ternary, packed", checkedShape(codes, 2, widened(codes.storedShape, 0, 4))};
  }
  return packed("", 4, checkedShape(codes, 4, widened(codes.storedShape, 0, 2)));  // ModelOpt: two outputs to a byte
}

std::optional<PackedLayout> scaledExperts(const PackedTensor& tensor) {
  return isFp8(tensor.codes()) ? scaledElements(tensor.codes()) : std::nullopt;
}

std::optional<PackedLayout> mxfp4Blocks(const PackedTensor& tensor) {
  const TensorInfo& codes = tensor.codes();
  if (codes.dtype != DType::U8 || codes.storedShape.rank() < 2) return std::nullopt;
  // […, blocks of a row, bytes of a block] → […, values of a row]
  auto extents = codes.storedShape.extents();
  const std::uint64_t blockBytes = extents.back();
  extents.pop_back();
  const Shape rows(std::move(extents));
  const bool fits = blockBytes != 0 && blockBytes <= UINT64_MAX / 2;
  return PackedLayout{"MXFP4, packed",
                      checkedShape(codes, 4, fits ? widened(rows, rows.rank() - 1, 2 * blockBytes) : Shape{0})};
}

std::optional<PackedLayout> hqq(const PackedTensor& tensor) {
  const auto stated = tensor.integers(".nbits");
  const auto configured = tensor.configNumber("quant_config.weight_quant_params.nbits");
  const std::uint64_t bits = validBits(stated.size() == 1 ? std::optional(stated[0]) : configured);
  const auto logical = tensor.integers(".shape");
  const Shape wanted = logical.empty() ? Shape{codeCount(tensor.codes(), bits)} : Shape(logical);
  return packed("HQQ ", bits, checkedShape(tensor.codes(), bits, wanted));
}

std::optional<PackedLayout> mlx(const PackedTensor& tensor) {
  const TensorInfo& codes = tensor.codes();
  if (codes.dtype != DType::U32 || codes.storedShape.rank() < 2) return std::nullopt;
  const std::size_t last = codes.storedShape.rank() - 1;
  const std::uint64_t words = extent(&codes, last), groups = extent(tensor.beside(".scales"), last);
  auto stated = tensor.configNumber("bits");
  const std::uint64_t groupSize = tensor.configNumber("group_size").value_or(64);
  if (!stated && groups != 0 && groupSize != 0 && groups <= UINT64_MAX / groupSize && words <= UINT64_MAX / kWordBits) {
    stated = words * kWordBits / (groups * groupSize);
  }
  const std::uint64_t bits = validBits(stated);
  auto extents = codes.storedShape.extents();
  extents[last] = unpackedExtent(words, bits);
  return packed("MLX ", bits, checkedShape(codes, bits, Shape(std::move(extents))));
}

std::optional<PackedLayout> exllama2(const PackedTensor& tensor) {
  // Bits differ from row to row, so only the permutation says how many inputs there are.
  const Shape wanted{extent(&tensor.codes(), 1), extent(tensor.beside(".q_invperm"), 0)};
  const auto count = wanted.checkedCount();
  const bool fits = count && *count != 0 && *count <= codeCount(tensor.codes(), 1);
  return PackedLayout{"EXL2, packed", fits ? wanted : Shape{codeCount(tensor.codes(), kDefaultBits)}};
}

std::optional<PackedLayout> exllama3(const PackedTensor& tensor) {
  const Shape wanted{extent(tensor.beside(".svh"), 0), extent(tensor.beside(".suh"), 0)};
  const auto count = wanted.checkedCount();
  const bool fits = count && *count != 0 && *count <= codeCount(tensor.codes(), 1);
  return PackedLayout{"EXL3, packed", fits ? wanted : Shape{codeCount(tensor.codes(), kDefaultBits)}};
}

std::optional<PackedLayout> quanto(const PackedTensor& tensor) {
  const TensorInfo& codes = tensor.codes();
  if (const auto scaled = scaledElements(codes)) return scaled;
  const std::uint64_t bits = tensor.configText("weights") == "int2" ? 2 : 4;
  return packed("", bits, checkedShape(codes, bits, widened(codes.storedShape, 0, 8 / bits)));
}

std::optional<PackedLayout> aqlm(const PackedTensor& tensor) {
  const TensorInfo* const books = tensor.beside(".codebooks");
  const std::uint64_t outGroup = extent(books, 2), inGroup = extent(books, 3);
  const std::uint64_t rows = extent(&tensor.codes(), 0), columns = extent(&tensor.codes(), 1);
  const bool fits = outGroup != 0 && inGroup != 0 && rows <= UINT32_MAX && columns <= UINT32_MAX &&
                    outGroup <= UINT16_MAX && inGroup <= UINT16_MAX;
  const Shape wanted = fits ? Shape{rows * outGroup, columns * inGroup} : Shape{0};
  const auto count = wanted.checkedCount();
  const bool isPlausible = count && *count != 0 && *count <= codeCount(tensor.codes(), 1);
  return PackedLayout{"AQLM, packed", isPlausible ? wanted : tensor.codes().storedShape};
}

}  // namespace core::io
