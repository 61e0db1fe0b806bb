#include "app/session/other_models.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "app/session/model_location.h"
#include "app/session/open_files.h"
#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/metrics/error_stats.h"
#include "core/model/architectures/tensor_names.h"
#include "core/model/recipe/adapted_matrix.h"
#include "core/quant/load_tensor.h"
#include "core/quant/quantizer.h"

namespace app {

namespace {

using core::io::inQuotes;
using core::model::ModelConfig;

std::shared_ptr<const core::model::OtherModel> otherOf(std::shared_ptr<const core::io::Checkpoint> checkpoint,
                                                       const std::string& source) {
  std::string title = core::io::printable(checkpoint->name());
  return std::make_shared<const core::model::OtherModel>(std::move(checkpoint), source, std::move(title));
}

/// @throws core::Error as Adapter::read
std::shared_ptr<const core::model::OtherModel> adapterOf(std::shared_ptr<const core::io::Checkpoint> checkpoint,
                                                         const core::model::AdapterText& named) {
  std::string title = core::io::printable(checkpoint->name());
  if (named.percent != 100) title += fmt::format(" · {} %", named.percent);
  return std::make_shared<const core::model::OtherModel>(
      core::model::Adapter::read(std::move(checkpoint), named.percent), named.source, std::move(title));
}

std::shared_ptr<const core::io::Checkpoint> openCheckpoint(const std::string& source, const core::JobContext& job) {
  const auto place = locateModel(source);
  auto checkpoint = core::io::openCheckpoint(place, job);
  rememberOpen(checkpoint, place);
  return checkpoint;
}

/// Its numbers are looked at, too.
std::shared_ptr<const core::model::OtherModel> soundAdapter(std::shared_ptr<const core::io::Checkpoint> checkpoint,
                                                            const core::model::AdapterText& named,
                                                            const core::JobContext& job) {
  auto other = adapterOf(std::move(checkpoint), named);
  core::model::requireFinite(*other->adapter(), job);
  return other;
}

/// As whyNotComparable(), of an adapter over the open model.
/// @param readsFactors whether its numbers are looked at, too
std::string whyDoesNotFit(const core::io::Checkpoint& open, const core::io::Checkpoint& file, bool readsFactors) {
  try {
    const auto adapter = core::model::Adapter::read(file.shared_from_this());
    core::model::fitAdapter(*adapter, open);
    if (readsFactors) core::model::requireFinite(*adapter);
    return {};
  } catch (const core::Error& error) {
    return error.what();
  }
}

/// What the computation of one has otherwise than that of the other, as a clause; empty where nothing is.
std::string otherComputation(const ModelConfig& open, const ModelConfig& other) {
  const auto differs = [](const char* what, auto here, auto there) {
    return here == there ? std::string() : fmt::format("its {} is {}, not {}", what, there, here);
  };
  for (std::string difference :
       {differs("width", open.width, other.width), differs("number of blocks", open.layers, other.layers),
        differs("number of heads", open.heads, other.heads),
        differs("number of key heads", open.kvHeads, other.kvHeads),
        differs("head size", open.headSize, other.headSize),
        differs("size of value heads", open.valueHeadSize, other.valueHeadSize),
        differs("number of rotated dimensions", open.ropeDimensions, other.ropeDimensions),
        differs("feed-forward width", open.feedForward, other.feedForward),
        differs("vocabulary", open.vocabulary, other.vocabulary),
        differs("norm epsilon", open.normEpsilon, other.normEpsilon),
        differs("sliding window", open.slidingWindow, other.slidingWindow)})
    if (!difference.empty()) return difference;
  return {};
}

/// How fast every pair of a head turns: files of two kinds say the same in other words.
std::vector<float> frequenciesOf(const ModelConfig& config, const core::io::Checkpoint& checkpoint) {
  const auto factors = checkpoint.find("rope_freqs.weight");
  return config.ropeFrequencies(factors ? core::quant::dequantize(*core::quant::loadTensor(checkpoint, *factors))
                                        : std::vector<float>());
}

std::string otherRotation(const std::vector<float>& open, const std::vector<float>& other) {
  constexpr float kSame = 1e-4F;
  const bool isSame = std::ranges::equal(
      open, other, [](float here, float there) { return std::abs(there - here) <= kSame * std::abs(here); });
  return isSame ? "" : "its rotary embedding turns at other frequencies";
}

std::string otherVocabulary(const core::text::Tokenizer& open, const core::text::Tokenizer& other) {
  const std::size_t common = std::min(open.size(), other.size());
  for (std::size_t i = 0; i < common; ++i) {
    const auto id = static_cast<core::text::TokenId>(i);
    // Formats do not agree on what control tokens stand for, but on how they are written.
    if (open.bytes(id) != other.bytes(id) && open.piece(id) != other.piece(id))
      return fmt::format("its token {} is {}, not {}", id, inQuotes(other.piece(id)), inQuotes(open.piece(id)));
  }
  return {};
}

bool hasOutput(const core::io::Checkpoint& checkpoint) {
  return checkpoint.find(core::model::TensorNames(checkpoint).in(checkpoint.format(), "output.weight")).has_value();
}

template <class Read>
auto ifReadable(const Read& read) -> std::optional<decltype(read())> {
  try {
    return read();
  } catch (const core::Error&) {
    return std::nullopt;  // it says so itself where it is used
  }
}

}  // namespace

core::model::Recipe openOther(const std::string& source, const core::JobContext& job) {
  auto checkpoint = openCheckpoint(source, job);
  if (checkpoint->kind() == core::io::ModelKind::Adapter)
    return core::model::Recipe(soundAdapter(std::move(checkpoint), {source}, job));
  return core::model::Recipe(otherOf(std::move(checkpoint), source));
}

core::model::Recipe openAdapter(const std::string& text, const core::JobContext& job) {
  const auto named = core::model::AdapterText::parse(text);
  return core::model::Recipe(soundAdapter(openCheckpoint(named.source, job), named, job));
}

core::model::Recipe withAdapter(core::model::Recipe recipe, const std::string& text, const core::JobContext& job) {
  const auto named = core::model::AdapterText::parse(text);
  recipe.adapter = soundAdapter(openCheckpoint(named.source, job), named, job);
  return recipe;
}

core::model::Recipe atStrength(core::model::Recipe recipe, double percent) {
  const auto changed = [percent](const core::model::OtherModel& adapter) {
    return adapterOf(adapter.adapter()->sharedCheckpoint(), {adapter.source(), percent});
  };
  if (recipe.adapter)
    recipe.adapter = changed(*recipe.adapter);
  else
    recipe.base = changed(*recipe.otherModel());
  return recipe;
}

core::model::Recipe otherRecipe(const OpenModel& other) {
  const bool isAdapter = other.checkpoint().kind() == core::io::ModelKind::Adapter;
  return core::model::Recipe(isAdapter ? adapterOf(other.sharedCheckpoint(), {other.source()})
                                       : otherOf(other.sharedCheckpoint(), other.source()));
}

std::string whyNotComparable(const OpenModel& open, const core::io::Checkpoint& other) {
  if (open.checkpoint().kind() == core::io::ModelKind::Adapter)
    return fmt::format("{} is an adapter, which changes a model: open the model, then compare it with the adapter.",
                       inQuotes(open.checkpoint().name()));
  if (other.kind() == core::io::ModelKind::Adapter) return whyDoesNotFit(open.checkpoint(), other, true);
  std::string difference;
  if (!open.whyNotRunnable())
    if (const auto config = ifReadable([&] { return ModelConfig::fromCheckpoint(other); })) {
      difference = otherComputation(open.config(), *config);
      const auto here = ifReadable([&] { return frequenciesOf(open.config(), open.checkpoint()); });
      const auto there = ifReadable([&] { return frequenciesOf(*config, other); });
      if (difference.empty() && here && there) difference = otherRotation(*here, *there);
    }
  if (difference.empty() && open.tokenizer())
    if (const auto tokenizer = ifReadable([&] { return core::text::Tokenizer::fromCheckpoint(other); }))
      if (*tokenizer) difference = otherVocabulary(*open.tokenizer(), **tokenizer);
  if (difference.empty() && hasOutput(other) && !hasOutput(open.checkpoint()))
    difference = "it has an output matrix of its own, where the open model's is its embedding";
  if (difference.empty() && sharedWeights(open.checkpoint(), other) == 0)
    difference = "no tensor of it has the name and the shape of one of the open model's";
  if (difference.empty()) return {};
  return fmt::format("{} cannot be compared with {}: {}.", inQuotes(other.name()), inQuotes(open.checkpoint().name()),
                     difference);
}

void requireComparable(const OpenModel& open, const core::model::Recipe& recipe) {
  if (recipe.adapter && recipe.adapter->adapter() != nullptr)
    core::model::fitAdapter(*recipe.adapter->adapter(), open.checkpoint());
  const core::model::OtherModel* const other = recipe.otherModel();
  if (other == nullptr || other->checkpoint() == nullptr) return;
  // Whoever opened an adapter has read its factors.
  if (other->adapter() != nullptr) return void(core::model::fitAdapter(*other->adapter(), open.checkpoint()));
  const std::string why = whyNotComparable(open, *other->checkpoint());
  if (!why.empty()) throw core::Error(core::ErrorCode::Unsupported, why, other->source());
}

std::string otherDifferences(const core::io::Checkpoint& open, const core::model::RecipePlan& plan,
                             std::span<const std::size_t> measured, const core::JobContext& job) {
  std::size_t norms = 0, others = 0;
  for (std::size_t i = 0; i < plan.tensors.size(); ++i) {
    const auto& decision = plan.tensors[i];
    if (!decision.other || std::ranges::find(measured, i) != measured.end()) continue;
    if (!core::quant::isLoadable(open.tensors()[i])) continue;
    job.throwIfCancelled();
    const auto stats =
        core::metrics::compare(*core::quant::loadTensor(open, i), *core::model::loadOther(*decision.other));
    if (stats.outcome() == core::metrics::Outcome::Exact) continue;
    ++(decision.place.role == core::model::TensorRole::Norm ? norms : others);
  }
  const auto counted = [](std::size_t count, const char* one, const char* several) {
    return count == 0 ? std::string() : fmt::format("{} {}", count, count == 1 ? one : several);
  };
  std::string text = counted(norms, "norm", "norms");
  const std::string rest = counted(others, "other tensor", "other tensors");
  if (!text.empty() && !rest.empty()) text += " and ";
  text += rest;
  if (text.empty()) return {};
  text += norms + others == 1 ? " differs, too" : " differ, too";
  return norms == 0 ? text : text + ": compare outputs";
}

double sharedWeights(const core::io::Checkpoint& open, const core::io::Checkpoint& other) {
  if (other.kind() == core::io::ModelKind::Adapter) return whyDoesNotFit(open, other, false).empty() ? 1 : 0;
  const std::shared_ptr<const core::io::Checkpoint> borrowed(std::shared_ptr<const void>(), &other);
  const core::model::OtherTensors pairs(otherOf(borrowed, {}), open);
  const auto isWeight = [](const core::io::TensorInfo& tensor) { return tensor.pieceOf.empty(); };
  const auto shared = std::ranges::count_if(open.tensors(), [&](const core::io::TensorInfo& tensor) {
    std::string why;
    return pairs.of(tensor, why) != nullptr;
  });
  const auto most =
      std::max(std::ranges::count_if(open.tensors(), isWeight), std::ranges::count_if(other.tensors(), isWeight));
  return most == 0 ? 0 : static_cast<double>(shared) / static_cast<double>(most);
}

}  // namespace app
