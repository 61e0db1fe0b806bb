#include "gpu/packed_format.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <numeric>

#include "core/numeric/code_books.h"
#include "core/numeric/half.h"
#include "gpu/block_format.h"
#include "gpu/level_rule.h"

namespace gpu {

namespace {

using core::quant::CodeBook;
using core::quant::Elements;
using core::quant::Granularity;
using core::quant::Grouping;
using core::quant::LearnedCodeBooks;
using core::quant::QuantizedTensor;
using core::quant::Uniform;
using core::tensor::DType;

void setPlanes(PackedFormat& format, std::uint32_t bits) {
  format.quads = bits == 8 ? 2 : bits >= 4 ? 1 : 0;
  format.highs = bits == 8 ? 0 : bits % 4;
}

void choosePlain(DType dtype, PackedFormat& format) {
  format.unitsPerGroup = format.units;
  switch (dtype) {
    case DType::F16:
      format.kernel = "f16";
      format.quads = 4;
      break;
    case DType::BF16:
      format.kernel = "bf16";
      format.quads = 4;
      break;
    case DType::F8E4M3:
      format.kernel = "f8_e4m3";
      format.quads = 2;
      break;
    case DType::F8E5M2:
      format.kernel = "f8_e5m2";
      format.quads = 2;
      break;
    case DType::F32:
      format.kernel = "f32";
      format.quads = 8;
      break;
    default:
      format.isDecoded = true;
  }
}

bool areHalves(const std::vector<float>& values) {
  return std::all_of(values.begin(), values.end(), [](float value) {
    const float rounded = core::numeric::halfToFloat(core::numeric::floatToHalf(value));
    return std::bit_cast<std::uint32_t>(rounded) == std::bit_cast<std::uint32_t>(value);
  });
}

/// Whether the kernels' qmin − zero-point is exact, so that codes decode as on the CPU.
bool areExact(const Uniform& codes) {
  return std::all_of(codes.zeroPoints.begin(), codes.zeroPoints.end(), [&](float zero) {
    const double exact = static_cast<double>(codes.qmin) - static_cast<double>(zero);
    return std::isnan(zero) || static_cast<double>(static_cast<float>(exact)) == exact;
  });
}

bool areShorts(const std::vector<float>& zeroPoints) {
  return std::all_of(zeroPoints.begin(), zeroPoints.end(),
                     [](float zero) { return std::abs(zero) < 32000 && zero == std::trunc(zero); });
}

bool areBrains(const std::vector<float>& values) {
  return std::all_of(values.begin(), values.end(),
                     [](float value) { return (std::bit_cast<std::uint32_t>(value) & 0xFFFFU) == 0; });
}

/// Which scales a unit has. @return false where they change in the middle of eight values
bool chooseGroups(const Grouping& grouping, PackedFormat& format) {
  if (grouping.size == 0) {  // one per row at most
    format.unitsPerGroup = format.units;
    return true;
  }
  // Where blocks run across rows, a scale is repeated so that it begins with a row.
  const auto size = static_cast<std::uint32_t>(grouping.granularity == Granularity::Block
                                                   ? std::gcd(std::uint64_t{grouping.size}, format.rowValues)
                                                   : grouping.size);
  if (size % kUnitValues == 0) {
    format.groups = static_cast<std::uint32_t>((format.rowValues + size - 1) / size);
    format.unitsPerGroup = size / kUnitValues;
    return true;
  }
  if (size != 16 && size != 8) return false;
  format.groupsPerUnit = kUnitValues / size;
  format.groups = format.units * format.groupsPerUnit;
  return true;
}

/// Kernel "int4", "levels4" … whose scales lie as shaders/common/scales.glsl says.
void chooseScaled(const char* kernel, std::uint32_t bits, std::uint32_t mode, std::int32_t zero, PackedFormat& format,
                  std::uint32_t levelRule = kTableLevels) {
  format.kernel = kernel + std::to_string(bits);
  setPlanes(format, bits);
  format.paramWords = integerParamWords(mode, format.groups);
  format.constants = IntegerConstants{.scaleMode = mode,
                                      .symmetricZero = zero,
                                      .groupsPerUnit = static_cast<int>(format.groupsPerUnit),
                                      .levelRule = levelRule};
}

std::uint32_t scaleModeOf(const std::vector<float>& scales) {
  return areHalves(scales) ? kHalfScales : areBrains(scales) ? kBrainScales : kFullScales;
}

void choose(const Uniform& codes, PackedFormat& format) {
  if (!chooseGroups(codes.grouping, format) || !areExact(codes)) {
    format.isDecoded = true;
    return;
  }
  std::uint32_t mode = scaleModeOf(codes.scales);
  if (!codes.zeroPoints.empty()) {
    mode = mode == kHalfScales && areShorts(codes.zeroPoints) ? kHalfScalesAndZeros : kFullScalesAndZeros;
  }
  chooseScaled("int", codes.bits, mode, codes.qmin, format);
}

void setTable(std::span<const float> levels, PackedFormat& format) {
  for (const float level : levels) format.table.push_back(std::bit_cast<std::uint32_t>(level));
  format.tableWords = static_cast<std::uint32_t>(levels.size());
}

void chooseLevels(const CodeBook& codes, PackedFormat& format) {
  if (!chooseGroups(codes.grouping, format)) {
    format.isDecoded = true;
    return;
  }
  std::vector<float> scales = codes.decodedScales();
  const std::uint32_t mode = scaleModeOf(scales);
  switch (const LevelRule rule = levelRuleOf(codes); rule) {
    case LevelRule::Integers: {
      for (float& scale : scales) scale *= codes.levels[1];
      return chooseScaled("int", codes.bits, scaleModeOf(scales), -128, format);
    }
    case LevelRule::Powers:
      return chooseScaled("powers", codes.bits, mode, 0, format);
    case LevelRule::Table: {
      const LevelFactors computed = levelFactorsOf(codes);
      setTable(codes.levels, format);
      for (const float factor : computed.factors) format.table.push_back(std::bit_cast<std::uint32_t>(factor));
      return chooseScaled("levels", codes.bits, mode, 0, format, computed.rule);
    }
    default:
      chooseScaled("", codes.bits, mode, 0, format);
      format.kernel = floatKernel(rule);
  }
}

void choose(const CodeBook& codes, PackedFormat& format) {
  const std::uint32_t block = codes.grouping.size;
  // Blocks that begin or end inside a unit are those of groups, as far as they begin with a row.
  if (codes.packing == core::quant::Packing::Rows || block % kUnitValues != 0 || format.rowValues % kUnitValues != 0)
    return chooseLevels(codes, format);
  format.kernel = "codebook";
  setPlanes(format, 4);
  setTable(codes.levels, format);
  if (codes.levels.size() != kCodeBookValues) {
    format.isDecoded = true;
    return;
  }
  bool nested = false;
  if (format.rowValues % block == 0) {
    format.groups = static_cast<std::uint32_t>(format.rowValues / block);
    format.unitsPerGroup = block / kUnitValues;
    nested = codes.nested.has_value();
  } else {
    format.groups = format.units;  // blocks run across rows: each unit gets a copy of its block's absmax
    format.unitsPerGroup = 1;
  }
  format.paramWords = codeBookParamWords(nested, format.groups);
  format.constants = CodeBookConstants{.nested = nested ? 1U : 0U};
  if (!nested) return;
  const auto map = core::numeric::dynamicMapSigned();
  assert(format.table.size() == kNestedMap && map.size() == kNestedMapValues);
  const auto append = [&](std::span<const float> values) {
    for (const float value : values) format.table.push_back(std::bit_cast<std::uint32_t>(value));
  };
  append(map);
  append({&codes.nested->offset, 1});
  append(codes.nested->absmax);
}

/// A table of levels of each row or group.
void chooseOwnLevels(const LearnedCodeBooks& codes, PackedFormat& format) {
  const bool areOfRows =
      codes.grouping.granularity == Granularity::Row || codes.grouping.granularity == Granularity::Group;
  if (!areOfRows || !chooseGroups(codes.grouping, format) || format.groupsPerUnit != 1) {
    format.isDecoded = true;
    return;
  }
  const std::uint32_t mode = scaleModeOf(codes.levels);
  format.kernel = "learned" + std::to_string(codes.bits);
  setPlanes(format, codes.bits);
  format.paramWords = format.groups * kTileRows * levelWords(mode, codes.bits);
  format.constants =
      LearnedConstants{.levelMode = mode, .unitsPerTable = format.groups == 1 ? kOneTable : format.unitsPerGroup};
}

void choose(const LearnedCodeBooks& codes, PackedFormat& format) {
  if (codes.levels.size() != std::size_t{1} << codes.bits) return chooseOwnLevels(codes, format);
  format.unitsPerGroup = format.units;
  setTable(codes.levels, format);
  chooseScaled("levels", codes.bits, kHalfScales, 0, format);
}

void choose(const Elements& elements, vk::KernelFamily family, PackedFormat& format) {
  if (core::tensor::info(elements.dtype).blockValues == 1)
    choosePlain(elements.dtype, format);
  else
    format.isDecoded = !chooseBlockFormat(elements.dtype, family, format);
}

}  // namespace

vk::Specialization withLayout(vk::Specialization kernel, const PackedFormat& format) {
  vk::Specialization layout;
  if (const auto* integer = std::get_if<IntegerConstants>(&format.constants)) layout = integer->values();
  if (const auto* learned = std::get_if<LearnedConstants>(&format.constants)) layout = learned->values();
  if (const auto* codeBook = std::get_if<CodeBookConstants>(&format.constants)) layout = codeBook->values();
  kernel.insert(kernel.end(), layout.begin(), layout.end());
  const vk::Specialization weights = WeightConstants{.hasFactors = format.hasFactors ? 1U : 0U}.values();
  kernel.insert(kernel.end(), weights.begin(), weights.end());
  return kernel;
}

PackedFormat packedFormatOf(const QuantizedTensor& tensor, vk::KernelFamily family, core::quant::Columns columns) {
  PackedFormat format;
  format.columns = columns;
  format.rows = tensor.rows();
  format.rowValues = tensor.rowValues();
  if (tensor.shape.rank() == 3) format.matrices = std::max<std::uint64_t>(tensor.shape[0], 1);
  format.units = static_cast<std::uint32_t>((format.rowValues + kUnitValues - 1) / kUnitValues);
  format.compute = tensor.compute();
  const PackedFormat empty = format;
  // Params of some layouts go by row of the whole tensor; those of integers lie in their tiles.
  const bool isPadded = format.matrices > 1 && format.rows / format.matrices % kTileRows != 0 && !tensor.as<Uniform>();
  if (isPadded || (tensor.changes != nullptr && columns == core::quant::Columns::OfTheWeight))
    format.isDecoded = true;
  else if (const auto* elements = tensor.as<Elements>())
    choose(*elements, family, format);
  else
    std::visit(
        [&](const auto& codes) {
          if constexpr (!std::is_same_v<std::decay_t<decltype(codes)>, Elements>) choose(codes, format);
        },
        tensor.layout);
  if (tensor.factor != 1.0F) {
    format.hasFactors = true;
    format.paramWords += kTileRows;
  }
  if (format.isDecoded) {
    format = empty;
    format.isDecoded = true;
    format.kernel = "f32";
    format.quads = 8;
    format.unitsPerGroup = format.units;
  }
  return format;
}

}  // namespace gpu
