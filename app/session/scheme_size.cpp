#include "app/session/scheme_size.h"

#include <cmath>

#include "core/model/tensor_roles.h"
#include "core/quant/registry.h"

namespace app {

std::vector<SchemeSize> sizesUnder(const core::io::Checkpoint& checkpoint, std::span<const core::quant::Scheme> schemes,
                                   const core::JobContext& job) {
  const auto tensors = checkpoint.tensors();
  std::vector<bool> chosen(tensors.size());
  for (const std::size_t tensor : core::model::tensorsToQuantize(checkpoint)) chosen[tensor] = true;
  const double weights = static_cast<double>(checkpoint.parameters());
  std::vector<SchemeSize> sizes;
  for (const auto& scheme : schemes) {
    job.throwIfCancelled();
    SchemeSize size;
    size.scheme = scheme;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      if (chosen[i] && core::quant::accepts(scheme, tensors[i].shape)) {
        const double bits = core::quant::bitsPerWeight(scheme, tensors[i].shape);
        size.bytes += static_cast<std::uint64_t>(
            std::llround(std::ceil(bits * static_cast<double>(tensors[i].shape.count()) / 8)));
        ++size.quantized;
      } else {
        size.keptBytes += tensors[i].bytes;
      }
    }
    size.bytes += size.keptBytes;
    if (weights > 0) size.bitsPerWeight = 8 * static_cast<double>(size.bytes) / weights;
    sizes.push_back(size);
  }
  return sizes;
}

}  // namespace app
