#pragma once
#include <string>

#include "app/session/check_design.h"
#include "app/session/design_recipe.h"

namespace app::cli {

/// Says on standard error what is measured while it is: what is under way is no answer, and goes where it does not mix
/// with one.
DesignVisitor designProgress();
/// For people: the scheme of every tensor, what it makes of the model, and how that does beside others.
/// @param output where the recipe was written
void printDesign(const std::string& output, const Design& design, const DesignCheck& check);

}  // namespace app::cli
