#include "core/quant/explain/gguf_text.h"

#include <algorithm>
#include <cassert>
#include <iterator>

namespace core::quant {

namespace {

using tensor::DType;

constexpr std::string_view kReciprocal = "{x}·(1/{d′})";
constexpr std::string_view kNear = "a whole number near ";  // their codes are searched, too
constexpr std::string_view kOffsetDivide = "({x} + {dmin}·{m})/({d}·{sc})";
constexpr std::string_view kHalves = "round({t})";
constexpr std::string_view kLatticeScale = "({s}·31/{largest s} − 1)/2";
constexpr std::string_view kIq1Scale = "({s}·15/{largest s} − 1)/2";
constexpr std::string_view kMeanMagnitude = "|x| + the root mean square of the group";
constexpr std::string_view kRoot = "√(σ² + x²), σ² being the block's mean square";
constexpr std::string_view kImportance = "importance·√(σ² + x²), σ² being a mean square";

constexpr GgufText kTexts[] = {
    {.dtype = DType::Q4_0,
     .scale = "{extreme}/(−8)",
     .divide = kReciprocal,
     .round = "⌊{t} + 8.5⌋",
     .code = "min({r}, 15)"},
    {.dtype = DType::Q4_1,
     .scale = "({xmax} − {xmin})/15",
     .minimum = "{xmin}",
     .divide = "({x} − {m′})·(1/{d′})",
     .round = "⌊{t} + 0.5⌋",
     .code = "min({r}, 15)"},
    {.dtype = DType::Q5_0,
     .scale = "{extreme}/(−16)",
     .divide = kReciprocal,
     .round = "⌊{t} + 16.5⌋",
     .code = "min({r}, 31)"},
    {.dtype = DType::Q5_1,
     .scale = "({xmax} − {xmin})/31",
     .minimum = "{xmin}",
     .divide = "({x} − {m′})·(1/{d′})",
     .round = "⌊{t} + 0.5⌋",
     .code = "min({r}, 31)"},
    {.dtype = DType::Q8_0, .scale = "{amax}/127", .divide = kReciprocal, .round = "round({t})", .code = "{r}"},
    {.dtype = DType::Q2_K,
     .scale = "{largest s}/15",
     .minimum = "{largest μ}/15",
     .groupScale = "{s}·15/{largest s}",
     .groupMinimum = "{μ}·15/{largest μ}",
     .divide = kOffsetDivide,
     .round = kHalves,
     .code = "clamp({r}, 0, 3)",
     .weight = "|x|"},
    {.dtype = DType::Q3_K,
     .scale = "{extreme s}/(−32)",

     .groupScale = "{s}·(−32)/{extreme s}",
     .groupClose = ") + 32",
     .divide = "{x}/({d}·({sc} − 32))",
     .round = kHalves,
     .clamp = "clamp({r}, −4, 3)",
     .code = "{c} + 4",
     .weight = "x²"},
    {.dtype = DType::Q4_K,
     .scale = "{largest s}/63",
     .minimum = "{largest μ}/63",
     .groupScale = "{s}·63/{largest s}",
     .groupMinimum = "{μ}·63/{largest μ}",
     .divide = kOffsetDivide,
     .round = kHalves,
     .code = "clamp({r}, 0, 15)",
     .weight = kMeanMagnitude},
    {.dtype = DType::Q5_K,
     .scale = "{largest s}/63",
     .minimum = "{largest μ}/63",
     .groupScale = "{s}·63/{largest s}",
     .groupMinimum = "{μ}·63/{largest μ}",
     .divide = kOffsetDivide,
     .round = kHalves,
     .code = "clamp({r}, 0, 31)",
     .weight = kMeanMagnitude},
    {.dtype = DType::Q6_K,
     .scale = "{extreme s}/(−128)",

     .groupScale = "{s}·(−128)/{extreme s}",
     .divide = "{x}/({d}·{sc})",
     .round = kHalves,
     .clamp = "clamp({r}, −32, 31)",
     .code = "{c} + 32",
     .weight = "x²"},
    {.dtype = DType::IQ4_NL,

     .divide = "{x}·(1/{d′})",
     .round = "level nearest to {t}",
     .code = "number of level {v}",
     .weight = "x²"},
    {.dtype = DType::IQ4_XS,
     .scale = "−({extreme s})/32",

     .groupScale = "{s}/{d′}",
     .groupClose = ") + 32",
     .divide = "{x}/({d′}·({sc} − 32))",
     .round = "level nearest to {t}",
     .code = "number of level {v}",
     .weight = "x²"},
    {.dtype = DType::IQ2_XXS, .scale = "{largest s}/31", .groupScale = kLatticeScale, .weight = kRoot},
    {.dtype = DType::IQ2_XS, .scale = "{largest s}/31", .groupScale = kLatticeScale, .weight = kRoot},
    {.dtype = DType::IQ2_S,
     .scale = "{largest s}/31·0.9875",

     .groupScale = kLatticeScale,
     .weight = "x² + σ²/4, σ² being twice the block's mean square"},
    {.dtype = DType::IQ3_XXS,
     .scale = "{largest s}/31·1.0125",

     .groupScale = kLatticeScale,
     .weight = "x²"},
    {.dtype = DType::IQ3_S,
     .scale = "{largest s}/31·1.033",

     .groupScale = kLatticeScale,
     .weight = "x²"},
    {.dtype = DType::IQ1_S,
     .scale = "{largest s}/15·1.125",

     .groupScale = kIq1Scale,
     .weight = "√(σ² + x²), σ² being twice the block's mean square"},
    {.dtype = DType::IQ1_M, .groupScale = kIq1Scale, .weight = "x²"},
    {.dtype = DType::TQ1_0, .scale = "{amax}", .divide = kReciprocal, .round = "round({t})"},
    {.dtype = DType::TQ2_0,
     .scale = "{amax}",

     .divide = kReciprocal,
     .round = "round({t})",
     .code = "{r} + 1"},
    {.dtype = DType::Q2_0,
     .scale = "{amax}",

     .divide = kReciprocal,
     .round = "round({t})",
     .code = "{r} + 1"},
    {.dtype = DType::Q1_0, .code = "1 where {x} ≥ 0, else 0"},
    {.dtype = DType::MXFP4,
     .scale = "2^(⌊log₂ {amax}⌋ − 2)",

     .round = "level nearest to {x}/{S}",
     .code = "code of {v}"},
    {.dtype = DType::NVFP4,

     .groupScale = "{largest |x|}/6",
     .round = "level nearest to {x}/{s}",
     .code = "code of {v}"},
};

// What an importance matrix changes.
constexpr GgufText kWeighedTexts[] = {
    {.dtype = DType::Q4_0,

     .divide = "{x}·{κ}",
     .round = kHalves,
     .clamp = "clamp({r}, −8, 7)",
     .code = "{c} + 8",
     .weight = kImportance},
    {.dtype = DType::Q4_1,

     .divide = "({x} − {o})·{κ}",
     .round = kHalves,
     .code = "clamp({r}, 0, 15)",
     .weight = kImportance},
    {.dtype = DType::Q5_0,

     .divide = "{x}·{κ}",
     .round = kHalves,
     .clamp = "clamp({r}, −16, 15)",
     .code = "{c} + 16",
     .weight = kImportance},
    {.dtype = DType::Q5_1,

     .divide = "({x} − {o})·{κ}",
     .round = kHalves,
     .code = "clamp({r}, 0, 31)",
     .weight = kImportance},
    {.dtype = DType::Q2_K,

     .groupScale = "{s}/{d′}",
     .groupMinimum = "{μ}/{dmin′}",
     .groupOpen = kNear,
     .groupClose = "",
     .divide = kOffsetDivide,
     .round = kHalves,
     .code = "clamp({r}, 0, 3)",
     .weight = kImportance},
    {.dtype = DType::Q3_K,

     .groupScale = "{s}·{κ}",
     .groupClose = ") + 32",
     .divide = "{x}/({d}·({sc} − 32))",
     .round = kHalves,
     .clamp = "clamp({r}, −4, 3)",
     .code = "{c} + 4",
     .weight = kImportance},
    {.dtype = DType::Q4_K,

     .groupScale = "{s}/{d′}",
     .groupMinimum = "{μ}/{dmin′}",
     .groupOpen = kNear,
     .groupClose = "",
     .divide = kOffsetDivide,
     .round = kHalves,
     .code = "clamp({r}, 0, 15)",
     .weight = kImportance},
    {.dtype = DType::Q5_K,

     .groupScale = "{s}/{d′}",
     .groupMinimum = "{μ}/{dmin′}",
     .groupOpen = kNear,
     .groupClose = "",
     .divide = kOffsetDivide,
     .round = kHalves,
     .code = "clamp({r}, 0, 31)",
     .weight = kImportance},
};

template <class Texts>
const GgufText* find(const Texts& texts, DType dtype) {
  const auto* const found =
      std::find_if(std::begin(texts), std::end(texts), [dtype](const GgufText& text) { return text.dtype == dtype; });
  return found == std::end(texts) ? nullptr : found;
}

}  // namespace

const GgufText& ggufText(DType dtype, bool byImportance) {
  if (const GgufText* weighed = byImportance ? find(kWeighedTexts, dtype) : nullptr) return *weighed;
  const GgufText* text = find(kTexts, dtype);
  assert(text != nullptr);
  return *text;
}

}  // namespace core::quant
