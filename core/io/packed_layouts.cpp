// Families that are recognised but not assembled, and what all of them share.
#include "core/io/packed_layouts.h"

#include <fmt/format.h>

#include "core/io/packed_checks.h"

namespace core::io {

namespace {

using tensor::DType;
using tensor::Shape;

constexpr std::uint64_t kDefaultBits = 4;

}  // namespace

std::uint64_t codeCount(const TensorInfo& tensor, std::uint64_t bits) {
  return tensor.bytes <= UINT64_MAX / 8 ? tensor.bytes * 8 / bits : 0;
}

std::uint64_t validBits(std::optional<std::uint64_t> bits) {
  return bits && *bits >= 1 && *bits <= 8 ? *bits : kDefaultBits;
}

Shape checkedShape(const TensorInfo& codes, std::uint64_t bits, Shape wanted) {
  const auto count = wanted.checkedCount();
  const std::uint64_t stored = codeCount(codes, bits);
  if (count && *count <= stored && stored - *count <= stored / 2) return wanted;
  return Shape{stored};
}

Shape widened(const Shape& stored, std::size_t axis, std::uint64_t factor) {
  auto extents = stored.extents();
  if (axis >= extents.size() || extents[axis] > UINT64_MAX / factor) return Shape{UINT64_MAX};
  extents[axis] *= factor;
  return Shape(std::move(extents));
}

std::uint64_t unpackedExtent(std::uint64_t words, std::uint64_t bits) {
  return words <= UINT64_MAX / kWordBits ? words * kWordBits / bits : UINT64_MAX;
}

PackedLayout packed(std::string_view family, std::uint64_t bits, Shape shape) {
  return {fmt::format("{}INT{}, packed", family, bits), std::move(shape)};
}

std::optional<PackedLayout> mlx(const PackedTensor& tensor) {
  const TensorInfo& codes = tensor.codes();
  if (codes.dtype != DType::U32 || codes.storedShape.rank() < 2) return std::nullopt;
  const std::size_t last = codes.storedShape.rank() - 1;
  const std::uint64_t words = extent(&codes, last), groups = extent(tensor.beside(".scales"), last);
  auto stated = tensor.config().number("bits");
  const std::uint64_t groupSize = tensor.config().number("group_size").value_or(64);
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
  if (codes.dtype == DType::F8E4M3) return PackedLayout{"FP8 E4M3, scaled", codes.storedShape};
  if (codes.dtype == DType::F8E5M2) return PackedLayout{"FP8 E5M2, scaled", codes.storedShape};
  if (codes.dtype == DType::I8) return PackedLayout{"INT8, scaled", codes.storedShape};
  const std::uint64_t bits = tensor.config().text("weights") == "int2" ? 2 : 4;
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
