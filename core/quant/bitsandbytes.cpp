#include "core/quant/bitsandbytes.h"

#include <algorithm>
#include <cassert>
#include <vector>

#include "core/base/multiversion.h"
#include "core/base/parallel_chunks.h"
#include "core/numeric/code_books.h"
#include "core/quant/bitsandbytes_codes.h"
#include "core/quant/finite_values.h"
#include "core/quant/nearest_level.h"
#include "core/quant/quantizer.h"

namespace core::quant {

namespace {

QS_MULTIVERSION void nf4Codes(const float* __restrict__ values, std::size_t count, float reciprocal,
                              std::uint8_t* __restrict__ codes) {
  for (std::size_t i = 0; i < count; ++i) codes[i] = static_cast<std::uint8_t>(nf4Code(values[i] * reciprocal));
}

QS_MULTIVERSION void fp4Ranks(const float* __restrict__ values, std::size_t count, float reciprocal,
                              std::uint8_t* __restrict__ ranks) {
  for (std::size_t i = 0; i < count; ++i) ranks[i] = static_cast<std::uint8_t>(fp4Rank(values[i] * reciprocal));
}

/// Codes of one block; returns its absmax. `values` may be made finite in place.
float encodeBlock(FormatName name, float* values, std::size_t count, std::uint8_t* codes) {
  std::uint32_t magnitude = maxMagnitudeBits(values, count);
  if (magnitude >= kInfinityBits) {
    const float limit = maxFiniteMagnitude(values, count);
    copyFinite(values, count, limit, values);
    magnitude = std::bit_cast<std::uint32_t>(limit);
  }
  const float absmax = std::bit_cast<float>(magnitude);
  const float reciprocal = 1.0F / absmax;
  if (name == FormatName::Nf4) {
    nf4Codes(values, count, reciprocal, codes);
  } else {
    fp4Ranks(values, count, reciprocal, codes);
    for (std::size_t i = 0; i < count; ++i) codes[i] = fp4CodeOfRank(codes[i]);
  }
  return absmax;
}

/// 8-bit codes of one block; returns its absmax.
float encodeDynamicBlock(float* values, std::size_t count, std::uint8_t* codes) {
  const float absmax = maxFiniteMagnitude(values, count);
  copyFinite(values, count, absmax, values);
  for (std::size_t i = 0; i < count; ++i) codes[i] = nearestDynamicCode(dynamicInUnits(absmax, values[i]));
  return absmax;
}

/// Quantizes the absmax values in turn.
void quantizeAbsmax(CodeBook& tensor) {
  if (tensor.scales.empty()) return;
  NestedScales& nested = tensor.nested.emplace();
  double sum = 0.0;
  for (const float absmax : tensor.scales) sum += static_cast<double>(absmax);
  nested.offset = static_cast<float>(sum / static_cast<double>(tensor.scales.size()));
  nested.codes.resize(tensor.scales.size());
  for (std::size_t first = 0; first < tensor.scales.size(); first += kNestedBlock) {
    const std::size_t end = std::min<std::size_t>(first + kNestedBlock, tensor.scales.size());
    float largest = 0.0F;
    for (std::size_t i = first; i < end; ++i) largest = std::max(largest, std::abs(tensor.scales[i] - nested.offset));
    nested.absmax.push_back(largest);
    for (std::size_t i = first; i < end; ++i)
      nested.codes[i] = nearestDynamicCode(nestedInUnits(tensor.scales[i], nested.offset, largest));
  }
  tensor.scales = {};
}

}  // namespace

void packHighFirst(const std::uint8_t* codes, std::size_t count, std::uint8_t* packed) {
  for (std::size_t i = 0; i < count / 2; ++i)
    packed[i] = static_cast<std::uint8_t>((codes[2 * i] << 4) | codes[2 * i + 1]);
}

std::uint8_t nearestDynamicCode(float value) {
  static const NearestLevel nearest(numeric::dynamicMapSigned(), Ties::ToLower);
  return nearest.code(value);
}

std::span<const float> bitsandbytesLevels(FormatName name) {
  if (name == FormatName::Nf4) return numeric::nf4CodeBook();
  return name == FormatName::Fp4 ? numeric::fp4CodeBook() : numeric::dynamicMapSigned();
}

void quantizeBitsandbytes(const QuantizedTensor& source, const Scheme& scheme, const JobContext& job, CodeBook& out,
                          std::uint8_t* payload) {
  const FormatName name = scheme.format.name;
  const std::uint64_t total = source.shape.count();
  const std::uint64_t blockSize = scheme.format.grouping.size;
  assert(blockSize % 2 == 0);  // so that no byte belongs to two blocks
  out.bits = codeBits(name);
  out.packing = out.bits == 4 ? Packing::NibblesHighFirst : Packing::Rows;
  out.grouping = scheme.format.grouping;
  const auto levels = bitsandbytesLevels(name);
  out.levels.assign(levels.begin(), levels.end());
  out.scales.resize(groupCount(out.grouping, source.shape));
  forEachChunk(out.scales.size(), itemsPerChunk(blockSize), job, "Quantizing",
               [&](std::uint64_t block, std::uint64_t blocks) {
                 const std::uint64_t first = block * blockSize;
                 const std::uint64_t count = std::min(blocks * blockSize, total - first);
                 std::vector<float> values(count + count % 2, 0.0F);
                 std::vector<std::uint8_t> codes(values.size());
                 decode(source, first, count, values.data());
                 for (std::uint64_t b = 0; b < blocks; ++b) {
                   const std::uint64_t at = b * blockSize;
                   float* const from = values.data() + at;
                   std::uint8_t* const to = codes.data() + at;
                   const std::uint64_t size = std::min<std::uint64_t>(blockSize, values.size() - at);
                   out.scales[block + b] =
                       out.bits == 4 ? encodeBlock(name, from, size, to) : encodeDynamicBlock(from, size, to);
                 }
                 if (out.bits == 4)
                   packHighFirst(codes.data(), codes.size(), payload + first / 2);
                 else
                   std::copy_n(codes.data(), count, payload + first);
               });
  if (scheme.format.doubleQuantization == DoubleQuantization::On) quantizeAbsmax(out);
}

}  // namespace core::quant
