#include "app/session/scheme_size.h"

#include "core/base/error.h"

namespace app {

std::vector<SchemeSize> sizesUnder(const core::io::Checkpoint& checkpoint, std::span<const core::model::Recipe> recipes,
                                   const core::JobContext& job) {
  std::vector<SchemeSize> sizes;
  for (const auto& recipe : recipes) {
    job.throwIfCancelled();
    try {
      sizes.push_back({sizeUnder(checkpoint, recipe), recipe});
    } catch (const core::Error&) {
      sizes.push_back({RecipeSize(), recipe});
    }
  }
  return sizes;
}

}  // namespace app
