#include "core/model/ops/map.h"

#include "core/base/parallel.h"
#include "core/model/ops/activation.h"

namespace core::model::ops {

namespace {
constexpr std::size_t kMapGrain = 8192;  // below this a thread costs more than it brings
}

void map(const Map& map, const float* in, std::size_t count, float* out) {
  const auto run = [&](const auto& of) {
    parallelFor(count, kMapGrain, [&](std::size_t first, std::size_t last) {
      for (std::size_t i = first; i < last; ++i) out[i] = of(in[i]);
    });
  };
  const float parameter = map.parameter;
  switch (map.function) {
    case Map::Function::Scale:
      return run([parameter](float x) { return x * parameter; });
    case Map::Function::SoftCap:
      return run([parameter](float x) { return parameter * std::tanh(x / parameter); });
    case Map::Function::GeluTanh:
      return run(geluTanh<float>);
    case Map::Function::GeluErf:
      return run(geluErf<float>);
    case Map::Function::Silu:
      return run(silu<float>);
    case Map::Function::Sigmoid:
      return run(sigmoid<float>);
    case Map::Function::Softplus:
      return run(softplus<float>);
    case Map::Function::Exp:
      return run([](float x) { return std::exp(x); });
  }
}

}  // namespace core::model::ops
