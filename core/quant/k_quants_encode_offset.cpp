#include <algorithm>

#include "core/quant/block_bytes.h"
#include "core/quant/block_trace.h"
#include "core/quant/finite_values.h"
#include "core/quant/k_quants.h"
#include "core/quant/super_blocks.h"

namespace core::quant {

namespace {

constexpr std::size_t kMaxGroups = 16;

/// What whole numbers are multiples of.
struct StoredStep {
  std::uint16_t half;  ///< FP16 bits
  float computed;      ///< before it was stored
  float inverse;       ///< what was multiplied by to get the whole numbers
};

/// Scales and minima of one super-block as they are stored.
struct StoredScales {
  StoredStep scale;
  StoredStep minimum;
  std::array<std::uint8_t, kMaxGroups> scales;
  std::array<std::uint8_t, kMaxGroups> minima;
};

/// q2_k, q4_k and q5_k differ in numbers and in how the bytes lie.
struct OffsetType {
  std::size_t blockBytes;
  std::size_t groupValues;
  float maxScale;      ///< of the integer scales and minima
  OffsetSearch plain;  ///< without importance
  float energy;        ///< with importance: times the mean square of the super-block, is added to x²
  void (*weigh)(LaneGroups&);
  void (*pack)(const StoredScales&, const std::uint8_t* codes, std::uint8_t* block);

  OffsetSearch byImportance() const { return {plain.maxCode, -0.9F, 0.05F, 36, FitError::Squared}; }
  std::size_t groups() const { return kSuperBlockValues / groupValues; }
};

/// What the searches found for every group of a chunk, in batches of 16.
struct ChunkFits {
  std::array<OffsetFit, kChunkValues / 256> fits;
  std::array<Lanes, kChunkValues / 256> weights;  ///< sums of the groups' weights, with importance

  GroupStep codesOf(std::size_t group) const {
    const OffsetFit& fit = fits[group / kLanes];
    return {0.0F, 0.0F, fit.codeScale.at[group % kLanes], fit.codeOffset.at[group % kLanes]};
  }
  float scale(std::size_t group) const { return fits[group / kLanes].scale.at[group % kLanes]; }
  float minimum(std::size_t group) const { return fits[group / kLanes].minimum.at[group % kLanes]; }
  float weight(std::size_t group) const { return weights[group / kLanes].at[group % kLanes]; }
};

void fitGroups(const SuperBlockChunk& chunk, const OffsetType& type, ChunkFits& out) {
  LaneGroups groups;
  const auto meanSquares = chunk.isWeighed ? chunk.meanSquares() : std::array<float, kChunkSuperBlocks>{};
  for (std::size_t batch = 0; batch < chunk.batches(type.groupValues); ++batch) {
    chunk.loadBatch(batch, type.groupValues, groups);
    if (chunk.isWeighed) {
      std::array<Lanes, kMaxGroupValues> importance;
      loadLanes(chunk.importance.data() + batch * kLanes * type.groupValues, type.groupValues, importance.data());
      Lanes energy;
      for (std::size_t k = 0; k < kLanes; ++k)
        energy.at[k] = type.energy * meanSquares[(batch * kLanes + k) / type.groups()];
      weighByImportance(groups, importance.data(), energy);
      sumWeights(groups, out.weights[batch]);
      fitOffset(groups, type.byImportance(), out.fits[batch]);
    } else {
      type.weigh(groups);
      fitOffset(groups, type.plain, out.fits[batch]);
    }
  }
}

/// Integer codes of non-negative scales and the FP16 step between them; the largest scale decides.
template <typename Value>
StoredStep storeByLargest(std::size_t count, float maxCode, const Value& value, std::uint8_t* codes) {
  float largest = 0.0F;
  for (std::size_t i = 0; i < count; ++i) largest = std::max(largest, value(i));
  const float step = largest / maxCode;
  const float plain = largest > 0.0F ? maxCode / largest : 0.0F;
  const float inverse = step > kLargestHalf ? 1.0F / kLargestHalf : plain;
  for (std::size_t i = 0; i < count; ++i)
    codes[i] = static_cast<std::uint8_t>(clampCode(roundEven(inverse * value(i)), 0.0F, maxCode));
  return {finiteHalf(step), step, inverse};
}

void storeScales(const ChunkFits& fits, std::size_t superBlocks, const OffsetType& type, StoredScales* out) {
  const std::size_t groups = type.groups();
  for (std::size_t b = 0; b < superBlocks; ++b) {
    const std::size_t first = b * groups;
    out[b].scale = storeByLargest(
        groups, type.maxScale, [&](std::size_t g) { return fits.scale(first + g); }, out[b].scales.data());
    out[b].minimum = storeByLargest(
        groups, type.maxScale, [&](std::size_t g) { return fits.minimum(first + g); }, out[b].minima.data());
  }
}

/// Searches the steps of the scales (lanes 0…7) and of the minima (8…15) of all super-blocks of the chunk at once.
void searchScales(const ChunkFits& fits, std::size_t superBlocks, const OffsetType& type, StoredScales* out) {
  LaneGroups groups{};
  groups.groupValues = type.groups();
  for (std::size_t g = 0; g < type.groups(); ++g)
    for (std::size_t b = 0; b < superBlocks; ++b) {
      const std::size_t group = b * type.groups() + g;
      groups.values[g].at[b] = fits.scale(group);
      groups.values[g].at[b + kChunkSuperBlocks] = fits.minimum(group);
      groups.weights[g].at[b] = fits.weight(group);
      groups.weights[g].at[b + kChunkSuperBlocks] = fits.weight(group);
    }
  Lanes steps;
  std::array<Lanes, kMaxGroups> codes;
  fitPositiveScale(groups, type.maxScale, steps, codes.data());
  const auto store = [&](std::size_t lane, std::uint8_t* stored) {
    const bool overflows = steps.at[lane] > kLargestHalf;
    for (std::size_t g = 0; g < type.groups(); ++g) {
      const float nearest = clampCode(roundEven(groups.values[g].at[lane] / kLargestHalf), 0.0F, type.maxScale);
      stored[g] = static_cast<std::uint8_t>(overflows ? nearest : codes[g].at[lane]);
    }
    const float step = steps.at[lane];
    return StoredStep{finiteHalf(step), step, overflows ? 1.0F / kLargestHalf : step != 0.0F ? 1.0F / step : 0.0F};
  };
  for (std::size_t b = 0; b < superBlocks; ++b) {
    out[b].scale = store(b, out[b].scales.data());
    out[b].minimum = store(b + kChunkSuperBlocks, out[b].minima.data());
  }
}

/// Of the chunk's first super-block.
void fillTrace(const SuperBlockChunk& chunk, const OffsetType& type, const ChunkFits& fits, const StoredScales& stored,
               const GroupStep* steps, BlockTrace& trace) {
  trace.input.assign(chunk.values.begin(), chunk.values.begin() + kSuperBlockValues);
  trace.scale = stored.scale.computed;
  trace.minimum = stored.minimum.computed;
  for (std::size_t g = 0; g < type.groups(); ++g) {
    trace.groupScales.push_back(fits.scale(g));
    trace.groupMinima.push_back(fits.minimum(g));
    trace.scaleNumbers.push_back(stored.scale.inverse * fits.scale(g));
    trace.minimumNumbers.push_back(stored.minimum.inverse * fits.minimum(g));
  }
  trace.candidates = static_cast<std::uint32_t>((chunk.isWeighed ? type.byImportance() : type.plain).last + 2);
  traceGroups(trace, steps, type.groups(), type.groupValues, 0.0F, type.plain.maxCode);
}

void encodeChunk(const SuperBlockChunk& chunk, const OffsetType& type, std::uint8_t* blocks, BlockTrace* trace) {
  ChunkFits fits;
  std::array<StoredScales, kChunkSuperBlocks> stored{};
  fitGroups(chunk, type, fits);
  (chunk.isWeighed ? searchScales : storeScales)(fits, chunk.count, type, stored.data());
  std::array<GroupStep, kMaxGroups> steps;
  std::array<std::uint8_t, kSuperBlockValues> codes;
  for (std::size_t b = 0; b < chunk.count; ++b, blocks += type.blockBytes) {
    const float scale = numeric::halfToFloat(stored[b].scale.half);
    const float minimum = numeric::halfToFloat(stored[b].minimum.half);
    for (std::size_t g = 0; g < type.groups(); ++g) {
      steps[g] = fits.codesOf(b * type.groups() + g);
      steps[g].step = scale * static_cast<float>(stored[b].scales[g]);
      steps[g].offset = minimum * static_cast<float>(stored[b].minima[g]);
    }
    encodeGroups(chunk.values.data() + b * kSuperBlockValues, type.groups(), type.groupValues, steps.data(), 0.0F,
                 type.plain.maxCode, codes.data());
    type.pack(stored[b], codes.data(), blocks);
    if (trace != nullptr && b == 0) fillTrace(chunk, type, fits, stored[b], steps.data(), *trace);
  }
}

void encode(const OffsetType& type, const float* values, std::size_t blockCount, const float* importance,
            std::uint8_t* blocks, BlockTrace* trace = nullptr) {
  forEachSuperBlockChunk(values, blockCount, importance, [&](const SuperBlockChunk& chunk, std::size_t first) {
    encodeChunk(chunk, type, blocks + first * type.blockBytes, trace);
  });
}

void packQ2_K(const StoredScales& stored, const std::uint8_t* codes, std::uint8_t* block) {
  for (std::size_t g = 0; g < 16; ++g) block[g] = static_cast<std::uint8_t>(stored.scales[g] | (stored.minima[g] << 4));
  for (std::size_t half = 0; half < 2; ++half)
    for (std::size_t j = 0; j < 32; ++j) {
      const std::uint8_t* c = codes + 128 * half + j;
      block[16 + 32 * half + j] = static_cast<std::uint8_t>(c[0] | (c[32] << 2) | (c[64] << 4) | (c[96] << 6));
    }
  storeU16(block + 80, stored.scale.half);
  storeU16(block + 82, stored.minimum.half);
}

/// d, dmin and the eight 6-bit pairs of q4_k and q5_k: the first four lie whole, the others are split between a nibble
/// and the two top bits of an earlier byte.
void packScaleMins(const StoredScales& stored, std::uint8_t* block) {
  storeU16(block, stored.scale.half);
  storeU16(block + 2, stored.minimum.half);
  std::uint8_t* packed = block + 4;
  for (std::size_t g = 0; g < 4; ++g) {
    const unsigned scale = stored.scales[g + 4];
    const unsigned minimum = stored.minima[g + 4];
    packed[g] = static_cast<std::uint8_t>(stored.scales[g] | ((scale >> 4) << 6));
    packed[g + 4] = static_cast<std::uint8_t>(stored.minima[g] | ((minimum >> 4) << 6));
    packed[g + 8] = static_cast<std::uint8_t>((scale & 0x0fU) | ((minimum & 0x0fU) << 4));
  }
}

void packNibbles(const std::uint8_t* codes, std::uint8_t* nibbles) {
  for (std::size_t pair = 0; pair < 4; ++pair)
    for (std::size_t j = 0; j < 32; ++j) {
      const std::uint8_t* c = codes + 64 * pair + j;
      nibbles[32 * pair + j] = static_cast<std::uint8_t>((c[0] & 0x0f) | ((c[32] & 0x0f) << 4));
    }
}

void packQ4_K(const StoredScales& stored, const std::uint8_t* codes, std::uint8_t* block) {
  packScaleMins(stored, block);
  packNibbles(codes, block + 16);
}

void packQ5_K(const StoredScales& stored, const std::uint8_t* codes, std::uint8_t* block) {
  packScaleMins(stored, block);
  for (std::size_t j = 0; j < 32; ++j) {
    unsigned fifthBits = 0;
    for (unsigned g = 0; g < 8; ++g) fifthBits |= static_cast<unsigned>(codes[32 * g + j] >> 4) << g;
    block[16 + j] = static_cast<std::uint8_t>(fifthBits);
  }
  packNibbles(codes, block + 48);
}

constexpr OffsetType kQ2_K{84,      16, 15.0F, {3.0F, -0.5F, 0.1F, 15, FitError::Absolute}, 1.0F, weighByMagnitude,
                           packQ2_K};
constexpr OffsetType kQ4_K{144,     32, 63.0F, {15.0F, -1.0F, 0.1F, 20, FitError::Squared}, 2.0F, weighByMeanMagnitude,
                           packQ4_K};
constexpr OffsetType kQ5_K{176,     32, 63.0F, {31.0F, -0.5F, 0.1F, 15, FitError::Squared}, 2.0F, weighByMeanMagnitude,
                           packQ5_K};

}  // namespace

BlockTrace traceOffsetType(tensor::DType dtype, const float* values, const float* importance) {
  const OffsetType& type = dtype == tensor::DType::Q2_K ? kQ2_K : dtype == tensor::DType::Q4_K ? kQ4_K : kQ5_K;
  std::array<std::uint8_t, 256> block;
  BlockTrace trace;
  encode(type, values, 1, importance, block.data(), &trace);
  return trace;
}

void encodeQ2_K(const float* values, std::size_t blockCount, std::uint8_t* blocks) {
  encode(kQ2_K, values, blockCount, nullptr, blocks);
}

void encodeQ4_K(const float* values, std::size_t blockCount, std::uint8_t* blocks) {
  encode(kQ4_K, values, blockCount, nullptr, blocks);
}

void encodeQ5_K(const float* values, std::size_t blockCount, std::uint8_t* blocks) {
  encode(kQ5_K, values, blockCount, nullptr, blocks);
}

void encodeQ2_KByImportance(const float* values, std::size_t blockCount, const float* importance,
                            std::uint8_t* blocks) {
  encode(kQ2_K, values, blockCount, importance, blocks);
}

void encodeQ4_KByImportance(const float* values, std::size_t blockCount, const float* importance,
                            std::uint8_t* blocks) {
  encode(kQ4_K, values, blockCount, importance, blocks);
}

void encodeQ5_KByImportance(const float* values, std::size_t blockCount, const float* importance,
                            std::uint8_t* blocks) {
  encode(kQ5_K, values, blockCount, importance, blocks);
}

}  // namespace core::quant
