#include "core/quant/block_integers.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <memory>
#include <utility>

#include "core/base/parallel.h"
#include "core/quant/bit_stream.h"
#include "core/quant/block_bytes.h"

namespace core::quant {

namespace {

using tensor::DType;

constexpr std::size_t kValues = 32, kGrainBlocks = 4096;

/// A block of 32: an FP16 scale, 32 fifth bits where there are some, and codes.
struct IntegerBlock {
  DType dtype;
  std::uint32_t bits;
  std::size_t bytes;
};
constexpr IntegerBlock kBlocks[] = {{DType::Q4_0, 4, 18}, {DType::Q5_0, 5, 22}, {DType::Q8_0, 8, 34}};

constexpr DType kScaled[] = {DType::Q4_1, DType::Q5_1, DType::Q2_K,   DType::Q3_K,   DType::Q4_K,
                             DType::Q5_K, DType::Q6_K, DType::IQ4_NL, DType::IQ4_XS, DType::MXFP4};

const IntegerBlock* blockOf(DType dtype) {
  const auto* found = std::ranges::find(kBlocks, dtype, &IntegerBlock::dtype);
  return found == std::end(kBlocks) ? nullptr : found;
}

/// Unsigned codes, the least level's being 0.
void readCodes(const IntegerBlock& layout, const std::uint8_t* block, std::uint8_t* codes) {
  if (layout.bits == 8) {
    for (std::size_t i = 0; i < kValues; ++i) codes[i] = block[2 + i] ^ 0x80U;
    return;
  }
  const std::uint8_t* nibbles = block + layout.bytes - kValues / 2;
  for (std::size_t i = 0; i < kValues / 2; ++i) {
    codes[i] = nibbles[i] & 0x0fU;
    codes[i + kValues / 2] = nibbles[i] >> 4;
  }
  if (layout.bits == 4) return;
  const std::uint32_t fifths = loadU32(block + 2);
  for (std::size_t i = 0; i < kValues; ++i) codes[i] = static_cast<std::uint8_t>(codes[i] | (fifths >> i & 1U) << 4);
}

}  // namespace

bool areIntegerBlocks(DType dtype) { return blockOf(dtype) != nullptr; }

bool areScaledIntegerBlocks(DType dtype) { return std::ranges::find(kScaled, dtype) != std::end(kScaled); }

QuantizedTensorPtr asIntegers(QuantizedTensorPtr tensor) {
  const IntegerBlock* layout = tensor->dtype() ? blockOf(*tensor->dtype()) : nullptr;
  if (layout == nullptr || !tensor->input || !tensor->input->makesCodes()) return tensor;
  Uniform codes{.bits = layout->bits,
                .qmin = -(1 << (layout->bits - 1)),
                .grouping = {Granularity::Group, kValues},
                .scaleType = ScaleType::Fp16,
                .scales = {},
                .zeroPoints = {}};
  const auto* blocks = reinterpret_cast<const std::uint8_t*>(tensor->payload.data());
  const std::size_t count = tensor->payload.size() / layout->bytes, packed = kValues * layout->bits / 8;
  codes.scales.resize(count);
  const auto buffer = std::make_shared<std::vector<std::byte>>(count * packed);
  parallelFor(count, kGrainBlocks, [&](std::size_t first, std::size_t last) {
    std::array<std::uint8_t, kValues> values{};
    for (std::size_t b = first; b < last; ++b) {
      const std::uint8_t* block = blocks + b * layout->bytes;
      codes.scales[b] = loadHalf(block);
      readCodes(*layout, block, values.data());
      packBits(values.data(), kValues, layout->bits, reinterpret_cast<std::uint8_t*>(buffer->data()) + b * packed);
    }
  });
  auto result = std::make_shared<QuantizedTensor>(*tensor);
  result->layout = std::move(codes);
  result->payload = *buffer;
  result->owner = buffer;
  return result;
}

}  // namespace core::quant
