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

/// Types that differ in the width of their codes alone.
constexpr GgufText wider(GgufText like, DType dtype, std::string_view code) {
  like.dtype = dtype;
  like.code = code;
  return like;
}

constexpr GgufText fromExtreme(DType dtype, std::string_view scale, std::string_view round, std::string_view code) {
  return {.dtype = dtype, .scale = scale, .divide = kReciprocal, .round = round, .code = code};
}

constexpr GgufText fromBothEnds(DType dtype, std::string_view scale, std::string_view code) {
  return {.dtype = dtype,
          .scale = scale,
          .minimum = "{xmin}",
          .divide = "({x} − {m′})·(1/{d′})",
          .round = "⌊{t} + 0.5⌋",
          .code = code};
}

/// Codes that are places in a lattice.
constexpr GgufText lattice(DType dtype, std::string_view scale, std::string_view weight,
                           std::string_view groupScale = kLatticeScale) {
  return {.dtype = dtype, .scale = scale, .groupScale = groupScale, .weight = weight};
}

constexpr GgufText twoBits(DType dtype) {
  return {.dtype = dtype, .scale = "{amax}", .divide = kReciprocal, .round = "round({t})", .code = "{r} + 1"};
}

constexpr GgufText kQ4K{.dtype = DType::Q4_K,
                        .scale = "{largest s}/63",
                        .minimum = "{largest μ}/63",
                        .groupScale = "{s}·63/{largest s}",
                        .groupMinimum = "{μ}·63/{largest μ}",
                        .divide = kOffsetDivide,
                        .round = kHalves,
                        .code = "clamp({r}, 0, 15)",
                        .weight = kMeanMagnitude};

constexpr GgufText kTexts[] = {
    fromExtreme(DType::Q4_0, "{extreme}/(−8)", "⌊{t} + 8.5⌋", "min({r}, 15)"),
    fromBothEnds(DType::Q4_1, "({xmax} − {xmin})/15", "min({r}, 15)"),
    fromExtreme(DType::Q5_0, "{extreme}/(−16)", "⌊{t} + 16.5⌋", "min({r}, 31)"),
    fromBothEnds(DType::Q5_1, "({xmax} − {xmin})/31", "min({r}, 31)"),
    fromExtreme(DType::Q8_0, "{amax}/127", "round({t})", "{r}"),
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
    kQ4K,
    wider(kQ4K, DType::Q5_K, "clamp({r}, 0, 31)"),
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
    lattice(DType::IQ2_XXS, "{largest s}/31", kRoot),
    lattice(DType::IQ2_XS, "{largest s}/31", kRoot),
    lattice(DType::IQ2_S, "{largest s}/31·0.9875", "x² + σ²/4, σ² being twice the block's mean square"),
    lattice(DType::IQ3_XXS, "{largest s}/31·1.0125", "x²"),
    lattice(DType::IQ3_S, "{largest s}/31·1.033", "x²"),
    lattice(DType::IQ1_S, "{largest s}/15·1.125", "√(σ² + x²), σ² being twice the block's mean square", kIq1Scale),
    lattice(DType::IQ1_M, {}, "x²", kIq1Scale),
    {.dtype = DType::TQ1_0, .scale = "{amax}", .divide = kReciprocal, .round = "round({t})"},
    twoBits(DType::TQ2_0),
    twoBits(DType::Q2_0),
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

constexpr GgufText searchedScale(DType dtype, std::string_view clamp, std::string_view code) {
  return {.dtype = dtype, .divide = "{x}·{κ}", .round = kHalves, .clamp = clamp, .code = code, .weight = kImportance};
}

constexpr GgufText searchedOffset(DType dtype, std::string_view code) {
  return {.dtype = dtype, .divide = "({x} − {o})·{κ}", .round = kHalves, .code = code, .weight = kImportance};
}

constexpr GgufText searchedMinima(DType dtype, std::string_view code) {
  return {.dtype = dtype,
          .groupScale = "{s}/{d′}",
          .groupMinimum = "{μ}/{dmin′}",
          .groupOpen = kNear,
          .groupClose = "",
          .divide = kOffsetDivide,
          .round = kHalves,
          .code = code,
          .weight = kImportance};
}

constexpr GgufText kWeighedTexts[] = {
    searchedScale(DType::Q4_0, "clamp({r}, −8, 7)", "{c} + 8"),
    searchedOffset(DType::Q4_1, "clamp({r}, 0, 15)"),
    searchedScale(DType::Q5_0, "clamp({r}, −16, 15)", "{c} + 16"),
    searchedOffset(DType::Q5_1, "clamp({r}, 0, 31)"),
    searchedMinima(DType::Q2_K, "clamp({r}, 0, 3)"),
    {.dtype = DType::Q3_K,
     .groupScale = "{s}·{κ}",
     .groupClose = ") + 32",
     .divide = "{x}/({d}·({sc} − 32))",
     .round = kHalves,
     .clamp = "clamp({r}, −4, 3)",
     .code = "{c} + 4",
     .weight = kImportance},
    searchedMinima(DType::Q4_K, "clamp({r}, 0, 15)"),
    searchedMinima(DType::Q5_K, "clamp({r}, 0, 31)"),
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
