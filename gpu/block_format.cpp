// Which permutation of the kernels reads each GGUF block type, and what it needs.
#include "gpu/block_format.h"

#include <algorithm>
#include <array>
#include <bit>
#include <span>

#include "core/quant/iq4.h"
#include "core/quant/lattice_tables.h"
#include "core/quant/microscaling.h"
#include "gpu/lattice_words.h"
#include "gpu/packed_format.h"

namespace gpu {

namespace {

using core::tensor::DType;

enum class Table : std::uint8_t { None, Iq4, E2M1, Iq3Xxs, Lattice };

struct BlockFormat {
  DType type;
  const char* kernel;
  std::uint32_t quads, highs;
  std::uint32_t unitsPerGroup, groupsPerUnit;
  uint (*paramWords)(uint units, uint groups);
  Table table = Table::None;
};

constexpr auto kHalves = [](uint, uint groups) { return halfPairWords(groups); };
constexpr auto kSingles = [](uint, uint groups) { return singleWords(groups); };
constexpr auto kBytes = [](uint, uint groups) { return byteWords(groups); };
template <uint (*words)(uint)>
constexpr auto kOfUnits = [](uint units, uint) { return words(units); };

constexpr BlockFormat kFormats[] = {
    {DType::Q1_0, "q1_0", 0, 1, 4, 1, kHalves},
    {DType::Q2_0, "q2_0", 0, 2, 2, 1, kHalves},
    // Five digits in a byte would save 0.4 of 2.06 bits, and cost a chain of multiplications per weight.
    {DType::TQ1_0, "q2_0", 0, 2, 8, 1, kHalves},
    {DType::TQ2_0, "q2_0", 0, 2, 8, 1, kHalves},
    {DType::Q4_0, "q4_0", 1, 0, 1, 1, kHalves},
    {DType::Q4_1, "q4_1", 1, 0, 1, 1, kSingles},
    {DType::Q5_0, "q5_0", 1, 1, 1, 1, kHalves},
    {DType::Q5_1, "q5_1", 1, 1, 1, 1, kSingles},
    {DType::Q8_0, "q8_0", 2, 0, 1, 1, kHalves},
    {DType::Q2_K, "q2_k", 0, 2, 1, 2, kOfUnits<q2kParamWords>},
    {DType::Q3_K, "q3_k", 0, 3, 1, 2, kOfUnits<q3kParamWords>},
    {DType::Q4_K, "q4_k", 1, 0, 1, 1, kOfUnits<q4kParamWords>},
    {DType::Q5_K, "q5_k", 1, 1, 1, 1, kOfUnits<q4kParamWords>},
    {DType::Q6_K, "q6_k", 1, 2, 1, 2, kOfUnits<q6kParamWords>},
    {DType::IQ1_S, "iq1_s", 0, 1, 1, 1, kOfUnits<extraAndHalfWords>, Table::Lattice},
    {DType::IQ1_M, "iq1_m", 0, 1, 1, 4, kOfUnits<iq1mParamWords>, Table::Lattice},
    {DType::IQ2_XXS, "iq2_xxs", 0, 2, 1, 1, kOfUnits<iq2xxsParamWords>, Table::Lattice},
    {DType::IQ2_XS, "iq2_xs", 0, 2, 1, 2, kOfUnits<iq2xsParamWords>, Table::Lattice},
    {DType::IQ2_S, "iq2_s", 0, 2, 1, 2, kOfUnits<extraAndHalfWords>, Table::Lattice},
    {DType::IQ3_XXS, "iq3_xxs", 0, 3, 1, 1, kOfUnits<iq2xxsParamWords>, Table::Lattice},
    {DType::IQ3_S, "iq3_s", 0, 3, 1, 1, kOfUnits<extraAndHalfWords>, Table::Lattice},
    {DType::IQ4_NL, "iq4_nl", 1, 0, 1, 1, kHalves, Table::Iq4},
    {DType::IQ4_XS, "iq4_xs", 1, 0, 1, 1, kOfUnits<iq4xsParamWords>, Table::Iq4},
    {DType::MXFP4, "mxfp4", 1, 0, 1, 1, kBytes, Table::E2M1},
    {DType::NVFP4, "nvfp4", 1, 0, 1, 2, kBytes, Table::E2M1},
};

/// Instead of these, for lanes.
constexpr BlockFormat kLaneFormats[] = {
    {DType::IQ3_XXS, "iq3_xxs_codes", 1, 0, 1, 1, kOfUnits<iq3CodesParamWords>, Table::Iq3Xxs},
    {DType::IQ3_S, "iq3_s_codes", 1, 0, 1, 1, kOfUnits<iq3CodesParamWords>},
};

const BlockFormat* find(std::span<const BlockFormat> formats, DType type) {
  const auto found = std::find_if(formats.begin(), formats.end(), [&](const auto& f) { return f.type == type; });
  return found == formats.end() ? nullptr : &*found;
}

std::vector<std::uint32_t> wordsOf(const std::array<float, kUnitValues>& values) {
  std::vector<std::uint32_t> words;
  for (std::size_t i = 0; i < 16; ++i) words.push_back(std::bit_cast<std::uint32_t>(values[i]));
  return words;
}

/// The 16 levels of a type, as the CPU decodes them from a block of scale 1 with every code.
std::vector<std::uint32_t> levelsOf(Table table) {
  std::array<float, kUnitValues> values{};
  if (table == Table::Iq3Xxs) {
    for (std::size_t k = 0; k < 8; ++k) {
      values[8 + k] = core::quant::kIq3XxsLevels[k];
      values[7 - k] = -core::quant::kIq3XxsLevels[k];
    }
    return wordsOf(values);
  }
  std::array<std::uint8_t, 18> block{};
  const bool isIq4 = table == Table::Iq4;
  for (std::uint8_t code = 0; code < 16; ++code) block[(isIq4 ? 2U : 1U) + code] = code;
  if (isIq4) {
    block[1] = 0x3C;  // FP16 1
    core::quant::decodeIQ4_NL(block.data(), 1, values.data());
  } else {
    block[0] = 128;  // doubles the levels, as the kernels' halved scale wants it
    core::quant::decodeMXFP4(block.data(), 1, values.data());
  }
  return wordsOf(values);
}

}  // namespace

bool chooseBlockFormat(DType type, vk::KernelFamily family, PackedFormat& format) {
  const BlockFormat* found = family == vk::KernelFamily::Lanes ? find(kLaneFormats, type) : nullptr;
  format.hasWideCodes = found != nullptr;
  if (found == nullptr) found = find(kFormats, type);
  if (found == nullptr) return false;
  format.kernel = found->kernel;
  format.quads = found->quads;
  format.highs = found->highs;
  format.unitsPerGroup = found->unitsPerGroup;
  format.groupsPerUnit = found->groupsPerUnit;
  format.groups = format.units * found->groupsPerUnit / found->unitsPerGroup;
  format.paramWords = found->paramWords(format.units, format.groups);
  if (found->table == Table::Lattice) {
    format.table = latticeWords(type);
  } else if (found->table != Table::None) {
    format.table = levelsOf(found->table);
  }
  format.tableWords = static_cast<std::uint32_t>(format.table.size());
  return true;
}

}  // namespace gpu
