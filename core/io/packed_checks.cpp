#include "core/io/packed_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "core/base/checked_math.h"
#include "core/base/error.h"

namespace core::io {

using tensor::DType;
using tensor::Shape;

void refuse(const std::string& clause) { throw Error(ErrorCode::InvalidFile, clause); }

const TensorInfo& needed(const PackedTensor& tensor, std::string_view ending, std::string_view what) {
  const TensorInfo* const found = tensor.beside(ending);
  if (found == nullptr) refuse(fmt::format("its {} ({}) are missing", what, ending));
  return *found;
}

void expectFloats(const TensorInfo& piece, std::string_view what) {
  if (piece.dtype == DType::F32 || piece.dtype == DType::F16 || piece.dtype == DType::BF16) return;
  refuse(fmt::format("its {} are of type {} where floats of 16 or 32 bits were expected", what, piece.typeName));
}

void expectWords(const TensorInfo& piece, std::string_view what) {
  if (piece.dtype == DType::I32 || piece.dtype == DType::U32) return;
  refuse(fmt::format("its {} are of type {} where i32 was expected", what, piece.typeName));
}

void expectShape(const TensorInfo& piece, const Shape& shape, std::string_view what) {
  if (piece.storedShape == shape) return;
  refuse(fmt::format("its {} have the shape {} where {} was expected", what, piece.storedShape.toString(),
                     shape.toString()));
}

void expectPlainInputs(const PackedTensor& tensor) {
  for (const std::string_view ending : {".pre_quant_scale", ".channel_scale", ".perm"})
    if (tensor.beside(ending) != nullptr)
      refuse(fmt::format("its inputs are changed by {} first, which is not supported yet", ending));
}

bool isFp8(const TensorInfo& tensor) { return tensor.dtype == DType::F8E4M3 || tensor.dtype == DType::F8E5M2; }

bool isE8M0(const TensorInfo& tensor) { return tensor.dtype == DType::U8 || tensor.typeName == "f8_e8m0"; }

std::uint64_t ceilDivide(std::uint64_t a, std::uint64_t b) { return a / b + (a % b == 0 ? 0 : 1); }

std::uint64_t extent(const TensorInfo* tensor, std::size_t axis) {
  return tensor != nullptr && axis < tensor->storedShape.rank() ? tensor->storedShape[axis] : 0;
}

std::uint64_t product(std::uint64_t a, std::uint64_t b) {
  const auto result = checkedMul(a, b);
  if (!result) refuse("it claims more weights than a computer can count");
  return *result;
}

std::uint64_t groupSizeOf(std::uint64_t columns, std::uint64_t groups, std::optional<std::int64_t> configured) {
  if (groups == 0 || columns == 0) refuse("it has no scales");
  if (groups == 1) return columns;
  if (configured && *configured > 0) {
    const auto size = static_cast<std::uint64_t>(*configured);
    if (ceilDivide(columns, size) == groups) return size;
  }
  if (columns % groups == 0) return columns / groups;
  refuse(fmt::format("its {} inputs do not divide into the {} groups that have a scale", columns, groups));
}

std::vector<std::uint32_t> columnOrder(const PackedTensor& tensor, const TensorInfo& groupIndex, std::uint64_t columns,
                                       std::uint64_t groupSize, std::uint64_t groups) {
  expectWords(groupIndex, "group indices");
  expectShape(groupIndex, Shape{columns}, "group indices");
  const std::span<const std::byte> bytes = tensor.bytes(groupIndex);
  std::vector<std::int32_t> groupOf(columns);
  std::memcpy(groupOf.data(), bytes.data(), bytes.size());
  bool isInOrder = true;
  for (std::uint64_t c = 0; c < columns && isInOrder; ++c)
    isInOrder = groupOf[c] >= 0 && static_cast<std::uint64_t>(groupOf[c]) == c / groupSize;
  if (isInOrder || std::ranges::all_of(groupOf, [](std::int32_t group) { return group == -1; })) return {};
  std::vector<std::uint64_t> next(groups);
  for (std::uint64_t g = 0; g < groups; ++g) next[g] = g * groupSize;
  std::vector<std::uint32_t> order(columns);
  for (std::uint64_t c = 0; c < columns; ++c) {
    if (groupOf[c] < 0 || static_cast<std::uint64_t>(groupOf[c]) >= groups)
      refuse(fmt::format("its column {} is in group {} of {}", c, groupOf[c], groups));
    const auto group = static_cast<std::uint64_t>(groupOf[c]);
    if (next[group] == std::min((group + 1) * groupSize, columns))
      refuse(fmt::format("more than {} of its columns are in group {}", groupSize, group));
    order[next[group]++] = static_cast<std::uint32_t>(c);
  }
  return order;
}

std::string integerName(std::string_view family, std::uint64_t bits, std::uint64_t size, std::uint64_t columns) {
  const std::string sharing = size >= columns ? "row" : std::to_string(size);
  return fmt::format("{}{}INT{} · {}", family, family.empty() ? "" : " ", bits, sharing);
}

}  // namespace core::io
