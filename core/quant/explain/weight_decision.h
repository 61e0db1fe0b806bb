#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/quant/quantized_tensor.h"

namespace core::quant {

/// Why a weight is not what it was.
enum class WeightDecision : std::uint8_t {
  Exact,          ///< it is
  Rounding,       ///< the nearest level lies so far off, and its neighbours no closer than levels usually do
  Clipped,        ///< it lies beyond the outermost level
  OutlierScale,   ///< one much larger weight made the steps of all that share its scale wide
  CodeBookGap,    ///< levels lie farther apart here than elsewhere in the code book
  NotTheNearest,  ///< another level lies nearer: the method minimized something else than this weight's error
  Shared,         ///< its code stands for several weights at once (lattices, ternary digits)
  Given           ///< nothing was rounded: a plain number of another model, or with an adapter in it
};
std::string_view toString(WeightDecision decision);  ///< "exact", "rounding", "clipped", …

/// One weight of a block: what it was, what it became, and why.
struct DecidedWeight {
  std::uint64_t element = 0;  ///< flat index in the model's own weight
  float value = 0.0F;         ///< in the reference
  float decoded = 0.0F;
  std::optional<std::uint64_t> code;  ///< its bits; nothing where the column is kept beside the codes
  double step = 0.0;                  ///< between the levels around it; NaN where levels are not listed
  WeightDecision decision = WeightDecision::Exact;
  std::optional<std::uint64_t> cause;  ///< OutlierScale: the weight that set the scale
};

/// Of plain elements, which have no levels: Exact, Rounding to FP16 or BF16, or Given.
WeightDecision plainDecision(float value, float decoded);

/// The weights that lie in a block of a tensor, in its order.
/// @param reference the same tensor as it was  @param block from the left of the row
/// @throws Error (InvalidArgument) for a block that is not there
std::vector<DecidedWeight> decisionsOf(const QuantizedTensor& reference, const QuantizedTensor& stored,
                                       std::uint64_t row, std::uint64_t block);

}  // namespace core::quant
