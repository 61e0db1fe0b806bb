#include "gpu/kernels/store_kv_kernel.h"

namespace gpu {

namespace {
constexpr std::uint32_t kStoreWorkgroup = 64;
}  // namespace

void recordStoreKv(Recorder& recorder, std::span<const VkDescriptorSet> sets, const core::model::KvShape& shape,
                   core::model::KvType type, Place key, Place value, const std::optional<RotationOnTheWay>& rotation) {
  StoreKvPush push{};
  push.key = key.offset;
  push.keyStride = key.stride;
  push.keyHead = shape.headSize;
  push.value = value.offset;
  push.valueStride = value.stride;
  push.valueHead = shape.valueHeadSize;
  push.kvHeads = shape.heads;
  push.sequence = recorder.sequence();
  StoreKvConstants constants{.workgroup = kStoreWorkgroup,
                             .keyKind = kvKindOf(type.keys),
                             .valueKind = kvKindOf(type.values),
                             .rotates = kRotatesNothing};
  if (rotation && rotation->shape.pairs != 0) {
    const bool areNeighbours = rotation->shape.pairing == core::model::RopePairing::Adjacent;
    constants.rotates = areNeighbours ? kRotatesNeighbours : kRotatesHalves;
    push.query = rotation->query.place.offset;
    push.queryStride = rotation->query.place.stride;
    push.queryPairs = rotation->query.width / rotation->shape.headSize * rotation->shape.pairs;
    push.pairs = rotation->shape.pairs;
    push.table = rotation->shape.table;
  }
  const std::uint32_t invocations =
      push.queryPairs + shape.heads * (kvStoreUnits(divideUp(shape.headSize, 8), constants.keyKind) +
                                       kvStoreUnits(divideUp(shape.valueHeadSize, 8), constants.valueKind));
  const double work = 1.0 * shape.heads * (shape.headSize + shape.valueHeadSize) * recorder.tokens() +
                      4.0 * push.queryPairs * recorder.tokens();
  recorder.dispatch("store_kv", constants.values(), sets, push,
                    {divideUp(invocations, kStoreWorkgroup), recorder.tokens()}, work);
}

}  // namespace gpu
