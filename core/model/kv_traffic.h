#pragma once
#include <cstdint>

#include "core/model/graph.h"
#include "core/model/kv_cache.h"

namespace core::model {

/// Bytes of keys and values that computing one token reads whose layers hold so many positions: of a layer with a
/// window those within it; bytes with the scales of their heads (KvType).
std::uint64_t kvBytesRead(const Graph& graph, KvType type, std::uint32_t positions);
/// What one layer's attention reads of that.
std::uint64_t kvBytesRead(const Graph& graph, const Attention& attention, KvType type, std::uint32_t positions);

}  // namespace core::model
