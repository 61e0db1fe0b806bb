#pragma once
#include <cstddef>
#include <cstdint>

#include "core/model/ops/kv_rows.h"

namespace core::model::ops {

/// keys[firstPosition + t] = k[t], values[firstPosition + t] = v[t], rounded to the precision of the cache.
/// @param k [tokens, keys.width()]  @param v [tokens, values.width()]
void storeKv(const float* k, const float* v, std::size_t tokens, std::uint32_t firstPosition, KvRows& keys,
             KvRows& values);

}  // namespace core::model::ops
