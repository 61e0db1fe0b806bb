#include "core/quant/elements.h"

#include <algorithm>
#include <array>

#include "core/quant/block_codec.h"

namespace core::quant {

namespace {
constexpr std::size_t kLargestBlockValues = 256;
}  // namespace

void decodeElements(tensor::DType dtype, const std::byte* bytes, std::uint64_t first, std::uint64_t count, float* out) {
  const BlockCodec& codec = *blockCodec(dtype);
  const tensor::DTypeInfo& layout = tensor::info(dtype);
  const auto* blocks = reinterpret_cast<const std::uint8_t*>(bytes);
  std::array<float, kLargestBlockValues> whole;
  while (count != 0) {
    const std::uint64_t inside = first % layout.blockValues;
    const std::uint8_t* block = blocks + first / layout.blockValues * layout.blockBytes;
    std::uint64_t done = 0;
    if (inside == 0 && count >= layout.blockValues) {
      const std::uint64_t blockCount = count / layout.blockValues;
      codec.decode(block, blockCount, out);
      done = blockCount * layout.blockValues;
    } else {
      codec.decode(block, 1, whole.data());
      done = std::min<std::uint64_t>(count, layout.blockValues - inside);
      std::copy_n(whole.data() + inside, done, out);
    }
    first += done;
    count -= done;
    out += done;
  }
}

void decodeRows(const Elements& elements, std::span<const std::byte> payload, const tensor::Shape& shape,
                std::uint64_t firstRow, std::uint64_t rowCount, float* out) {
  const std::uint64_t rowValues = shape.rowValues();
  decodeElements(elements.dtype, payload.data(), firstRow * rowValues, rowCount * rowValues, out);
}

std::uint64_t sideBytes(const Elements&) { return 0; }

}  // namespace core::quant
