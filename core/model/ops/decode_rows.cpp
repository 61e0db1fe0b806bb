#include "core/model/ops/decode_rows.h"

#include <bit>
#include <cstring>
#include <vector>

#include "core/model/coded_row.h"
#include "core/numeric/half.h"

namespace core::model::ops {

void decodeRows(const float* in, const float* floats, std::size_t tokens, std::size_t width, float* out) {
  const CodedRow layout(static_cast<std::uint32_t>(width));
  std::vector<std::int8_t> codes(width);
  for (std::size_t t = 0; t < tokens; ++t) {
    const float* const words = in + t * layout.words();
    const auto zero = std::bit_cast<std::int32_t>(words[1]);
    std::memcpy(codes.data(), words + layout.codes(), width);
    for (std::size_t c = 0; c < width; ++c) {
      const auto mask = std::bit_cast<std::uint32_t>(words[layout.masks() + c / CodedRow::kUnit]);
      const bool isOutlier = floats != nullptr && (mask >> (c % CodedRow::kUnit) & 1U) != 0;
      out[t * width + c] = isOutlier ? numeric::halfToFloat(numeric::floatToHalf(floats[t * width + c]))
                                     : words[0] * static_cast<float>(codes[c] - zero);
    }
  }
}

}  // namespace core::model::ops
