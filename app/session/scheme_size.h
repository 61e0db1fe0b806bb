#pragma once
#include <span>
#include <vector>

#include "app/session/recipe_size.h"
#include "core/base/job_context.h"
#include "core/io/checkpoint.h"
#include "core/quant/scheme.h"

namespace app {

struct SchemeSize : RecipeSize {
  core::quant::Scheme scheme;
};

/// One per scheme. @throws core::Cancelled
std::vector<SchemeSize> sizesUnder(const core::io::Checkpoint& checkpoint, std::span<const core::quant::Scheme> schemes,
                                   const core::JobContext& job = core::JobContext());

}  // namespace app
