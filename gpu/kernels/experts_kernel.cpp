#include "gpu/kernels/experts_kernel.h"

namespace gpu {

namespace {
constexpr std::uint32_t kMixWorkgroup = 64;
}

void recordRoute(Recorder& recorder, VkDescriptorSet set, Place logits, std::uint32_t experts,
                 const core::model::Route& route, const RouteVectors& vectors, Place out) {
  const RoutePush push{.logits = logits.offset,
                       .stride = logits.stride,
                       .result = out.offset,
                       .resultStride = out.stride,
                       .experts = experts,
                       .used = route.used,
                       .groups = route.groups,
                       .usedGroups = route.usedGroups,
                       .weight = vectors.weight,
                       .bias = vectors.bias,
                       .sumEpsilon = route.sumEpsilon,
                       .scale = route.scale};
  const RouteConstants constants{.workgroup = kRouteWorkgroup,
                                 .isNormed = route.isNormed ? 1U : 0U,
                                 .isAll = route.isAll ? 1U : 0U,
                                 .isSigmoid = route.isSigmoid ? 1U : 0U,
                                 .areGroupsOfTwo = route.areGroupsOfTwo ? 1U : 0U};
  const VkDescriptorSet sets[] = {set};
  recorder.dispatch("route", constants.values(), sets, push, {recorder.tokens()},
                    2.0 * experts * route.used * recorder.tokens());
}

void recordExpertMatMul(Recorder& recorder, const std::function<VkDescriptorSet(const WeightBlock&)>& setOf, Place in,
                        const ExpertsTarget& target) {
  const PackedFormat& format = target.product.weight->format;
  const KernelChoice& choice = recorder.choice();
  const std::uint32_t tiles = format.tilesPerMatrix(), slotStride = tiles * kTileRows;
  MatMulPush push{};
  push.inQuad = in.quad();
  push.inStrideQuads = in.strideQuads();
  push.units = format.units;
  push.tokenCount = recorder.tokens();
  push.groups = format.groups;
  push.unitsPerGroup = format.unitsPerGroup;
  push.segments = 1;
  push.norm = kNone;
  const auto compute = static_cast<std::uint32_t>(format.compute);
  const std::uint32_t rows = recorder.tokens() * target.used;
  const double work = 1.0 * tiles * kTileRows * format.units * kUnitValues * rows;
  for (const auto& part : target.product.weight->parts) {
    push.segment[0] = {.base = static_cast<std::uint32_t>(part.range->offset() / 16),
                       .tiles = tiles,
                       .result = target.product.out.offset,
                       .stride = target.product.out.stride,
                       .bias = target.product.bias,
                       .residual = kNone,
                       .table = target.product.table,
                       .row = part.firstRow};
    push.segment[2] = {.base = target.routes.offset,
                       .tiles = target.routes.stride,
                       .result = target.used,
                       .stride = slotStride,
                       .bias = target.slotWidth / 4,
                       .residual = part.firstRow / slotStride,
                       .table = part.tiles / tiles,
                       .row = tiles};
    const VkDescriptorSet sets[] = {setOf(*part.range->block())};
    if (target.coded) {
      push.segment[0].table = target.coded->floats;
      dispatchCodes(recorder, sets[0], format, push, *target.coded, target.used);
      continue;
    }
    if (choice.isLanes()) {
      const MatMulLanesConstants constants{.workgroup = choice.lanes,
                                           .laneRows = static_cast<int>(kTileRows / choice.lanes),
                                           .tokensEach = 1,
                                           .computeType = compute,
                                           .farTable = target.product.table + format.tableWords > kTableWords ? 1U : 0U,
                                           .isRouted = 1};
      recorder.dispatch("matmul_lanes." + format.kernel, withLayout(constants.values(), format), sets, push,
                        {divideUp(tiles, kTilesTogether), rows}, work);
      continue;
    }
    const std::uint32_t splits = choice.splits(tiles * target.used, push.units);
    const std::uint32_t rowsEach = choice.rowsEach(tiles * rows, splits);
    const MatMulRowsConstants constants{
        .workgroup = splits, .splits = splits, .rowsEach = rowsEach, .computeType = compute, .isRouted = 1};
    recorder.dispatch("matmul_rows." + format.kernel, withLayout(constants.values(), format), sets, push,
                      {rows, tiles * (kTileRows / rowsEach)}, work);
  }
}

void recordMixExperts(Recorder& recorder, VkDescriptorSet set, Place in, Place routes, std::uint32_t used, Place out) {
  const MixExpertsPush push{.inQuad = in.quad(),
                            .inStrideQuads = in.strideQuads(),
                            .slotQuads = in.strideQuads() / used,
                            .routes = routes.offset,
                            .routeStride = routes.stride,
                            .resultQuad = out.quad(),
                            .resultStrideQuads = out.strideQuads(),
                            .used = used};
  const MixExpertsConstants constants{.workgroup = kMixWorkgroup};
  const VkDescriptorSet sets[] = {set};
  recorder.dispatch("mix_experts", constants.values(), sets, push,
                    {divideUp(push.resultStrideQuads, kMixWorkgroup), recorder.tokens()},
                    1.0 * out.stride * used * recorder.tokens());
}

}  // namespace gpu
