#pragma once
#include <string_view>

#include "core/tensor/dtype.h"

namespace core::quant {

/// How the encoder of a GGUF type comes to its numbers, in words and patterns (formula_text). Names in the patterns of
/// parameters: xmin, xmax, amax and "extreme" (the value of largest magnitude) of the block; s and μ, what the search
/// found for a group; "largest |x|", of a group (NVFP4); "largest s", "extreme s" and "largest μ" of all groups; d′,
/// dmin′ before they are stored; κ and o, what the search multiplied by and subtracted. Names in those of columns: see
/// BlockExplanation.
struct GgufText {
  tensor::DType dtype;
  std::string_view scale = {};                          ///< d; empty: the search found it
  std::string_view minimum = {};                        ///< m or dmin; empty: there is none, or the search found it
  std::string_view groupScale = {}, groupMinimum = {};  ///< what is rounded to their whole numbers
  /// Around what is rounded to them: "round(" and ") + 32".
  std::string_view groupOpen = "round(", groupClose = ")";
  std::string_view divide = {}, round = {}, clamp = {}, code = {};  ///< empty: there is no such column, or no formula
  std::string_view weight = {};  ///< of a value's squared error in the search; empty: nothing is searched
};

/// @param byImportance whether an importance matrix weighs the errors
const GgufText& ggufText(tensor::DType dtype, bool byImportance);

}  // namespace core::quant
