#include "core/quant/model_size.h"

#include "core/quant/stored_size.h"

namespace core::quant {

double largeMatrixBitsPerWeight(const Format& format) {
  constexpr std::uint64_t kSide = 8192;  // a multiple of every block
  return 8 * static_cast<double>(storedSize(format, {kSide, kSide}).bytes()) / static_cast<double>(kSide * kSide);
}

double weightBytes(const ModelParameters& parameters, const Format& blocks, const Format& ends) {
  return parameters.blocks * largeMatrixBitsPerWeight(blocks) / 8 +
         (parameters.embedding + parameters.head) * largeMatrixBitsPerWeight(ends) / 8;
}

double kvCacheBytes(const KvDimensions& dimensions, double tokens, double bytesPerValue) {
  return 2 * dimensions.layers * dimensions.kvHeads * dimensions.headSize * bytesPerValue * tokens;
}

}  // namespace core::quant
