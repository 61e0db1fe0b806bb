#include "core/io/packed_gptq.h"

#include <fmt/format.h>

#include "core/io/packed_awq.h"
#include "core/io/packed_checks.h"
#include "core/io/packed_layouts.h"

namespace core::io {

namespace {

using tensor::Shape;

bool isKnownWidth(std::uint64_t bits) { return bits == 2 || bits == 3 || bits == 4 || bits == 8; }

/// Bits of a code: as the pieces' sizes have it, else as the config does.
std::uint64_t packedBitsOf(const PackedTensor& tensor, std::uint64_t words, std::uint64_t rows) {
  if (const TensorInfo* const index = tensor.beside(".g_idx")) {
    const std::uint64_t columns = extent(index, 0), bits = columns == 0 ? 0 : words * kWordBits / columns;
    if (isKnownWidth(bits)) return bits;
  }
  if (const TensorInfo* const zeros = tensor.beside(".qzeros")) {
    const std::uint64_t bits = rows == 0 ? 0 : extent(zeros, 1) * kWordBits / rows;
    if (isKnownWidth(bits)) return bits;
  }
  auto stated = tensor.config().number("bits");
  if (!stated) stated = tensor.config().number("w_bit");
  return validBits(stated);
}

bool isVersion2(const QuantizationConfig& config) {
  const std::string format = config.text("checkpoint_format");
  return (format.empty() ? config.text("format") : format) == "gptq_v2";
}

/// GPTQ has a column of words for each output, AWQ one for eight.
bool isGptq(const PackedTensor& tensor) {
  const TensorInfo* const scales = tensor.beside(".scales");
  const std::string method = tensor.config().text("quant_method");
  if (method == "awq" && extent(&tensor.codes(), 0) == extent(scales, 0)) return false;
  return extent(&tensor.codes(), 1) == extent(scales, 1);
}

PackedLayout listedGptq(const PackedTensor& tensor) {
  const TensorInfo& codes = tensor.codes();
  const std::uint64_t words = extent(&codes, 0), rows = extent(&codes, 1);
  const bool isSmall = words <= UINT64_MAX / kWordBits;
  const std::uint64_t bits = isSmall ? packedBitsOf(tensor, words, rows) : validBits(tensor.config().number("bits"));
  return packed("GPTQ ", bits, checkedShape(codes, bits, {rows, unpackedExtent(words, bits)}));
}

PackedLayout listedAwq(const PackedTensor& tensor) {
  const TensorInfo& codes = tensor.codes();
  const TensorInfo* const scales = tensor.beside(".scales");
  const std::uint64_t rows = extent(&codes, 0), columns = extent(&codes, 1);
  auto stated = tensor.config().number("bits");
  if (!stated) stated = tensor.config().number("w_bit");
  const std::uint64_t bits = validBits(stated), unpacked = unpackedExtent(columns, bits);
  const bool keepsRows = unpacked != extent(scales, 1) && rows == extent(scales, 0);
  return packed("AWQ ", bits, checkedShape(codes, bits, keepsRows ? Shape{rows, unpacked} : Shape{unpacked, rows}));
}

}  // namespace

GptqWeight gptqWeight(const PackedTensor& tensor) {
  const TensorInfo& codes = tensor.codes();
  expectPlainInputs(tensor);
  expectWords(codes, "codes");
  if (codes.storedShape.rank() != 2)
    refuse(fmt::format("its codes have the shape {} where a matrix was expected", codes.storedShape.toString()));
  GptqWeight weight;
  weight.words = extent(&codes, 0);
  weight.rows = extent(&codes, 1);
  const std::uint64_t streamBits = product(weight.words, kWordBits);
  const std::uint64_t bits = packedBitsOf(tensor, weight.words, weight.rows);
  if (!isKnownWidth(bits)) refuse(fmt::format("codes of {} bits are no codes of GPTQ", bits));
  weight.bits = static_cast<std::uint32_t>(bits);
  const TensorInfo* const index = tensor.beside(".g_idx");
  weight.columns = streamBits / bits;
  if (weight.rows == 0 || weight.columns == 0 || weight.columns > UINT32_MAX || streamBits % bits != 0)
    refuse(fmt::format("its columns of {} words hold no whole number of codes of {} bits", weight.words, bits));
  weight.scales = &needed(tensor, ".scales", "scales");
  expectFloats(*weight.scales, "scales");
  weight.groups = extent(weight.scales, 0);
  expectShape(*weight.scales, Shape{weight.groups, weight.rows}, "scales");
  weight.groupSize = groupSizeOf(weight.columns, weight.groups, tensor.config().integer("group_size"));
  weight.zeros = tensor.beside(".qzeros");
  if (weight.zeros != nullptr) {
    expectWords(*weight.zeros, "zero-points");
    expectShape(*weight.zeros, Shape{weight.groups, ceilDivide(product(weight.rows, bits), kWordBits)}, "zero-points");
  } else if (!tensor.config().flag("sym").value_or(true)) {
    refuse("its zero-points (.qzeros) are missing");
  }
  weight.zeroOffset = isVersion2(tensor.config()) ? 0 : 1;
  if (index != nullptr) weight.order = columnOrder(tensor, *index, weight.columns, weight.groupSize, weight.groups);
  return weight;
}

std::optional<PackedLayout> gptqOrAwq(const PackedTensor& tensor) {
  if (isGptq(tensor)) {
    return assembledOr(listedGptq(tensor), [&](PackedLayout& layout) {
      const GptqWeight weight = gptqWeight(tensor);
      layout = {integerName("GPTQ", weight.bits, weight.groupSize, weight.columns), Shape{weight.rows, weight.columns},
                Assembly::Gptq};
    });
  }
  return assembledOr(listedAwq(tensor), [&](PackedLayout& layout) {
    const AwqWeight weight = awqWeight(tensor);
    layout = {integerName("AWQ", 4, weight.groupSize, weight.columns), Shape{weight.rows, weight.columns},
              Assembly::Awq};
  });
}

}  // namespace core::io
