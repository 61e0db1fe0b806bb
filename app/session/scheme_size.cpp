#include "app/session/scheme_size.h"

namespace app {

std::vector<SchemeSize> sizesUnder(const core::io::Checkpoint& checkpoint, std::span<const core::quant::Scheme> schemes,
                                   const core::JobContext& job) {
  std::vector<SchemeSize> sizes;
  for (const auto& scheme : schemes) {
    job.throwIfCancelled();
    sizes.push_back({sizeUnder(checkpoint, scheme), scheme});
  }
  return sizes;
}

}  // namespace app
