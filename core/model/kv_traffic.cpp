#include "core/model/kv_traffic.h"

#include <algorithm>

namespace core::model {

namespace {

std::uint64_t positionBytes(const KvShape& shape, KvType type) {
  const std::uint64_t elements = std::uint64_t{shape.keyWidth()} + shape.valueWidth();
  switch (type) {
    case KvType::F32:
      return 4 * elements;
    case KvType::F16:
      return 2 * elements;
    case KvType::Int8:
      return elements + 2 * sizeof(float) * shape.heads;
  }
  return 0;
}

}  // namespace

std::uint64_t kvBytesRead(const Graph& graph, KvType type, std::uint32_t positions) {
  std::uint64_t bytes = 0;
  for (const Op& op : graph.ops) {
    if (op.kind() != OpKind::Attention) continue;
    const auto& attention = op.as<Attention>();
    const std::uint32_t seen = attention.window == 0 ? positions : std::min(positions, attention.window);
    bytes += seen * positionBytes(graph.kv[attention.layer], type);
  }
  return bytes;
}

}  // namespace core::model
