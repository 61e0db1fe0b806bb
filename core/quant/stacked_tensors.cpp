#include "core/quant/stacked_tensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/quant/decoded_copy.h"
#include "core/quant/quantizer.h"

namespace core::quant {

namespace {

bool belongsToRows(const Grouping& grouping) {
  return grouping.granularity == Granularity::None || grouping.granularity == Granularity::Row ||
         grouping.granularity == Granularity::Group;
}

bool belongsToMatrices(const Grouping& grouping, std::uint64_t values) {
  return belongsToRows(grouping) || (grouping.granularity == Granularity::Block && values % grouping.size == 0);
}

bool fits(const Elements& a, const Elements& b, std::uint64_t /*values*/) { return a == b; }
bool fits(const Uniform& a, const Uniform& b, std::uint64_t /*values*/) {
  return a.bits == b.bits && a.qmin == b.qmin && a.grouping == b.grouping && a.scaleType == b.scaleType &&
         a.zeroPoints.empty() == b.zeroPoints.empty() && a.zeroPointBits == b.zeroPointBits &&
         belongsToRows(a.grouping);
}
bool fits(const CodeBook& a, const CodeBook& b, std::uint64_t values) {
  return a.bits == b.bits && a.packing == b.packing && a.grouping == b.grouping && a.levels == b.levels &&
         a.scaleType == b.scaleType && a.tensorFactor == b.tensorFactor && !a.nested && !b.nested &&
         belongsToMatrices(a.grouping, values) && values % 2 == 0;
}
bool fits(const LearnedCodeBooks& a, const LearnedCodeBooks& b, std::uint64_t /*values*/) {
  return a.bits == b.bits && a.grouping == b.grouping && a.levelType == b.levelType &&
         a.grouping.granularity != Granularity::None && belongsToRows(a.grouping);
}

bool fits(const QuantizedTensor& a, const QuantizedTensor& b) {
  if (a.shape != b.shape || a.scheme != b.scheme || a.factor != b.factor || a.input != b.input || a.changes ||
      b.changes)
    return false;
  return std::visit(
      [&](const auto& layout) {
        const auto* const other = b.as<std::decay_t<decltype(layout)>>();
        return other != nullptr && fits(layout, *other, a.shape.count());
      },
      a.layout);
}

void append(std::vector<float>& values, const std::vector<float>& more) {
  values.insert(values.end(), more.begin(), more.end());
}
void appendSides(Elements& /*layout*/, const Elements& /*more*/) {}
void appendSides(Uniform& layout, const Uniform& more) {
  append(layout.scales, more.scales);
  append(layout.zeroPoints, more.zeroPoints);
}
void appendSides(CodeBook& layout, const CodeBook& more) { append(layout.scales, more.scales); }
void appendSides(LearnedCodeBooks& layout, const LearnedCodeBooks& more) { append(layout.levels, more.levels); }

/// A tensor whose payload is these bytes.
std::shared_ptr<QuantizedTensor> withPayload(const QuantizedTensor& like, std::vector<std::byte> bytes) {
  auto result = std::make_shared<QuantizedTensor>(like);
  const auto owner = std::make_shared<const std::vector<std::byte>>(std::move(bytes));
  result->payload = *owner;
  result->owner = owner;
  return result;
}

std::shared_ptr<QuantizedTensor> stackedAsTheyAre(std::span<const QuantizedTensorPtr> matrices) {
  std::vector<std::byte> payload;
  payload.reserve(matrices.size() * matrices[0]->payload.size());
  for (const QuantizedTensorPtr& matrix : matrices)
    payload.insert(payload.end(), matrix->payload.begin(), matrix->payload.end());
  auto stack = withPayload(*matrices[0], std::move(payload));
  for (const QuantizedTensorPtr& matrix : matrices.subspan(1))
    std::visit([&](auto& layout) { appendSides(layout, *matrix->as<std::decay_t<decltype(layout)>>()); },
               stack->layout);
  return stack;
}

std::shared_ptr<QuantizedTensor> stackedAsFloats(std::span<const QuantizedTensorPtr> matrices) {
  std::vector<std::byte> payload;
  for (const QuantizedTensorPtr& matrix : matrices) {
    const std::vector<float> values = dequantize(*matrix);
    const auto bytes = std::as_bytes(std::span(values));
    payload.insert(payload.end(), bytes.begin(), bytes.end());
  }
  QuantizedTensor like;
  like.layout = Elements{tensor::DType::F32};
  return withPayload(like, std::move(payload));
}

template <std::size_t Size>
void turnElements(const std::byte* source, std::uint64_t rows, std::uint64_t columns, std::byte* target) {
  constexpr std::uint64_t kTileSide = 32;  // of which both sides stay in the first cache
  parallelFor((columns + kTileSide - 1) / kTileSide, 8, [&](std::size_t first, std::size_t last) {
    const std::uint64_t end = std::min<std::uint64_t>(columns, last * kTileSide);
    for (std::uint64_t top = 0; top < rows; top += kTileSide) {
      const std::uint64_t bottom = std::min(rows, top + kTileSide);
      for (std::uint64_t left = first * kTileSide; left < end; left += kTileSide)
        for (std::uint64_t column = left; column < std::min(end, left + kTileSide); ++column)
          for (std::uint64_t row = top; row < bottom; ++row)
            std::memcpy(target + (column * rows + row) * Size, source + (row * columns + column) * Size, Size);
    }
  });
}

/// @param size of an element, in bytes
void turnMatrix(const std::byte* source, std::uint64_t rows, std::uint64_t columns, std::uint64_t size,
                std::byte* target) {
  switch (size) {
    case 1:
      return turnElements<1>(source, rows, columns, target);
    case 2:
      return turnElements<2>(source, rows, columns, target);
    case 4:
      return turnElements<4>(source, rows, columns, target);
    default:
      return turnElements<8>(source, rows, columns, target);
  }
}

}  // namespace

QuantizedTensorPtr stacked(std::string name, std::span<const QuantizedTensorPtr> matrices) {
  const QuantizedTensor& first = *matrices[0];
  const bool areAlike = std::ranges::all_of(matrices, [&](const auto& matrix) { return fits(first, *matrix); });
  const bool quantizeInputs =
      std::ranges::any_of(matrices, [](const auto& matrix) { return matrix->input.has_value(); });
  if (!areAlike && quantizeInputs)
    throw Error(
        ErrorCode::Unsupported,
        fmt::format("The experts in {} quantize their inputs each in a way of its own, which cannot be run yet.", name),
        name);
  auto stack = areAlike ? stackedAsTheyAre(matrices) : stackedAsFloats(matrices);
  stack->name = std::move(name);
  stack->shape = {matrices.size(), first.rows(), first.rowValues()};
  return stack;
}

QuantizedTensorPtr turned(const QuantizedTensor& matrix) {
  const auto* const elements = matrix.as<Elements>();
  const bool isOneByOne = elements != nullptr && tensor::info(elements->dtype).blockValues == 1 && !matrix.changes;
  const std::shared_ptr<QuantizedTensor> floats = isOneByOne ? nullptr : decodedCopy(matrix);
  const QuantizedTensor& from = isOneByOne ? matrix : *floats;
  const bool isStack = from.shape.rank() == 3;
  const std::uint64_t matrices = isStack ? from.shape[0] : 1, columns = from.rowValues();
  const std::uint64_t rows = from.rows() / matrices, size = tensor::info(*from.dtype()).blockBytes;
  std::vector<std::byte> bytes(from.payload.size());
  for (std::uint64_t which = 0; which < matrices; ++which) {
    const std::uint64_t at = which * rows * columns * size;
    turnMatrix(from.payload.data() + at, rows, columns, size, bytes.data() + at);
  }
  auto result = withPayload(from, std::move(bytes));
  result->shape = isStack ? tensor::Shape{matrices, columns, rows} : tensor::Shape{columns, rows};
  return result;
}

}  // namespace core::quant
