#include "app/session/check_design.h"

#include <algorithm>

#include "app/session/recipe_size.h"
#include "core/base/error.h"

namespace app {

namespace evaluate = core::evaluate;
using core::model::Recipe;

namespace {

/// a over b where the same blocks were read: what blocks have in common cancels.
evaluate::Estimate pairedRatio(const evaluate::BlockRatio& a, const evaluate::BlockRatio& b) {
  evaluate::BlockRatio ratio;
  for (std::size_t i = 0; i < a.blocks(); ++i) ratio.add(a.numerators()[i], b.numerators()[i]);
  return ratio.ratio();
}

/// What is wrong with this recipe alone, so that others are measured all the same.
bool isItsOwn(core::ErrorCode code) {
  return code == core::ErrorCode::NotFinite || code == core::ErrorCode::InvalidArgument ||
         code == core::ErrorCode::Unsupported;
}

}  // namespace

DesignRival measureRival(DivergenceStudy& study, const Recipe& recipe, const evaluate::BlockRatio* own,
                         const core::JobContext& job) {
  DesignRival rival{recipe, sizeUnder(study.model().checkpoint(), recipe).bytes, {}, {}, {}, {}};
  try {
    const evaluate::BlockRatio divergence = study.measure(recipe, job);
    rival.kl = divergence.ratio();
    if (own == nullptr) return rival;
    rival.difference = evaluate::pairedDifference(*own, divergence);
    rival.ratio = pairedRatio(*own, divergence);
  } catch (const core::Error& error) {
    if (!isItsOwn(error.code())) throw;
    rival.problem = error.what();
  }
  return rival;
}

DesignCheck checkDesign(DivergenceStudy& study, const Recipe& design, const std::vector<Recipe>& rivals,
                        const core::JobContext& job) {
  DesignCheck check;
  check.textTitle = study.request().text.title;
  check.blocks = study.reading().blocks;
  check.scored = study.reading().scored;
  const auto steps = static_cast<double>(rivals.size() + 1);
  const evaluate::BlockRatio own = study.measure(design, job.part(0.0, 1.0 / steps));
  check.kl = own.ratio();
  for (std::size_t i = 0; i < rivals.size(); ++i) {
    const auto done = static_cast<double>(i + 1);
    check.rivals.push_back(measureRival(study, rivals[i], &own, job.part(done / steps, (done + 1.0) / steps)));
  }
  return check;
}

std::vector<Recipe> rivalsOf(const core::io::Checkpoint& checkpoint, const DesignRequest& request, std::uint64_t most) {
  constexpr double kAboutAsLarge = 0.93;
  std::vector<Recipe> rivals;
  if (request.like) rivals.push_back(*request.like);
  const auto addLargest = [&](const std::vector<Recipe>& recipes, std::size_t count) {
    std::vector<std::pair<std::uint64_t, const Recipe*>> fitting;
    for (const Recipe& recipe : recipes)
      if (const auto bytes = sizeUnder(checkpoint, recipe).bytes;
          bytes <= most && static_cast<double>(bytes) > kAboutAsLarge * static_cast<double>(most) &&
          std::ranges::find(rivals, recipe) == rivals.end())
        fitting.emplace_back(bytes, &recipe);
    std::ranges::sort(fitting, std::greater<>());
    for (std::size_t i = 0; i < std::min(count, fitting.size()); ++i) rivals.push_back(*fitting[i].second);
  };
  std::vector<Recipe> uniform, types;
  for (const auto& candidate : request.candidates) uniform.emplace_back(candidate);
  for (const auto& type : core::model::allFileTypes()) types.emplace_back(type.type);
  addLargest(uniform, 1);
  addLargest(types, 3);
  return rivals;
}

}  // namespace app
