#include "core/model/ops/store_kv.h"

namespace core::model::ops {

void storeKv(const float* k, const float* v, std::size_t tokens, std::uint32_t firstPosition, KvRows& keys,
             KvRows& values) {
  keys.write(firstPosition, tokens, k);
  values.write(firstPosition, tokens, v);
}

}  // namespace core::model::ops
