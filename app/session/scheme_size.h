#pragma once
#include <span>
#include <vector>

#include "app/session/recipe_size.h"
#include "core/base/job_context.h"
#include "core/io/checkpoint.h"

namespace app {

struct SchemeSize : RecipeSize {
  core::model::Recipe recipe;
};

/// One per recipe; one that cannot be planned for this model quantizes nothing. @throws core::Cancelled
std::vector<SchemeSize> sizesUnder(const core::io::Checkpoint& checkpoint, std::span<const core::model::Recipe> recipes,
                                   const core::JobContext& job = core::JobContext());

}  // namespace app
