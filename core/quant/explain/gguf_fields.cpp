#include "core/quant/explain/gguf_fields.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace core::quant {

namespace {

using tensor::DType;
using Role = FieldRole;
using Reading = FieldReading;

/// One FP16 number that all values share.
constexpr FieldRun half(Role role, std::string_view symbol, std::uint32_t byte, std::uint32_t values) {
  return {.role = role, .symbol = symbol, .reading = Reading::Fp16, .valueCount = values, .pieces = {{{8 * byte, 16}}}};
}

// Codes of 32 values in nibbles: value j in the low half of byte j, value j + 16 in its high half.
constexpr FieldRun nibblesOf32(std::uint32_t byte, Reading reading = Reading::Unsigned) {
  return {.symbol = "q", .reading = reading, .axes = {{{2, 16}, {16, 1}}}, .pieces = {{{8 * byte, 4, 0, {4, 8}}}}};
}
constexpr FieldRun fiveBitsOf32(std::uint32_t fifthBits, std::uint32_t nibbles) {
  return {.symbol = "q",
          .axes = {{{2, 16}, {16, 1}}},
          .pieces = {{{8 * nibbles, 4, 0, {4, 8}}, {8 * fifthBits, 1, 4, {16, 1}}}}};
}

constexpr FieldRun kQ4_0[] = {half(Role::Scale, "d", 0, 32), nibblesOf32(2)};
constexpr FieldRun kQ4_1[] = {half(Role::Scale, "d", 0, 32), half(Role::Minimum, "m", 2, 32), nibblesOf32(4)};
constexpr FieldRun kQ5_0[] = {half(Role::Scale, "d", 0, 32), fiveBitsOf32(2, 6)};
constexpr FieldRun kQ5_1[] = {half(Role::Scale, "d", 0, 32), half(Role::Minimum, "m", 2, 32), fiveBitsOf32(4, 8)};
constexpr FieldRun kQ8_0[] = {
    half(Role::Scale, "d", 0, 32),
    {.symbol = "q", .reading = Reading::Signed, .axes = {{{32, 1}}}, .pieces = {{{16, 8, 0, {8}}}}}};
constexpr FieldRun kQ8_1[] = {
    half(Role::Scale, "d", 0, 32),
    half(Role::Sum, "s", 2, 32),
    {.symbol = "q", .reading = Reading::Signed, .axes = {{{32, 1}}}, .pieces = {{{32, 8, 0, {8}}}}}};

// Two-bit codes of 256 values: value 128·h + 32·s + j has bits 2·s of byte 32·h + j.
constexpr RunPiece twoBitsOf256(std::uint32_t byte) { return {8 * byte, 2, 0, {256, 2, 8}}; }
constexpr std::array<RunAxis, 4> kTwoBitAxes = {{{2, 128}, {4, 32}, {32, 1}}};

constexpr FieldRun kQ2_K[] = {
    half(Role::SuperScale, "d", 80, 256),
    half(Role::SuperMinimum, "dmin", 82, 256),
    {.role = Role::Scale, .symbol = "sc", .valueCount = 16, .axes = {{{16, 16}}}, .pieces = {{{0, 4, 0, {8}}}}},
    {.role = Role::Minimum, .symbol = "m", .valueCount = 16, .axes = {{{16, 16}}}, .pieces = {{{4, 4, 0, {8}}}}},
    {.symbol = "q", .axes = kTwoBitAxes, .pieces = {{twoBitsOf256(16)}}}};
constexpr FieldRun kQ3_K[] = {
    half(Role::SuperScale, "d", 108, 256),
    {.role = Role::Scale,
     .symbol = "sc",
     .valueCount = 16,
     .axes = {{{2, 128}, {2, 64}, {4, 16}}},
     .pieces = {{{768, 4, 0, {4, 32, 8}}, {832, 2, 4, {4, 2, 8}}}}},
    {.symbol = "q", .axes = kTwoBitAxes, .pieces = {{twoBitsOf256(32), {0, 1, 2, {4, 1, 8}}}}}};

// The 12 bytes of q4_k and q5_k: the first four pairs lie whole in 6 bits, the others are split between a nibble and
// the two top bits of an earlier byte.
constexpr FieldRun kFirstScales = {
    .role = Role::Scale, .symbol = "sc", .valueCount = 32, .axes = {{{4, 32}}}, .pieces = {{{32, 6, 0, {8}}}}};
constexpr FieldRun kLastScales = {.role = Role::Scale,
                                  .symbol = "sc",
                                  .firstValue = 128,
                                  .valueCount = 32,
                                  .axes = {{{4, 32}}},
                                  .pieces = {{{96, 4, 0, {8}}, {38, 2, 4, {8}}}}};
constexpr FieldRun kFirstMinima = {
    .role = Role::Minimum, .symbol = "m", .valueCount = 32, .axes = {{{4, 32}}}, .pieces = {{{64, 6, 0, {8}}}}};
constexpr FieldRun kLastMinima = {.role = Role::Minimum,
                                  .symbol = "m",
                                  .firstValue = 128,
                                  .valueCount = 32,
                                  .axes = {{{4, 32}}},
                                  .pieces = {{{100, 4, 0, {8}}, {70, 2, 4, {8}}}}};
constexpr std::array<RunAxis, 4> kPairAxes = {{{4, 64}, {2, 32}, {32, 1}}};
constexpr FieldRun kQ4_K[] = {half(Role::SuperScale, "d", 0, 256),
                              half(Role::SuperMinimum, "dmin", 2, 256),
                              kFirstScales,
                              kLastScales,
                              kFirstMinima,
                              kLastMinima,
                              {.symbol = "q", .axes = kPairAxes, .pieces = {{{128, 4, 0, {256, 4, 8}}}}}};
constexpr FieldRun kQ5_K[] = {
    half(Role::SuperScale, "d", 0, 256),
    half(Role::SuperMinimum, "dmin", 2, 256),
    kFirstScales,
    kLastScales,
    kFirstMinima,
    kLastMinima,
    {.symbol = "q", .axes = kPairAxes, .pieces = {{{384, 4, 0, {256, 4, 8}}, {128, 1, 4, {2, 1, 8}}}}}};
constexpr FieldRun kQ6_K[] = {half(Role::SuperScale, "d", 208, 256),
                              {.role = Role::Scale,
                               .symbol = "sc",
                               .reading = Reading::Signed,
                               .valueCount = 16,
                               .axes = {{{16, 16}}},
                               .pieces = {{{1536, 8, 0, {8}}}}},
                              {.symbol = "q",
                               .axes = {{{2, 128}, {2, 64}, {2, 32}, {32, 1}}},
                               .pieces = {{{0, 4, 0, {512, 4, 256, 8}}, {1024, 2, 4, {256, 4, 2, 8}}}}}};
constexpr FieldRun kQ8_K[] = {
    {.role = Role::Scale, .symbol = "d", .reading = Reading::Fp32, .valueCount = 256, .pieces = {{{0, 32}}}},
    {.role = Role::Sum,
     .symbol = "s",
     .reading = Reading::Signed,
     .valueCount = 16,
     .axes = {{{16, 16}}},
     .pieces = {{{2080, 16, 0, {16}}}}},
    {.symbol = "q", .reading = Reading::Signed, .axes = {{{256, 1}}}, .pieces = {{{32, 8, 0, {8}}}}}};

/// Scale codes of `bits` bits that speak of `values` values each.
constexpr FieldRun scaleCodes(std::uint32_t values, std::uint32_t firstBit, std::uint32_t bits, std::uint32_t step) {
  return {.role = Role::Scale,
          .symbol = "sc",
          .valueCount = values,
          .axes = {{{256 / values, values}}},
          .pieces = {{{firstBit, bits, 0, {step}}}}};
}

constexpr FieldRun kIQ2_XXS[] = {half(Role::SuperScale, "d", 0, 256),
                                 scaleCodes(32, 76, 4, 64),
                                 {.role = Role::Index,
                                  .symbol = "i",
                                  .valueCount = 8,
                                  .axes = {{{8, 32}, {4, 8}}},
                                  .pieces = {{{16, 8, 0, {64, 8}}}}},
                                 {.role = Role::Sign,
                                  .symbol = "s",
                                  .reading = Reading::Bits,
                                  .valueCount = 8,
                                  .axes = {{{8, 32}, {4, 8}}},
                                  .pieces = {{{48, 7, 0, {64, 7}}}}}};
constexpr FieldRun kIQ2_XS[] = {
    half(Role::SuperScale, "d", 0, 256),
    scaleCodes(16, 528, 4, 4),
    {.role = Role::Index, .symbol = "i", .valueCount = 8, .axes = {{{32, 8}}}, .pieces = {{{16, 9, 0, {16}}}}},
    {.role = Role::Sign,
     .symbol = "s",
     .reading = Reading::Bits,
     .valueCount = 8,
     .axes = {{{32, 8}}},
     .pieces = {{{25, 7, 0, {16}}}}}};
constexpr FieldRun kIQ2_S[] = {half(Role::SuperScale, "d", 0, 256),
                               scaleCodes(16, 592, 4, 4),
                               {.role = Role::Index,
                                .symbol = "i",
                                .valueCount = 8,
                                .axes = {{{32, 8}}},
                                .pieces = {{{16, 8, 0, {8}}, {528, 2, 8, {2}}}}},
                               {.role = Role::Sign,
                                .symbol = "s",
                                .reading = Reading::Bits,
                                .valueCount = 8,
                                .axes = {{{32, 8}}},
                                .pieces = {{{272, 8, 0, {8}}}}}};
constexpr FieldRun kIQ3_XXS[] = {
    half(Role::SuperScale, "d", 0, 256),
    scaleCodes(32, 556, 4, 32),
    {.role = Role::Index, .symbol = "i", .valueCount = 4, .axes = {{{64, 4}}}, .pieces = {{{16, 8, 0, {8}}}}},
    {.role = Role::Sign,
     .symbol = "s",
     .reading = Reading::Bits,
     .valueCount = 8,
     .axes = {{{8, 32}, {4, 8}}},
     .pieces = {{{528, 7, 0, {32, 7}}}}}};
constexpr FieldRun kIQ3_S[] = {half(Role::SuperScale, "d", 0, 256),
                               scaleCodes(32, 848, 4, 4),
                               {.role = Role::Index,
                                .symbol = "i",
                                .valueCount = 4,
                                .axes = {{{64, 4}}},
                                .pieces = {{{16, 8, 0, {8}}, {528, 1, 8, {1}}}}},
                               {.role = Role::Sign,
                                .symbol = "s",
                                .reading = Reading::Bits,
                                .valueCount = 8,
                                .axes = {{{32, 8}}},
                                .pieces = {{{592, 8, 0, {8}}}}}};
constexpr FieldRun kIQ1_S[] = {
    half(Role::SuperScale, "d", 0, 256),
    scaleCodes(32, 284, 3, 16),
    {.role = Role::OffsetSign, .symbol = "δ", .valueCount = 32, .axes = {{{8, 32}}}, .pieces = {{{287, 1, 0, {16}}}}},
    {.role = Role::Index,
     .symbol = "i",
     .valueCount = 8,
     .axes = {{{8, 32}, {4, 8}}},
     .pieces = {{{16, 8, 0, {32, 8}}, {272, 3, 8, {16, 3}}}}}};
constexpr FieldRun kIQ1_M[] = {{.role = Role::SuperScale,
                                .symbol = "d",
                                .reading = Reading::Fp16,
                                .valueCount = 256,
                                .pieces = {{{396, 4, 0}, {412, 4, 4}, {428, 4, 8}, {444, 4, 12}}}},
                               {.role = Role::Scale,
                                .symbol = "sc",
                                .valueCount = 16,
                                .axes = {{{4, 64}, {4, 16}}},
                                .pieces = {{{384, 3, 0, {16, 3}}}}},
                               {.role = Role::OffsetSign,
                                .symbol = "δ",
                                .valueCount = 8,
                                .axes = {{{16, 16}, {2, 8}}},
                                .pieces = {{{259, 1, 0, {8, 4}}}}},
                               {.role = Role::Index,
                                .symbol = "i",
                                .valueCount = 8,
                                .axes = {{{16, 16}, {2, 8}}},
                                .pieces = {{{0, 8, 0, {16, 8}}, {256, 3, 8, {8, 4}}}}}};
constexpr FieldRun kIQ4_NL[] = {half(Role::Scale, "d", 0, 32), nibblesOf32(2)};
constexpr FieldRun kIQ4_XS[] = {
    half(Role::SuperScale, "d", 0, 256),
    {.role = Role::Scale,
     .symbol = "sc",
     .valueCount = 32,
     .axes = {{{8, 32}}},
     .pieces = {{{32, 4, 0, {4}}, {16, 2, 4, {2}}}}},
    {.symbol = "q", .axes = {{{8, 32}, {2, 16}, {16, 1}}}, .pieces = {{{64, 4, 0, {128, 4, 8}}}}}};

/// Bytes of ternary digits: byte j has values first + j, first + j + bytes, …
constexpr FieldRun digits(std::uint32_t byte, std::uint32_t bytes, std::uint32_t firstValue, std::uint32_t values) {
  return {.role = Role::Index,
          .symbol = "t",
          .firstValue = firstValue,
          .valueCount = values,
          .valueStride = bytes,
          .axes = {{{bytes, 1}}},
          .pieces = {{{8 * byte, 8, 0, {8}}}}};
}
constexpr FieldRun kTQ1_0[] = {half(Role::Scale, "d", 52, 256), digits(0, 32, 0, 5), digits(32, 16, 160, 5),
                               digits(48, 4, 240, 4)};
constexpr FieldRun kTQ2_0[] = {half(Role::Scale, "d", 64, 256),
                               {.symbol = "q", .axes = kTwoBitAxes, .pieces = {{twoBitsOf256(0)}}}};
constexpr FieldRun kMXFP4[] = {
    {.role = Role::Scale, .symbol = "S", .reading = Reading::E8M0, .valueCount = 32, .pieces = {{{0, 8}}}},
    nibblesOf32(1, Reading::Fp4E2M1)};
constexpr FieldRun kNVFP4[] = {{.role = Role::Scale,
                                .symbol = "s",
                                .reading = Reading::UnsignedE4M3,
                                .valueCount = 16,
                                .axes = {{{4, 16}}},
                                .pieces = {{{0, 8, 0, {8}}}}},
                               {.symbol = "q",
                                .reading = Reading::Fp4E2M1,
                                .axes = {{{4, 16}, {2, 8}, {8, 1}}},
                                .pieces = {{{32, 4, 0, {64, 4, 8}}}}}};
constexpr FieldRun kQ1_0[] = {half(Role::Scale, "d", 0, 128),
                              {.symbol = "q", .axes = {{{128, 1}}}, .pieces = {{{16, 1, 0, {1}}}}}};
constexpr FieldRun kQ2_0[] = {half(Role::Scale, "d", 0, 64),
                              {.symbol = "q", .axes = {{{64, 1}}}, .pieces = {{{16, 2, 0, {2}}}}}};

struct TypeRuns {
  DType dtype;
  std::uint32_t blockBytes;
  std::uint32_t blockValues;
  std::span<const FieldRun> runs;
};
constexpr TypeRuns kTypes[] = {
    {DType::Q4_0, 18, 32, kQ4_0},      {DType::Q4_1, 20, 32, kQ4_1},     {DType::Q5_0, 22, 32, kQ5_0},
    {DType::Q5_1, 24, 32, kQ5_1},      {DType::Q8_0, 34, 32, kQ8_0},     {DType::Q8_1, 36, 32, kQ8_1},
    {DType::Q2_K, 84, 256, kQ2_K},     {DType::Q3_K, 110, 256, kQ3_K},   {DType::Q4_K, 144, 256, kQ4_K},
    {DType::Q5_K, 176, 256, kQ5_K},    {DType::Q6_K, 210, 256, kQ6_K},   {DType::Q8_K, 292, 256, kQ8_K},
    {DType::IQ1_S, 50, 256, kIQ1_S},   {DType::IQ1_M, 56, 256, kIQ1_M},  {DType::IQ2_XXS, 66, 256, kIQ2_XXS},
    {DType::IQ2_XS, 74, 256, kIQ2_XS}, {DType::IQ2_S, 82, 256, kIQ2_S},  {DType::IQ3_XXS, 98, 256, kIQ3_XXS},
    {DType::IQ3_S, 110, 256, kIQ3_S},  {DType::IQ4_NL, 18, 32, kIQ4_NL}, {DType::IQ4_XS, 136, 256, kIQ4_XS},
    {DType::TQ1_0, 54, 256, kTQ1_0},   {DType::TQ2_0, 66, 256, kTQ2_0},  {DType::MXFP4, 17, 32, kMXFP4},
    {DType::NVFP4, 36, 64, kNVFP4},    {DType::Q1_0, 18, 128, kQ1_0},    {DType::Q2_0, 18, 64, kQ2_0},
};

/// Every bit of the block lies in one field, every value has one code or index.
constexpr bool isWhole(const TypeRuns& type) {
  std::array<bool, 292 * 8> taken{};
  std::array<std::uint32_t, 256> codes{};
  std::uint32_t bits = 0;
  for (const FieldRun& run : type.runs)
    for (std::uint32_t n = 0; n < run.fieldCount(); ++n) {
      const BlockField field = run.field(n);
      for (std::uint32_t v = 0; v < field.valueCount; ++v)
        codes[field.firstValue + v * field.valueStride] += run.role == Role::Code || run.role == Role::Index ? 1U : 0U;
      for (const BitRange& range : field.ranges)
        for (std::uint32_t bit = range.firstBit; bit < range.firstBit + range.bits; ++bit, ++bits) {
          if (bit >= 8 * type.blockBytes || taken[bit]) return false;
          taken[bit] = true;
        }
    }
  for (std::uint32_t v = 0; v < type.blockValues; ++v)
    if (codes[v] != 1) return false;
  return bits == 8 * type.blockBytes;
}
/// One evaluation a type: together they take more steps than clang allows.
template <std::size_t kType>
constexpr bool kIsWhole = isWhole(kTypes[kType]);
template <std::size_t... kType>
constexpr bool areWhole(std::index_sequence<kType...>) {
  return (kIsWhole<kType> && ...);
}
static_assert(areWhole(std::make_index_sequence<std::size(kTypes)>()),
              "Every bit of a block belongs to exactly one field, and every value to one code.");

}  // namespace

std::span<const FieldRun> ggufFieldRuns(DType dtype) {
  const auto* const type =
      std::find_if(std::begin(kTypes), std::end(kTypes), [dtype](const TypeRuns& t) { return t.dtype == dtype; });
  return type == std::end(kTypes) ? std::span<const FieldRun>() : type->runs;
}

}  // namespace core::quant
