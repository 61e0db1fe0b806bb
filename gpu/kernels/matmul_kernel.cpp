#include "gpu/kernels/matmul_kernel.h"

#include <algorithm>
#include <bit>
#include <cassert>

#include "core/model/ops/code_kernels.h"
#include "core/model/ops/multiply_codes.h"
#include "gpu/kernels/matrix_tile.h"

namespace gpu {

namespace {

static_assert(sizeof(MatMulPush) == vk::PipelineCache::kPushBytes);

static_assert(static_cast<uint>(core::quant::ComputeType::Fp16) == kComputeFp16 &&
              static_cast<uint>(core::quant::ComputeType::Bf16) == kComputeBf16);

static_assert(kSumChains == core::model::ops::kChains &&
              kMostSummedUnits * kUnitValues == core::model::ops::kMostSummed);

constexpr std::uint32_t kLaneTokens = 4;              // tokens that share a decoded weight in matmul_lanes
constexpr std::uint32_t kFewTokens = 4;               // up to here matmul_rows decodes weights anew for each token
constexpr std::uint32_t kMostNormedRows = 1U << 14U;  // of a product whose workgroups norm their input
constexpr std::uint32_t kCodedTokens = 8;             // that share a weight in matmul_codes, at most

MatMulSegment segmentOf(const MatMulTarget& target, const DeviceTensor::Part& part) {
  const auto offsetBy = [&](std::uint32_t place) { return place == kNone ? kNone : place + part.firstRow; };
  return {.base = static_cast<std::uint32_t>(part.range->offset() / 16),
          .tiles = part.tiles,
          .result = target.out.offset + part.firstRow,
          .stride = target.out.stride,
          .bias = offsetBy(target.bias),
          .residual = offsetBy(target.residual),
          .table = target.table,
          .row = part.firstRow};
}

bool isSwiGlu(const MatMulPush& push) { return push.segments == kSwiGluPairing; }

double workOf(const PackedFormat& format, const MatMulPush& push) {
  double tiles = 0;
  for (std::uint32_t s = 0; s < (isSwiGlu(push) ? 2 : push.segments); ++s) tiles += push.segment[s].tiles;
  return tiles * kTileRows * format.units * kUnitValues * push.tokenCount;
}

void dispatch(Recorder& recorder, VkDescriptorSet set, const PackedFormat& format, const MatMulPush& push,
              const InputNorm& norm) {
  const KernelChoice& choice = recorder.choice();
  const bool swiGlu = isSwiGlu(push);
  const VkDescriptorSet sets[] = {set};
  const double work = workOf(format, push);
  const auto compute = static_cast<uint>(format.compute);
  if (choice.isLanes()) {
    const std::uint32_t farTable = push.segment[0].table + format.tableWords > kTableWords ? 1 : 0;
    const std::uint32_t tokensEach = std::min(std::bit_ceil(push.tokenCount), kLaneTokens);
    const std::uint32_t x = swiGlu ? push.segment[0].tiles : tilesInAll(push, kTilesTogether);
    recorder.dispatch("matmul_lanes." + format.kernel,
                      withLayout(MatMulLanesConstants{.workgroup = choice.lanes,
                                                      .laneRows = static_cast<int>(kTileRows / choice.lanes),
                                                      .tokensEach = static_cast<int>(tokensEach),
                                                      .computeType = compute,
                                                      .farTable = farTable}
                                     .values(),
                                 format),
                      sets, push, {x, divideUp(push.tokenCount, tokensEach)}, work);
    return;
  }
  const std::uint32_t widest = choice.tileTokens(format.tableWords);
  if (push.tokenCount <= kFewTokens || widest == 0) {
    const std::uint32_t x = swiGlu ? push.segment[0].tiles : tilesInAll(push, 1);
    const std::uint32_t splits = choice.splits(x, push.units), rowsEach = choice.rowsEach(x * push.tokenCount, splits);
    recorder.dispatch("matmul_rows." + format.kernel,
                      withLayout(MatMulRowsConstants{.workgroup = splits,
                                                     .splits = splits,
                                                     .rowsEach = rowsEach,
                                                     .computeType = compute,
                                                     .normWidth = norm.width,
                                                     .normEpsilon = std::bit_cast<std::uint32_t>(norm.epsilon)}
                                     .values(),
                                 format),
                      sets, push, {push.tokenCount, x * (kTileRows / rowsEach)}, work);
    return;
  }
  assert(!swiGlu && norm.width == 0);
  if (const auto matrices = matrixTileFor(choice, push, format.tableWords)) {
    recorder.dispatch("matmul_matrices." + format.kernel,
                      withLayout(MatMulMatricesConstants{.tileRows = matrices->rows,
                                                         .tileTokens = matrices->tokens,
                                                         .computeType = compute,
                                                         .matrixRows = choice.matrix.rows,
                                                         .matrixTokens = choice.matrix.columns,
                                                         .matrixDepth = choice.matrix.depth,
                                                         .subgroupsOfRows = matrices->subgroupsOfRows,
                                                         .subgroupsOfTokens = matrices->subgroupsOfTokens}
                                     .values(),
                                 format),
                      sets, push,
                      {tilesInAll(push, matrices->rows / kTileRows), divideUp(push.tokenCount, matrices->tokens)}, work,
                      choice.asksForSubgroup ? choice.matrixSubgroup : 0);
    return;
  }
  const std::uint32_t tile = std::clamp(std::bit_ceil(push.tokenCount), 16U, widest);
  recorder.dispatch("matmul_tiles." + format.kernel,
                    withLayout(MatMulTilesConstants{.tileTokens = tile, .computeType = compute}.values(), format), sets,
                    push, {tilesInAll(push, kTilesTogether), divideUp(push.tokenCount, tile)}, work);
}

}  // namespace

void dispatchCodes(Recorder& recorder, VkDescriptorSet set, const PackedFormat& format, const MatMulPush& push,
                   const CodedInputs& coded, std::uint32_t used) {
  const KernelChoice& choice = recorder.choice();
  const bool swiGlu = isSwiGlu(push);
  const std::uint32_t tiles = swiGlu ? push.segment[0].tiles : tilesInAll(push, 1);
  const bool isLanes = choice.isLanes();
  const std::uint32_t most = isLanes ? kLaneTokens : kCodedTokens;
  const bool isRouted = used != 0;
  const std::uint32_t tokensEach = isRouted ? 1 : std::min(std::bit_ceil(push.tokenCount), most);
  // Chains are shared, and several tokens fill a GPU without.
  const bool areShared = !isLanes && (isRouted || push.tokenCount <= kFewTokens);
  const std::uint32_t splits =
      areShared ? std::min(choice.splits(tiles * std::max(used, 1U), push.units), kSumChains) : 1;
  const MatMulCodesConstants constants{.workgroup = isLanes ? choice.lanes : splits,
                                       .laneRows = isLanes ? static_cast<int>(kTileRows / choice.lanes) : 1,
                                       .tokensEach = static_cast<int>(tokensEach),
                                       .computeType = static_cast<uint>(format.compute),
                                       .splits = splits,
                                       .inputZeros = coded.hasZeroPoints ? 1U : 0U,
                                       .width = static_cast<std::uint32_t>(format.rowValues),
                                       .isRouted = isRouted ? 1U : 0U};
  const char* kernel = isLanes ? "matmul_codes_lanes." : choice.hasIntegerDot ? "matmul_codes_dot." : "matmul_codes.";
  const VkDescriptorSet sets[] = {set};
  recorder.dispatch(kernel + format.kernel, withLayout(constants.values(), format), sets, push,
                    {tiles, isRouted ? push.tokenCount * used : divideUp(push.tokenCount, tokensEach)},
                    workOf(format, push) * std::max(used, 1U));
}

bool canShareDispatch(const DeviceTensor& a, const DeviceTensor& b) {
  if (a.parts.size() != 1 || b.parts.size() != 1 || a.parts[0].range->block() != b.parts[0].range->block())
    return false;
  return haveSameKernel(a.format, b.format);
}

bool haveSameKernel(const PackedFormat& f, const PackedFormat& g) {
  // One table serves the whole dispatch; what lies behind it belongs to each tensor.
  const auto tableOf = [](const PackedFormat& format) { return std::span(format.table).first(format.tableWords); };
  return f.kernel == g.kernel && f.constants == g.constants && f.compute == g.compute && f.hasFactors == g.hasFactors &&
         f.units == g.units && f.groups == g.groups && f.unitsPerGroup == g.unitsPerGroup &&
         std::ranges::equal(tableOf(f), tableOf(g));
}

bool canFuseSwiGlu(const KernelChoice& choice, std::uint32_t tokens) {
  return choice.isLanes() || tokens <= kFewTokens || choice.tileTokens(0) == 0;
}

bool canFuseNorm(const KernelChoice& choice, std::uint32_t tokens, std::uint32_t width, std::uint32_t rows,
                 std::uint32_t tableWords) {
  // Where workgroups queue up, each would do it once more.
  if (choice.isLanes() || tokens > kFewTokens || rows > kMostNormedRows) return false;
  // The inputs, a quad that they always have, and two sums of each row.
  const std::uint64_t floats = std::uint64_t{strideOf(width)} + 4 + std::uint64_t{2} * choice.mostSplits * kTileRows;
  return (floats + tableWords) * 4 <= choice.sharedBytes;
}

void recordMatMul(Recorder& recorder, const std::function<VkDescriptorSet(const WeightBlock&)>& setOf, Place in,
                  std::span<const MatMulTarget> targets, MatMulPairing pairing, const std::optional<CodedInputs>& coded,
                  const std::optional<InputNorm>& norm) {
  assert(!coded || !norm);
  assert(!targets.empty() && targets.size() <= 3);
  const PackedFormat& format = targets[0].weight->format;
  MatMulPush push{};
  push.inQuad = in.quad();
  push.inStrideQuads = in.strideQuads();
  push.units = format.units;
  push.tokenCount = recorder.tokens();
  push.groups = format.groups;
  push.unitsPerGroup = format.unitsPerGroup;
  push.norm = norm ? norm->weight : kNone;
  const auto multiply = [&](const WeightBlock& block) {
    if (!coded) return dispatch(recorder, setOf(block), format, push, norm.value_or(InputNorm()));
    push.segment[0].table = coded->floats;
    dispatchCodes(recorder, setOf(block), format, push, *coded);
  };
  if (targets.size() == 1) {
    push.segments = 1;
    for (const auto& part : targets[0].weight->parts) {
      push.segment[0] = segmentOf(targets[0], part);
      multiply(*part.range->block());
    }
    return;
  }
  for (const MatMulTarget& target : targets) {
    push.segment[push.segments++] = segmentOf(target, target.weight->parts[0]);
  }
  if (pairing == MatMulPairing::SwiGlu) push.segments = kSwiGluPairing;
  multiply(*targets[0].weight->parts[0].range->block());
}

}  // namespace gpu
