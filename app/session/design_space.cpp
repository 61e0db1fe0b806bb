#include "app/session/design_space.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/session/divergence_study.h"
#include "app/session/recipe_size.h"
#include "app/session/scheme_error.h"
#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/model/recipe/recipe_plan.h"
#include "core/quant/registry.h"
#include "core/quant/stored_size.h"

namespace app {

namespace evaluate = core::evaluate;
using core::model::Recipe;

namespace {

const core::io::TensorInfo& infoOf(const core::io::Checkpoint& checkpoint, const std::string& tensor) {
  return checkpoint.tensors()[*checkpoint.find(tensor)];
}

evaluate::SearchItem itemOf(const core::io::Checkpoint& checkpoint, const DesignRequest& request,
                            const evaluate::Part& part) {
  evaluate::SearchItem item{part.name, {}};
  for (const core::quant::Scheme& candidate : request.candidates) {
    std::optional<std::uint64_t> bytes = 0;
    for (const std::string& tensor : part.tensors) {
      if (!canHold(checkpoint, tensor, candidate)) bytes.reset();
      if (!bytes) break;
      *bytes += core::quant::storedSize(candidate, infoOf(checkpoint, tensor).shape).bytes();
    }
    item.bytes.push_back(bytes);
  }
  if (std::ranges::none_of(item.bytes, [](const auto& bytes) { return bytes.has_value(); }))
    throw core::Error(core::ErrorCode::InvalidArgument,
                      fmt::format("None of the candidates can hold {}.", core::io::inQuotes(part.name)), part.name);
  return item;
}

/// Parts, and what the rest is and takes.
void findParts(const core::io::Checkpoint& checkpoint, const DesignRequest& request, DesignSpace& space) {
  // Without `like` a scheme says which tensors schemes are for.
  const Recipe base = request.like ? *request.like : Recipe(request.candidates.front());
  const auto plan = core::model::planRecipe(base, checkpoint);
  std::vector<evaluate::PlacedTensor> places;
  Recipe kept;
  std::uint64_t stored = 0;
  for (std::size_t i = 0; i < plan.tensors.size(); ++i) {
    const auto& tensor = checkpoint.tensors()[i];
    const auto& decision = plan.tensors[i];
    if (decision.fate() == core::model::Fate::Quantize && matchesPattern(tensor.name, request.pattern)) {
      places.push_back({tensor.name, decision.place.layer, std::string(core::model::label(decision.place.role))});
      kept.rules.push_back(ruleFor(tensor.name, std::nullopt));
      stored += tensor.bytes;
    } else if (decision.scheme && request.like) {
      space.others.rules.push_back(ruleFor(tensor.name, decision.scheme));
    }
  }
  if (places.empty())
    throw core::Error(core::ErrorCode::NotFound, "No tensor of the model can be chosen for that matches " +
                                                     core::io::inQuotes(request.pattern) + ".");
  kept.rules.insert(kept.rules.end(), space.others.rules.begin(), space.others.rules.end());
  space.otherBytes = sizeUnder(checkpoint, kept).bytes - stored;
  space.parts = evaluate::partsOf(places, request.grouping);
}

}  // namespace

std::size_t DesignSpace::singles() const {
  std::size_t count = 0;
  for (const auto& item : items)
    count += static_cast<std::size_t>(
        std::ranges::count_if(item.bytes, [](const auto& bytes) { return bytes.has_value(); }));
  return count;
}

bool canHold(const core::io::Checkpoint& checkpoint, const std::string& tensor, const core::quant::Scheme& scheme) {
  return core::quant::accepts(scheme, infoOf(checkpoint, tensor).shape, nullptr);
}

DesignSpace designSpace(const core::io::Checkpoint& checkpoint, const DesignRequest& request) {
  if (request.candidates.empty())
    throw core::Error(core::ErrorCode::InvalidArgument, "A recipe is designed of candidates, but none was given.");
  DesignSpace space;
  findParts(checkpoint, request, space);
  space.smallest = space.largest = space.otherBytes;
  for (const evaluate::Part& part : space.parts) {
    space.items.push_back(itemOf(checkpoint, request, part));
    std::optional<std::uint64_t> least, most;
    for (const auto& bytes : space.items.back().bytes) {
      if (!bytes) continue;
      least = std::min(least.value_or(*bytes), *bytes);
      most = std::max(most.value_or(*bytes), *bytes);
    }
    space.smallest += *least;
    space.largest += *most;
  }
  if (request.kl) return space;
  space.mostBytes = request.bytes ? *request.bytes : sizeUnder(checkpoint, *request.like).bytes;
  if (space.mostBytes < space.smallest)
    throw core::Error(core::ErrorCode::InvalidArgument,
                      fmt::format("With the smallest candidates the model takes {} bytes, but it may have {}.",
                                  space.smallest, space.mostBytes));
  return space;
}

evaluate::CandidateChoice choiceOf(const core::io::Checkpoint& checkpoint, const DesignRequest& request,
                                   const DesignSpace& space, const Recipe& recipe) {
  const auto plan = core::model::planRecipe(recipe, checkpoint);
  evaluate::CandidateChoice choice;
  for (std::size_t i = 0; i < space.parts.size(); ++i) {
    std::optional<std::size_t> chosen;
    for (const std::string& tensor : space.parts[i].tensors) {
      const auto& scheme = plan.tensors[*checkpoint.find(tensor)].scheme;
      const auto found = scheme ? std::ranges::find(request.candidates, *scheme) : request.candidates.end();
      const auto candidate = static_cast<std::size_t>(found - request.candidates.begin());
      if (found == request.candidates.end() || !space.items[i].bytes[candidate] || (chosen && *chosen != candidate))
        throw core::Error(
            core::ErrorCode::InvalidArgument,
            "What is begun from gives " + core::io::inQuotes(space.parts[i].name) + " none of the candidates.");
      chosen = candidate;
    }
    choice.push_back(chosen);
  }
  return choice;
}

}  // namespace app
