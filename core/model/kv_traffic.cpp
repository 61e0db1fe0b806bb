#include "core/model/kv_traffic.h"

#include <algorithm>

namespace core::model {

namespace {

std::uint64_t positionBytes(const KvShape& shape, KvType type) {
  return shape.heads * (kvHeadBytes(type.keys, shape.headSize) + kvHeadBytes(type.values, shape.valueHeadSize));
}

}  // namespace

std::uint64_t kvBytesRead(const Graph& graph, const Attention& attention, KvType type, std::uint32_t positions) {
  const std::uint32_t seen = attention.window == 0 ? positions : std::min(positions, attention.window);
  return seen * positionBytes(graph.kv[attention.layer], type);
}

std::uint64_t kvBytesRead(const Graph& graph, KvType type, std::uint32_t positions) {
  std::uint64_t bytes = 0;
  for (const Op& op : graph.ops)
    if (op.kind() == OpKind::Attention) bytes += kvBytesRead(graph, op.as<Attention>(), type, positions);
  return bytes;
}

}  // namespace core::model
