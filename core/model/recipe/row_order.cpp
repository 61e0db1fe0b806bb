#include "core/model/recipe/row_order.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "core/quant/quantizer.h"
#include "core/tensor/dtype.h"

namespace core::model {

namespace {

using quant::Granularity;
using quant::QuantizedTensor;
using RowMap = std::function<std::uint64_t(std::uint64_t)>;

/// Rows that are taken out of a tensor: row r of them is its row from(r).
struct Rows {
  std::uint64_t count;
  const RowMap& from;
};

/// Bytes of a row of the payload; 0 where rows are no whole bytes of their own.
std::uint64_t rowBytes(const QuantizedTensor& tensor) {
  const std::uint64_t values = tensor.rowValues();
  if (const auto* elements = tensor.as<quant::Elements>()) {
    const auto& type = tensor::info(elements->dtype);
    return values % type.blockValues == 0 ? values / type.blockValues * type.blockBytes : 0;
  }
  const auto ofStream = [&](std::uint32_t bits) { return (values * bits + 7) / 8; };
  if (const auto* codes = tensor.as<quant::Uniform>()) return ofStream(codes->bits);
  if (const auto* codes = tensor.as<quant::LearnedCodeBooks>()) return ofStream(codes->bits);
  const auto& codes = *tensor.as<quant::CodeBook>();
  if (codes.packing == quant::Packing::Rows) return ofStream(codes.bits);
  return values % 2 == 0 ? values / 2 : 0;
}

/// How many scales each row has of its own; nothing where rows share them.
std::optional<std::uint64_t> scalesOfRow(const quant::Grouping& grouping, std::uint64_t rowValues) {
  switch (grouping.granularity) {
    case Granularity::None:
    case Granularity::Tensor:
      return 0;
    case Granularity::Row:
    case Granularity::Group:
      return quant::groupsPerRow(grouping, rowValues);
    case Granularity::Block:
      if (rowValues % grouping.size == 0) return rowValues / grouping.size;
      return std::nullopt;
    case Granularity::Tile:
      return std::nullopt;
  }
  return std::nullopt;
}

/// @param rows of the tensor whose values these are
template <class Value>
void take(std::vector<Value>& values, std::uint64_t rows, std::uint64_t perRow, const Rows& taken) {
  if (perRow == 0 || values.size() != rows * perRow) return;
  const std::vector<Value> before = std::move(values);
  values.resize(taken.count * perRow);
  for (std::uint64_t row = 0; row < taken.count; ++row)
    std::copy_n(before.begin() + static_cast<std::ptrdiff_t>(taken.from(row) * perRow), perRow,
                values.begin() + static_cast<std::ptrdiff_t>(row * perRow));
}

/// Takes the scales beside the codes of whole rows.
void takeSides(QuantizedTensor& tensor, const Rows& taken) {
  const std::uint64_t rows = tensor.rows(), values = tensor.rowValues();
  if (auto* codes = std::get_if<quant::Uniform>(&tensor.layout)) {
    const std::uint64_t perRow = *scalesOfRow(codes->grouping, values);
    take(codes->scales, rows, perRow, taken);
    take(codes->zeroPoints, rows, perRow, taken);
  } else if (auto* book = std::get_if<quant::CodeBook>(&tensor.layout)) {
    book->scales = book->decodedScales();
    book->nested.reset();
    take(book->scales, rows, *scalesOfRow(book->grouping, values), taken);
    if (tensor.scheme) tensor.scheme = reorderedScheme(*tensor.scheme);
  } else if (auto* learned = std::get_if<quant::LearnedCodeBooks>(&tensor.layout)) {
    take(learned->levels, rows, *scalesOfRow(learned->grouping, values) << learned->bits, taken);
  }
}

quant::QuantizedTensorPtr owning(QuantizedTensor tensor, std::shared_ptr<std::vector<std::byte>> bytes) {
  tensor.payload = *bytes;
  tensor.owner = std::move(bytes);
  return std::make_shared<QuantizedTensor>(std::move(tensor));
}

quant::QuantizedTensorPtr takeDecoded(const QuantizedTensor& tensor, const Rows& taken) {
  const std::uint64_t size = tensor.rowValues() * sizeof(float);
  auto bytes = std::make_shared<std::vector<std::byte>>(taken.count * size);
  std::vector<float> row(tensor.rowValues());
  for (std::uint64_t r = 0; r < taken.count; ++r) {
    quant::dequantizeRows(tensor, taken.from(r), 1, row.data());
    std::memcpy(bytes->data() + r * size, row.data(), size);
  }
  QuantizedTensor result;
  result.name = tensor.name;
  result.scheme = tensor.scheme;
  result.shape = tensor.shape;
  result.layout = quant::Elements{tensor::DType::F32};
  result.input = tensor.input;
  return owning(std::move(result), std::move(bytes));
}

/// With the tensor's shape, which whoever takes fewer rows changes.
quant::QuantizedTensorPtr takeRows(const QuantizedTensor& tensor, const Rows& taken) {
  if (!hasWholeRows(tensor)) return takeDecoded(tensor, taken);
  const std::uint64_t size = rowBytes(tensor);
  QuantizedTensor result = tensor;
  takeSides(result, taken);
  auto bytes = std::make_shared<std::vector<std::byte>>(taken.count * size);
  for (std::uint64_t row = 0; row < taken.count; ++row)
    std::memcpy(bytes->data() + row * size, tensor.payload.data() + taken.from(row) * size, size);
  return owning(std::move(result), std::move(bytes));
}

}  // namespace

bool hasWholeRows(const quant::QuantizedTensor& tensor) {
  const std::uint64_t size = rowBytes(tensor);
  if (size == 0 || size * tensor.rows() != tensor.payload.size()) return false;
  if (tensor.changes && !tensor.changes->outlierValues.empty()) return false;
  const auto areScalesWhole = [&](const quant::Grouping& grouping) {
    return scalesOfRow(grouping, tensor.rowValues()).has_value();
  };
  if (const auto* codes = tensor.as<quant::Uniform>()) return areScalesWhole(codes->grouping);
  if (const auto* book = tensor.as<quant::CodeBook>()) return areScalesWhole(book->grouping);
  if (const auto* learned = tensor.as<quant::LearnedCodeBooks>()) return areScalesWhole(learned->grouping);
  return true;
}

quant::Scheme reorderedScheme(quant::Scheme scheme) {
  scheme.format.doubleQuantization = quant::DoubleQuantization::Off;
  return scheme;
}

quant::QuantizedTensorPtr reorderRows(const quant::QuantizedTensorPtr& tensor, const RowMap& from) {
  return takeRows(*tensor, {tensor->rows(), from});
}

quant::QuantizedTensorPtr reorderColumns(const quant::QuantizedTensorPtr& tensor, const RowMap& from) {
  const auto* const elements = tensor->as<quant::Elements>();
  const bool isOneByOne = elements != nullptr && tensor::info(elements->dtype).blockValues == 1 && !tensor->changes;
  const RowMap same = [](std::uint64_t row) { return row; };
  const quant::QuantizedTensorPtr source = isOneByOne ? tensor : takeDecoded(*tensor, {tensor->rows(), same});
  const std::uint64_t columns = source->rowValues(), size = tensor::info(*source->dtype()).blockBytes;
  auto bytes = std::make_shared<std::vector<std::byte>>(source->payload.size());
  for (std::uint64_t row = 0; row < source->rows(); ++row)
    for (std::uint64_t column = 0; column < columns; ++column)
      std::memcpy(bytes->data() + (row * columns + column) * size,
                  source->payload.data() + (row * columns + from(column)) * size, size);
  return owning(*source, std::move(bytes));
}

quant::QuantizedTensorPtr joinRows(std::span<const quant::QuantizedTensorPtr> tensors, std::uint64_t count,
                                   const RowMap& from, tensor::Shape shape) {
  const auto isLikeTheFirst = [&](const quant::QuantizedTensorPtr& tensor) {
    return hasWholeRows(*tensor) && tensor->dtype() && tensor->dtype() == tensors.front()->dtype() &&
           tensor->factor == 1.0F && !tensor->changes;
  };
  quant::QuantizedTensorPtr all = tensors.front();
  if (tensors.size() > 1) {
    const bool areAlike = std::ranges::all_of(tensors, isLikeTheFirst);
    auto bytes = std::make_shared<std::vector<std::byte>>();
    std::uint64_t rows = 0;
    for (const quant::QuantizedTensorPtr& tensor : tensors) {
      rows += tensor->rows();
      const std::vector<float> values = areAlike ? std::vector<float>() : quant::dequantize(*tensor);
      const std::span<const std::byte> payload = areAlike ? tensor->payload : std::as_bytes(std::span(values));
      bytes->insert(bytes->end(), payload.begin(), payload.end());
    }
    QuantizedTensor joined;
    joined.name = all->name;
    joined.shape = {rows, all->rowValues()};
    joined.layout = quant::Elements{areAlike ? *all->dtype() : tensor::DType::F32};
    all = owning(std::move(joined), std::move(bytes));
  }
  auto result = std::make_shared<QuantizedTensor>(*takeRows(*all, {count, from}));
  result->shape = std::move(shape);
  return result;
}

quant::QuantizedTensorPtr matrixOf(const quant::QuantizedTensorPtr& stack, std::uint64_t index, std::string name) {
  const std::uint64_t rows = stack->shape[1];
  const RowMap from = [first = index * rows](std::uint64_t row) { return first + row; };
  auto matrix = std::make_shared<QuantizedTensor>(*takeRows(*stack, {rows, from}));
  matrix->name = std::move(name);
  matrix->shape = {rows, stack->shape[2]};
  return matrix;
}

}  // namespace core::model
