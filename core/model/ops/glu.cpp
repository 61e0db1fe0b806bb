#include "core/model/ops/glu.h"

#include <algorithm>

#include "core/base/parallel.h"
#include "core/model/ops/activation.h"
#include "core/model/ops/vector_kernels.h"

namespace core::model::ops {

namespace {

constexpr std::size_t kGluGrain = 8192;  // below this a thread costs more than it brings
constexpr std::size_t kGluBlock = 512;   // values whose logistic functions are computed together

/// out[i] = unit(gate[i]) · logistic(argument(gate[i])) · addend(up[i])
template <typename Argument, typename Unit, typename Addend>
void gate(const Argument& argument, const Unit& unit, const Addend& addend, const float* gates, const float* ups,
          std::size_t count, float* out) {
  const VectorKernels& kernels = vectorKernels();
  parallelFor(count, kGluGrain, [&](std::size_t first, std::size_t last) {
    float shares[kGluBlock];
    for (std::size_t block = first; block < last; block += kGluBlock) {
      const std::size_t size = std::min(kGluBlock, last - block);
      for (std::size_t i = 0; i < size; ++i) shares[i] = argument(gates[block + i]);
      kernels.logistics(shares, size, shares);
      for (std::size_t i = 0; i < size; ++i)
        out[block + i] = unit(gates[block + i]) * shares[i] * addend(ups[block + i]);
    }
  });
}

}  // namespace

void glu(Activation activation, const float* gates, const float* ups, std::size_t count, float* out) {
  const auto same = [](float x) { return x; };
  switch (activation) {
    case Activation::None:
      return parallelFor(count, kGluGrain, [&](std::size_t first, std::size_t last) {
        for (std::size_t i = first; i < last; ++i) out[i] = gates[i] * ups[i];
      });
    case Activation::Sigmoid:
      return gate(
          same, [](float) { return 1.0F; }, same, gates, ups, count, out);
    case Activation::Silu:
      return gate(same, same, same, gates, ups, count, out);
    case Activation::GeluTanh:  // (1 + tanh u) / 2 is the logistic function of 2u
      return gate([](float x) { return 2 * geluArgument(x); }, same, same, gates, ups, count, out);
    case Activation::ClampedSwish: {
      using Limits = ClampedSwish<float>;
      return gate([](float x) { return Limits::kSlope * std::min(x, Limits::kLimit); },
                  [](float x) { return std::min(x, Limits::kLimit); }, clampedAddend<float>, gates, ups, count, out);
    }
  }
}

}  // namespace core::model::ops
