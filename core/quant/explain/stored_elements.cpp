#include "core/quant/explain/stored_elements.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "core/quant/block_codec.h"
#include "core/quant/explain/block_parameters.h"
#include "core/quant/explain/gguf_levels.h"

namespace core::quant {

namespace {

using tensor::DType;

/// How a value follows from the numbers of its block: as the decoders compute it (ggml_legacy.h, k_quants.h, …). v is
/// the entry of a table, the float that the code reads as, or the level of a lattice point with its sign.
struct DecodeFormula {
  DType dtype;
  std::string_view pattern;
};
constexpr DecodeFormula kFormulas[] = {
    {DType::Q4_0, "({q} − 8)·{d}"},
    {DType::Q4_1, "{q}·{d} + {m}"},
    {DType::Q5_0, "({q} − 16)·{d}"},
    {DType::Q5_1, "{q}·{d} + {m}"},
    {DType::Q8_0, "{q}·{d}"},
    {DType::Q2_K, "{d}·{sc}·{q} − {dmin}·{m}"},
    {DType::Q3_K, "{d}·({sc} − 32)·({q} − 4)"},
    {DType::Q4_K, "{d}·{sc}·{q} − {dmin}·{m}"},
    {DType::Q5_K, "{d}·{sc}·{q} − {dmin}·{m}"},
    {DType::Q6_K, "{d}·{sc}·({q} − 32)"},
    {DType::Q8_K, "{d}·{q}"},
    {DType::IQ1_S, "{d}·(2·{sc} + 1)·{v}"},
    {DType::IQ1_M, "{d}·(2·{sc} + 1)·{v}"},
    {DType::IQ2_XXS, "{d}·(0.5 + {sc})·0.25·{v}"},
    {DType::IQ2_XS, "{d}·(0.5 + {sc})·0.25·{v}"},
    {DType::IQ2_S, "{d}·(0.5 + {sc})·0.25·{v}"},
    {DType::IQ3_XXS, "{d}·(0.5 + {sc})·0.5·{v}"},
    {DType::IQ3_S, "{d}·(1 + 2·{sc})·{v}"},
    {DType::IQ4_NL, "{d}·{v}"},
    {DType::IQ4_XS, "{d}·({sc} − 32)·{v}"},
    {DType::TQ1_0, "({v})·{d}"},
    {DType::TQ2_0, "({q} − 1)·{d}"},
    {DType::MXFP4, "{v}·{S}"},
    {DType::NVFP4, "{v}·{s}"},
    {DType::Q1_0, "{v}·{d}"},
    {DType::Q2_0, "({q} − 1)·{d}"},
};

std::string patternOf(DType dtype) {
  const auto* const found = std::find_if(std::begin(kFormulas), std::end(kFormulas),
                                         [dtype](const DecodeFormula& f) { return f.dtype == dtype; });
  return found == std::end(kFormulas) ? std::string() : std::string(found->pattern);
}

/// Values that one combination of scale, minimum and offset speaks for: the narrowest such field.
std::uint32_t valuesPerScale(const BlockFields& fields) {
  std::uint32_t least = fields.values;
  for (const BlockField& field : fields.fields)
    if (field.role == FieldRole::Scale || field.role == FieldRole::OffsetSign)
      least = std::min(least, field.valueCount);
  return least;
}

/// The fields of this role that speak of the first value of one of the sets.
std::vector<const BlockField*> fieldsOfFirst(const BlockFields& fields, FieldRole role,
                                             const std::vector<ExplanationLevels>& sets) {
  std::vector<const BlockField*> result;
  for (const BlockField& field : fields.fields)
    if (field.role == role && std::any_of(sets.begin(), sets.end(),
                                          [&](const ExplanationLevels& set) { return field.speaksOf(set.firstValue); }))
      result.push_back(&field);
  return result;
}

/// Decodes copies of the block in which the first value of every group has the same code, index and sign, once for
/// each.
std::vector<ExplanationLevels> levelsOf(DType dtype, const BlockFields& fields, std::vector<std::byte> bytes) {
  const std::uint32_t size = valuesPerScale(fields);
  std::vector<ExplanationLevels> sets;
  for (std::uint32_t first = 0; first < fields.values; first += size) sets.push_back({first, size, {}});
  std::vector<const BlockField*> codes = fieldsOfFirst(fields, FieldRole::Code, sets);
  if (codes.empty()) codes = fieldsOfFirst(fields, FieldRole::Index, sets);
  const std::vector<const BlockField*> signs = fieldsOfFirst(fields, FieldRole::Sign, sets);
  std::vector<float> decoded(fields.values);
  const std::uint64_t count = std::uint64_t{1} << codes.front()->bits();
  for (std::uint64_t combination = 0; combination < count << (signs.empty() ? 0 : 1); ++combination) {
    for (const BlockField* field : codes) setBits(*field, combination % count, bytes);
    for (const BlockField* field : signs) setBits(*field, combination / count, bytes);  // of the first value
    blockCodec(dtype)->decode(reinterpret_cast<const std::uint8_t*>(bytes.data()), 1, decoded.data());
    for (ExplanationLevels& set : sets)
      if (std::isfinite(decoded[set.firstValue])) set.levels.push_back(static_cast<double>(decoded[set.firstValue]));
  }
  for (ExplanationLevels& set : sets) {
    std::sort(set.levels.begin(), set.levels.end());
    set.levels.erase(std::unique(set.levels.begin(), set.levels.end()), set.levels.end());
  }
  return sets;
}

/// The number of every value's code field: what is stored, whole numbers with their sign.
std::vector<double> codeNumbers(const BlockExplanation& out) {
  std::vector<double> codes(out.fields.values);
  for (const BlockField& field : out.fields.fields) {
    if (field.role != FieldRole::Code && field.role != FieldRole::Index) continue;
    const std::uint64_t bits = bitsOf(field, out.bytes);
    const double number = field.reading == FieldReading::Signed ? numberOf(field, bits) : static_cast<double>(bits);
    for (std::uint32_t v = 0; v < field.valueCount; ++v) codes[field.firstValue + v * field.valueStride] = number;
  }
  return codes;
}

/// Plain elements: each is a block of its own.
void describePlain(DType dtype, const BlockPlace& place, BlockExplanation& out) {
  addStep(out, StepId::Code, "u", "what is stored", "", codeNumbers(out));
  if (tensor::info(dtype).blockBytes > 2) return;  // too many values to list
  std::vector<std::uint8_t> all;
  const std::size_t bytes = tensor::info(dtype).blockBytes, codes = std::size_t{1} << (8 * bytes);
  for (std::size_t code = 0; code < codes; ++code)
    for (std::size_t b = 0; b < bytes; ++b) all.push_back(static_cast<std::uint8_t>((code >> (8 * b)) & 0xffU));
  std::vector<float> decoded(codes);
  blockCodec(dtype)->decode(all.data(), codes, decoded.data());
  ExplanationLevels set{0, static_cast<std::uint32_t>(place.count), {}};
  for (const float level : decoded)
    if (std::isfinite(level)) set.levels.push_back(static_cast<double>(level));
  std::sort(set.levels.begin(), set.levels.end());
  set.levels.erase(std::unique(set.levels.begin(), set.levels.end()), set.levels.end());
  out.levels.push_back(std::move(set));
}

}  // namespace

std::string describeElements(const QuantizedTensor& tensor, const BlockPlace& place, BlockExplanation& out) {
  const DType dtype = *tensor.dtype();
  const tensor::DTypeInfo& type = tensor::info(dtype);
  out.fields = fieldsOf(tensor, static_cast<std::uint32_t>(place.count));
  const auto stored = tensor.payload.subspan(place.first / type.blockValues * type.blockBytes, out.fields.bytes);
  out.bytes.assign(stored.begin(), stored.end());
  if (type.blockValues == 1) return describePlain(dtype, place, out), std::string("{u} as a float");
  out.parameters = storedParameters(out.fields, out.bytes);
  out.levels = levelsOf(dtype, out.fields, out.bytes);
  addStep(out, StepId::Code, ggufCodeSymbol(out.fields), "what is stored", "", codeNumbers(out));
  if (const auto levels = ggufLevels(dtype, out); !levels.empty())
    addStep(out, StepId::Level, "v", "the level that it stands for", "", levels);
  return patternOf(dtype);
}

}  // namespace core::quant
