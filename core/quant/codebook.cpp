#include "core/quant/codebook.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <vector>

#include "core/base/multiversion.h"
#include "core/base/parallel_chunks.h"
#include "core/numeric/code_books.h"
#include "core/quant/finite_values.h"
#include "core/quant/quantizer.h"
#include "core/quant/stored_size.h"

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
float encodeBlock(SchemeName name, float* values, std::size_t count, std::uint8_t* codes) {
  std::uint32_t magnitude = maxMagnitudeBits(values, count);
  if (magnitude >= kInfinityBits) {
    const float limit = maxFiniteMagnitude(values, count);
    copyFinite(values, count, limit, values);
    magnitude = std::bit_cast<std::uint32_t>(limit);
  }
  const float absmax = std::bit_cast<float>(magnitude);
  const float reciprocal = 1.0F / absmax;
  if (name == SchemeName::Nf4) {
    nf4Codes(values, count, reciprocal, codes);
  } else {
    fp4Ranks(values, count, reciprocal, codes);
    for (std::size_t i = 0; i < count; ++i)
      codes[i] = static_cast<std::uint8_t>((codes[i] & 8U) | kFp4Patterns[codes[i] & 7U]);
  }
  return absmax;
}

std::uint8_t nearestDynamicCode(float value) {
  const std::span<const float> map = numeric::dynamicMapSigned();
  const auto above = std::lower_bound(map.begin(), map.end(), value);
  if (above == map.begin()) return 0;
  if (above == map.end()) return static_cast<std::uint8_t>(map.size() - 1);
  const auto index = static_cast<std::size_t>(above - map.begin());
  const double toLower = static_cast<double>(value) - static_cast<double>(map[index - 1]);
  const double toUpper = static_cast<double>(map[index]) - static_cast<double>(value);
  return static_cast<std::uint8_t>(toLower <= toUpper ? index - 1 : index);
}

/// Replaces the absmax values by what their 8-bit codes decode to.
void quantizeAbsmax(QuantizedTensor& tensor) {
  if (tensor.absmax.empty()) return;
  double sum = 0.0;
  for (const float absmax : tensor.absmax) sum += static_cast<double>(absmax);
  tensor.nestedOffset = static_cast<float>(sum / static_cast<double>(tensor.absmax.size()));
  tensor.nestedCodes.resize(tensor.absmax.size());
  for (std::size_t first = 0; first < tensor.absmax.size(); first += kNestedBlock) {
    const std::size_t end = std::min<std::size_t>(first + kNestedBlock, tensor.absmax.size());
    float nested = 0.0F;
    for (std::size_t i = first; i < end; ++i)
      nested = std::max(nested, std::abs(tensor.absmax[i] - tensor.nestedOffset));
    tensor.nestedAbsmax.push_back(nested);
    for (std::size_t i = first; i < end; ++i) {
      const float normalised = nested == 0.0F ? 0.0F : (tensor.absmax[i] - tensor.nestedOffset) / nested;
      tensor.nestedCodes[i] = nearestDynamicCode(normalised);
      tensor.absmax[i] = numeric::dynamicMapSigned()[tensor.nestedCodes[i]] * nested + tensor.nestedOffset;
    }
  }
}

void packHighFirst(const std::uint8_t* codes, std::size_t count, std::uint8_t* packed) {
  for (std::size_t i = 0; i < count / 2; ++i)
    packed[i] = static_cast<std::uint8_t>((codes[2 * i] << 4) | codes[2 * i + 1]);
}

}  // namespace

void quantizeCodeBook(const tensor::TensorView& source, const Scheme& scheme, const JobContext& job,
                      QuantizedTensor& out, std::uint8_t* payload) {
  const std::uint64_t total = out.shape.count();
  const std::uint64_t blockSize = scheme.blockSize;
  assert(blockSize % 2 == 0);  // so that no byte belongs to two blocks
  out.layout = Layout::CodeBook;
  out.bits = codeBits(scheme.name);
  out.blockSize = scheme.blockSize;
  out.codeBook = scheme.name == SchemeName::Nf4 ? numeric::nf4CodeBook() : numeric::fp4CodeBook();
  out.absmax.resize(storedSize(scheme, out.shape).scales);
  forEachChunk(out.absmax.size(), itemsPerChunk(blockSize), job, "Quantizing",
               [&](std::uint64_t block, std::uint64_t blocks) {
                 const std::uint64_t first = block * blockSize;
                 const std::uint64_t count = std::min(blocks * blockSize, total - first);
                 std::vector<float> values(count + count % 2, 0.0F);
                 std::vector<std::uint8_t> codes(values.size());
                 decode(source, first, count, values.data());
                 for (std::uint64_t b = 0; b < blocks; ++b) {
                   const std::uint64_t at = b * blockSize;
                   const std::uint64_t size = std::min<std::uint64_t>(blockSize, values.size() - at);
                   out.absmax[block + b] = encodeBlock(scheme.name, values.data() + at, size, codes.data() + at);
                 }
                 packHighFirst(codes.data(), codes.size(), payload + first / 2);
               });
  if (scheme.doubleQuantization == DoubleQuantization::On) quantizeAbsmax(out);
}

void dequantizeCodeBook(const QuantizedTensor& tensor, std::uint64_t first, std::uint64_t count, float* out) {
  const auto* payload = reinterpret_cast<const std::uint8_t*>(tensor.payload.data());
  std::array<float, 16> level{};
  for (std::uint64_t i = first; i < first + count;) {
    const std::uint64_t block = i / tensor.blockSize;
    const std::uint64_t end = std::min(first + count, (block + 1) * tensor.blockSize);
    for (std::size_t code = 0; code < level.size(); ++code) level[code] = tensor.codeBook[code] * tensor.absmax[block];
    if (i % 2 != 0) {
      *out++ = level[payload[i / 2] & 0x0fU];
      ++i;
    }
    for (; i + 2 <= end; i += 2, out += 2) {
      out[0] = level[payload[i / 2] >> 4];
      out[1] = level[payload[i / 2] & 0x0fU];
    }
    if (i < end) {
      *out++ = level[payload[i / 2] >> 4];
      ++i;
    }
  }
}

}  // namespace core::quant
