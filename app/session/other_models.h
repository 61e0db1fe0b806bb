#pragma once
#include <memory>
#include <span>
#include <string>

#include "app/session/open_model.h"
#include "core/model/recipe/recipe_plan.h"

namespace app {

/// Another model as something an open one is compared with. An adapter stands for the open model with it.
/// @param source a file, a folder, "ollama:NAME", "demo" @throws core::Error as OpenModel::open, Adapter::read
core::model::Recipe openOther(const std::string& source, const core::JobContext& job = core::JobContext());
/// An adapter at a strength. @param text "PATH", "PATH:50%" @throws core::Error as openOther, for a model too
core::model::Recipe openAdapter(const std::string& text, const core::JobContext& job = core::JobContext());
/// The recipe with an adapter that is added to its matrices while it runs: they stay what they are, packed or not.
/// @param text "PATH", "PATH:50%" @throws core::Error as openAdapter, and (Unsupported) for a model that is no adapter
core::model::Recipe withAdapter(core::model::Recipe recipe, const std::string& text,
                                const core::JobContext& job = core::JobContext());
/// The same adapter at another strength; nothing is read. @param percent 100: as it was trained
/// @pre an adapter that is open: the recipe's own, or its base
core::model::Recipe atStrength(core::model::Recipe recipe, double percent);
/// The same of a model that is open already. @throws core::Error as Adapter::read
core::model::Recipe otherRecipe(const OpenModel& other);

/// Why one cannot stand for the other, as a sentence: another vocabulary, another computation, an adapter for another
/// model. Empty where it can, or where one of them says nothing of it: then only weights are compared.
std::string whyNotComparable(const OpenModel& open, const core::io::Checkpoint& other);
/// @throws core::Error (Unsupported) with that sentence, where the recipe is another model or has an adapter
void requireComparable(const OpenModel& open, const core::model::Recipe& recipe);

/// What of an open model is otherwise in another one beside the matrices that are measured: "2 norms differ, too:
/// compare outputs", for norms that differ say that weights were scaled between layers. Empty where nothing is, or the
/// plan is of no other model.
/// @param measured tensors that do not count @throws core::Error, core::Cancelled
std::string otherDifferences(const core::io::Checkpoint& open, const core::model::RecipePlan& plan,
                             std::span<const std::size_t> measured, const core::JobContext& job);

/// Share of the weights that both have, by name and shape, 0…1, of the model that has more. Pieces of packed weights
/// do not count. Of an adapter that fits, 1.
double sharedWeights(const core::io::Checkpoint& open, const core::io::Checkpoint& other);

}  // namespace app
