#include "core/io/packed_awq.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/io/packed_checks.h"
#include "core/io/text_checks.h"

namespace core::io {

namespace {

using tensor::Shape;

constexpr std::uint64_t kPerWord = 8;

/// Words of zero-points that a row of Gemv has (AutoAWQ's calculate_zeros_width).
std::uint64_t zeroWords(std::uint64_t columns, std::uint64_t groupSize) {
  const std::uint64_t multiple = groupSize >= 128 ? 1 : groupSize >= 64 ? 2 : 4;
  const std::uint64_t words = ceilDivide(columns / groupSize, kPerWord);
  return ceilDivide(words, multiple) * multiple;
}

/// Gemv pads its scales, so that only the config tells the group; without one, the sizes that AutoAWQ has.
std::uint64_t gemvGroupSize(std::uint64_t columns, std::uint64_t words, std::optional<std::int64_t> configured) {
  if (configured && *configured < 0) return columns;
  if (configured && *configured > 0) return static_cast<std::uint64_t>(*configured);
  for (const std::uint64_t size : {std::uint64_t{128}, std::uint64_t{64}, std::uint64_t{32}, columns})
    if (size != 0 && columns % size == 0 && zeroWords(columns, size) == words) return size;
  refuse("nothing says how many of its inputs share a scale");
}

AwqWeight gemm(const PackedTensor& tensor, AwqWeight weight) {
  weight.packing = AwqPacking::Gemm;
  weight.columns = extent(&tensor.codes(), 0);
  weight.rows = product(extent(&tensor.codes(), 1), kPerWord);
  weight.groups = extent(weight.scales, 0);
  expectShape(*weight.scales, Shape{weight.groups, weight.rows}, "scales");
  expectShape(*weight.zeros, Shape{weight.groups, weight.rows / kPerWord}, "zero-points");
  auto configured = tensor.config().integer("group_size");
  if (!configured) configured = tensor.config().integer("q_group_size");
  weight.groupSize = groupSizeOf(weight.columns, weight.groups, configured);
  return weight;
}

AwqWeight gemv(const PackedTensor& tensor, AwqWeight weight) {
  weight.packing = AwqPacking::Gemv;
  weight.rows = extent(&tensor.codes(), 0);
  weight.columns = product(extent(&tensor.codes(), 1), kPerWord);
  const std::uint64_t words = extent(weight.zeros, 1);
  auto configured = tensor.config().integer("group_size");
  if (!configured) configured = tensor.config().integer("q_group_size");
  weight.groupSize = gemvGroupSize(weight.columns, words, configured);
  weight.groups = ceilDivide(weight.columns, weight.groupSize);
  if (weight.groups > product(words, kPerWord))
    refuse(fmt::format("its {} words of zero-points are too few for {} groups", words, weight.groups));
  expectShape(*weight.zeros, Shape{weight.rows, words}, "zero-points");
  expectShape(*weight.scales, Shape{weight.rows, words * kPerWord}, "scales");
  return weight;
}

}  // namespace

AwqWeight awqWeight(const PackedTensor& tensor) {
  const TensorInfo& codes = tensor.codes();
  const std::string version = tensor.config().text("version");
  if (version == "gemv_fast" || (codes.dtype == tensor::DType::I16 && tensor.beside(".qzeros") != nullptr))
    refuse("its zero-points are stored multiplied by the scales (gemv_fast), which is not supported yet");
  constexpr std::array kKnown = {"", "gemm", "gemv", "exllama", "exllamav2", "ipex"};  // all but gemv store as gemm
  if (std::ranges::find(kKnown, version) == kKnown.end())
    refuse(fmt::format("AWQ stored it in version {}, which is not known here", inQuotes(version)));
  expectPlainInputs(tensor);
  expectWords(codes, "codes");
  if (codes.storedShape.rank() != 2 || extent(&codes, 0) == 0 || extent(&codes, 1) == 0)
    refuse(fmt::format("its codes have the shape {} where a matrix was expected", codes.storedShape.toString()));
  auto bits = tensor.config().number("bits");
  if (!bits) bits = tensor.config().number("w_bit");
  if (bits.value_or(4) != 4) refuse(fmt::format("codes of {} bits are no codes of AWQ", *bits));
  AwqWeight weight;
  weight.scales = &needed(tensor, ".scales", "scales");
  weight.zeros = &needed(tensor, ".qzeros", "zero-points");
  expectFloats(*weight.scales, "scales");
  expectWords(*weight.zeros, "zero-points");
  const bool isGemm =
      extent(&codes, 1) <= UINT64_MAX / kPerWord && extent(&codes, 1) * kPerWord == extent(weight.scales, 1);
  const bool isGemv = extent(&codes, 0) == extent(weight.scales, 0) && extent(weight.zeros, 0) == extent(&codes, 0);
  weight = isGemv && (!isGemm || version == "gemv") ? gemv(tensor, weight) : gemm(tensor, weight);
  if (weight.columns > UINT32_MAX) refuse("it claims more inputs than any layer has");
  return weight;
}

}  // namespace core::io
