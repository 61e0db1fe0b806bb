#include "core/model/ops/glu.h"

#include "core/base/parallel.h"
#include "core/model/ops/activation.h"

namespace core::model::ops {

namespace {
constexpr std::size_t kGluGrain = 8192;  // below this a thread costs more than it brings
}

void glu(Activation activation, const float* gate, const float* up, std::size_t count, float* out) {
  const auto run = [&](const auto& of) {
    parallelFor(count, kGluGrain, [&](std::size_t first, std::size_t last) {
      for (std::size_t i = first; i < last; ++i) out[i] = of(gate[i], up[i]);
    });
  };
  switch (activation) {
    case Activation::None:
      return run([](float x, float y) { return x * y; });
    case Activation::Sigmoid:
      return run([](float x, float y) { return sigmoid(x) * y; });
    case Activation::Silu:
      return run([](float x, float y) { return silu(x) * y; });
    case Activation::GeluTanh:
      return run([](float x, float y) { return geluTanh(x) * y; });
    case Activation::ClampedSwish:
      return run([](float x, float y) { return clampedSwish(x) * clampedAddend(y); });
  }
}

}  // namespace core::model::ops
