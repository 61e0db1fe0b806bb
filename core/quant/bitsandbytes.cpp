#include "core/quant/bitsandbytes.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <vector>

#include "core/base/multiversion.h"
#include "core/base/parallel_chunks.h"
#include "core/numeric/code_books.h"
#include "core/quant/finite_values.h"
#include "core/quant/nearest_level.h"
#include "core/quant/quantizer.h"

namespace core::quant {

namespace {

/// Where the NF4 code changes: a value above the n-th of these has at least code n + 1.
constexpr std::array<float, 15> kNf4Thresholds = {
    -0.8480964004993439F,  -0.6106329262256622F,   -0.4599952697753906F, -0.33967943489551544F, -0.23460740596055984F,
    -0.13791173315048218F, -0.045525018125772476F, 0.03979014977812767F, 0.1202552504837513F,   0.2035212516784668F,
    0.2920137718319893F,   0.3893125355243683F,    0.5016634166240692F,  0.6427869200706482F,   0.8614784181118011F};

/// The same for the magnitude of FP4, and the 3-bit pattern of each rank.
constexpr std::array<float, 7> kFp4Thresholds = {0.00260417F, 0.0859375F, 0.20833333F, 0.29166667F,
                                                 0.4166667F,  0.583333F,  0.8333333F};
constexpr std::array<std::uint8_t, 8> kFp4Patterns = {0, 1, 6, 7, 4, 5, 2, 3};

/// NaN (a block of zeros) compares false everywhere and gives code 0, as in the original.
QS_MULTIVERSION void nf4Codes(const float* __restrict__ values, std::size_t count, float reciprocal,
                              std::uint8_t* __restrict__ codes) {
  for (std::size_t i = 0; i < count; ++i) {
    const float x = values[i] * reciprocal;
    std::int32_t code = 0;
    for (const float threshold : kNf4Thresholds) code += x > threshold ? 1 : 0;
    codes[i] = static_cast<std::uint8_t>(code);
  }
}

QS_MULTIVERSION void fp4Ranks(const float* __restrict__ values, std::size_t count, float reciprocal,
                              std::uint8_t* __restrict__ ranks) {
  for (std::size_t i = 0; i < count; ++i) {
    const float x = values[i] * reciprocal;
    const float magnitude = x < 0.0F ? -x : x;
    std::int32_t rank = x < 0.0F ? 8 : 0;
    for (const float threshold : kFp4Thresholds) rank += magnitude > threshold ? 1 : 0;
    ranks[i] = static_cast<std::uint8_t>(rank);
  }
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
    for (std::size_t i = 0; i < count; ++i)
      codes[i] = static_cast<std::uint8_t>((codes[i] & 8U) | kFp4Patterns[codes[i] & 7U]);
  }
  return absmax;
}

std::uint8_t nearestDynamicCode(float value) {
  static const NearestLevel nearest(numeric::dynamicMapSigned(), Ties::ToLower);
  return nearest.code(value);
}

/// 8-bit codes of one block; returns its absmax.
float encodeDynamicBlock(float* values, std::size_t count, std::uint8_t* codes) {
  const float absmax = maxFiniteMagnitude(values, count);
  copyFinite(values, count, absmax, values);
  for (std::size_t i = 0; i < count; ++i) codes[i] = nearestDynamicCode(absmax == 0.0F ? 0.0F : values[i] / absmax);
  return absmax;
}

/// Replaces the absmax values by what their 8-bit codes decode to.
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
    for (std::size_t i = first; i < end; ++i) {
      const float normalised = largest == 0.0F ? 0.0F : (tensor.scales[i] - nested.offset) / largest;
      nested.codes[i] = nearestDynamicCode(normalised);
      tensor.scales[i] = numeric::dynamicMapSigned()[nested.codes[i]] * largest + nested.offset;
    }
  }
}

void packHighFirst(const std::uint8_t* codes, std::size_t count, std::uint8_t* packed) {
  for (std::size_t i = 0; i < count / 2; ++i)
    packed[i] = static_cast<std::uint8_t>((codes[2 * i] << 4) | codes[2 * i + 1]);
}

}  // namespace

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
