#include "core/quant/pack/gptq_pieces.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "core/quant/pack/integer_codes.h"

namespace core::quant {

namespace {

using tensor::DType;

constexpr std::array<std::uint8_t, 8> kAwqOrder = {0, 2, 4, 6, 1, 3, 5, 7};

std::vector<std::byte> words(std::uint64_t count) { return std::vector<std::byte>(count * 4); }

/// [groups, out], each as FP16.
std::vector<std::byte> scalesByGroup(const IntegerCodes& codes) {
  std::vector<std::byte> bytes(codes.groups() * codes.rows() * 2);
  std::byte* out = bytes.data();
  for (std::uint64_t group = 0; group < codes.groups(); ++group)
    for (std::uint64_t row = 0; row < codes.rows(); ++row, out += 2)
      storeScale(ScaleType::Fp16, codes.scale(row, group), out);
  return bytes;
}

/// The zeros of all outputs for one group.
std::vector<std::uint8_t> zerosOf(const IntegerCodes& codes, std::uint64_t group) {
  std::vector<std::uint8_t> zeros(codes.rows());
  for (std::uint64_t row = 0; row < zeros.size(); ++row) zeros[row] = codes.zero(row, group);
  return zeros;
}

/// Eight outputs to a word, in AWQ's order.
void packAwq(const std::uint8_t* outputs, std::uint64_t count, std::byte* out) {
  for (std::uint64_t first = 0; first < count; first += kAwqOrder.size(), out += 4) {
    std::uint32_t word = 0;
    for (std::size_t i = 0; i < kAwqOrder.size(); ++i)
      word |= static_cast<std::uint32_t>(outputs[first + kAwqOrder[i]]) << (4 * i);
    std::memcpy(out, &word, sizeof(word));
  }
}

std::uint64_t groupsOf(const Scheme& scheme, const tensor::Shape& shape) {
  return groupsPerRow(scheme.format.grouping, shape.rowValues());
}

}  // namespace

std::vector<PieceSpec> gptqSpecs(const Scheme& scheme, const tensor::Shape& shape) {
  const std::uint32_t bits = codeBits(scheme.format.name);
  const std::uint64_t groups = groupsOf(scheme, shape);
  return {{".qweight", DType::I32, {wordsOf(shape[1], bits), shape[0]}},
          {".qzeros", DType::I32, {groups, wordsOf(shape[0], bits)}},
          {".scales", DType::F16, {groups, shape[0]}},
          {".g_idx", DType::I32, {shape[1]}}};
}

PieceBytes gptqPieces(const QuantizedTensor& tensor, std::uint8_t stored) {
  const IntegerCodes codes(tensor);
  const std::uint64_t rows = codes.rows(), rowWords = wordsOf(codes.columns(), codes.bits());
  std::vector<std::byte> weight = words(rowWords * rows), row = words(rowWords);
  for (std::uint64_t r = 0; r < rows; ++r) {
    packWords({codes.row(r), codes.columns()}, codes.bits(), row.data());
    for (std::uint64_t word = 0; word < rowWords; ++word)
      std::memcpy(weight.data() + (word * rows + r) * 4, row.data() + word * 4, 4);
  }
  const std::uint64_t groupWords = wordsOf(rows, codes.bits());
  std::vector<std::byte> zeros = words(groupWords * codes.groups());
  const auto mask = static_cast<std::uint8_t>((1U << codes.bits()) - 1U);
  for (std::uint64_t group = 0; group < codes.groups(); ++group) {
    auto ofGroup = zerosOf(codes, group);
    for (std::uint8_t& zero : ofGroup) zero = static_cast<std::uint8_t>((zero - stored) & mask);
    packWords(ofGroup, codes.bits(), zeros.data() + group * groupWords * 4);
  }
  const auto groupOfColumn = codes.groupOfColumn();
  const auto index = std::as_bytes(std::span(groupOfColumn));
  return {std::move(weight), std::move(zeros), scalesByGroup(codes), {index.begin(), index.end()}};
}

std::vector<PieceSpec> awqSpecs(const Scheme& scheme, const tensor::Shape& shape) {
  const std::uint64_t groups = groupsOf(scheme, shape), rowWords = shape[0] / kAwqOrder.size();
  return {{".qweight", DType::I32, {shape[1], rowWords}},
          {".qzeros", DType::I32, {groups, rowWords}},
          {".scales", DType::F16, {groups, shape[0]}}};
}

PieceBytes awqPieces(const QuantizedTensor& tensor) {
  const IntegerCodes codes(tensor);
  const std::uint64_t rows = codes.rows(), rowWords = rows / kAwqOrder.size();
  std::vector<std::byte> weight = words(codes.columns() * rowWords), zeros = words(codes.groups() * rowWords);
  std::vector<std::uint8_t> outputs(rows);
  for (std::uint64_t column = 0; column < codes.columns(); ++column) {
    for (std::uint64_t row = 0; row < rows; ++row) outputs[row] = codes.code(row, column);
    packAwq(outputs.data(), rows, weight.data() + column * rowWords * 4);
  }
  for (std::uint64_t group = 0; group < codes.groups(); ++group)
    packAwq(zerosOf(codes, group).data(), rows, zeros.data() + group * rowWords * 4);
  return {std::move(weight), std::move(zeros), scalesByGroup(codes)};
}

std::uint64_t zerosAtTheEnd(const QuantizedTensor& tensor) {
  const auto* const codes = tensor.as<Uniform>();
  if (codes == nullptr) return 0;
  const auto lowest = static_cast<float>(codes->qmin);
  return static_cast<std::uint64_t>(std::count(codes->zeroPoints.begin(), codes->zeroPoints.end(), lowest));
}

}  // namespace core::quant
