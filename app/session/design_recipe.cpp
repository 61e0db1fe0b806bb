#include "app/session/design_recipe.h"

#include <algorithm>
#include <limits>
#include <map>

#include "app/session/recipe_size.h"
#include "app/session/scheme_error.h"
#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/quant/registry.h"
#include "core/quant/stored_size.h"

namespace app {

namespace evaluate = core::evaluate;
using core::model::Recipe;

namespace {

class Designer {
 public:
  Designer(DivergenceStudy& study, const DesignRequest& request, const DesignVisitor& visitor)
      : m_study(study), m_request(request), m_visitor(visitor), m_checkpoint(study.model().checkpoint()) {
    if (request.candidates.empty())
      throw core::Error(core::ErrorCode::InvalidArgument, "A recipe is designed of candidates, but none was given.");
  }

  Design design(const core::JobContext& job) {
    prepare(job.part(0.0, 0.05));
    const evaluate::SearchMeasurements measurements{
        [this](const evaluate::CandidateChoice& choice, const core::JobContext& part) {
          return m_study.meter().measure(tensorsOf(choice), part);
        },
        [this, &job](const evaluate::CandidateChoice& choice) {
          m_study.meter().setBase(tensorsOf(choice), job.part(0.0, 0.0));
        }};
    evaluate::SearchVisitor visitor;
    visitor.single = [&](std::size_t item, std::size_t candidate, const evaluate::BlockRatio& divergence) {
      m_alone[{item, candidate}] = divergence.ratio();
      if (m_visitor.single)
        m_visitor.single(m_items[item].name, m_request.candidates[candidate].toString(), divergence.ratio());
    };
    visitor.better = [&](const evaluate::SearchResult& best) {
      if (m_visitor.better) m_visitor.better(best.bytes + m_otherBytes, best.divergence.ratio(), best.measurements);
    };
    const auto part = job.part(0.05, 1.0);
    evaluate::SearchLimits limits{m_request.rounds};
    if (m_request.from) limits.start = choiceOf(*m_request.from);
    Design made;
    if (m_request.kl) {
      made.search = evaluate::searchUnderKl(m_items, *m_request.kl, measurements, visitor, part, limits);
    } else {
      made.mostBytes = m_request.bytes ? *m_request.bytes : sizeUnder(m_checkpoint, *m_request.like).bytes;
      if (made.mostBytes <= m_otherBytes)
        throw core::Error(core::ErrorCode::InvalidArgument,
                          "What is not chosen for takes " + std::to_string(m_otherBytes) +
                              " bytes, but the model may have " + std::to_string(made.mostBytes) + ".");
      made.search =
          evaluate::searchUnderBytes(m_items, made.mostBytes - m_otherBytes, measurements, visitor, part, limits);
    }
    finish(made);
    return made;
  }

 private:
  /// What is chosen for, and what the rest is and takes.
  void prepare(const core::JobContext& job) {
    const auto plan = core::model::planRecipe(base(), m_checkpoint);
    std::vector<evaluate::PlacedTensor> places;
    for (std::size_t i = 0; i < plan.tensors.size(); ++i) {
      const auto& tensor = m_checkpoint.tensors()[i];
      const auto& decision = plan.tensors[i];
      const bool isChosenFor =
          decision.fate() == core::model::Fate::Quantize && matchesPattern(tensor.name, m_request.pattern);
      if (isChosenFor)
        places.push_back({tensor.name, decision.place.layer, std::string(core::model::label(decision.place.role))});
      else if (decision.scheme && m_request.like)
        m_others.rules.push_back(ruleFor(tensor.name, decision.scheme));
    }
    if (places.empty())
      throw core::Error(core::ErrorCode::NotFound,
                        "No tensor of the model can be chosen for that matches '" + m_request.pattern + "'.");
    m_parts = evaluate::partsOf(places, m_request.grouping);
    for (const evaluate::Part& part : m_parts) m_items.push_back(itemOf(part));
    m_other = m_study.tensorsOf(m_others, job.part(0.0, 0.1));
    Recipe kept = m_others;
    for (const auto& place : places) kept.rules.insert(kept.rules.begin(), ruleFor(place.name, std::nullopt));
    std::uint64_t stored = 0;
    for (const auto& place : places) stored += m_checkpoint.tensors()[*m_checkpoint.find(place.name)].bytes;
    m_otherBytes = sizeUnder(m_checkpoint, kept).bytes - stored;
    // All candidates of all tensors, which measurements share.
    for (std::size_t c = 0; c < m_request.candidates.size(); ++c) {
      Recipe recipe;
      for (const auto& place : places)
        if (accepts(place.name, c)) recipe.rules.push_back(ruleFor(place.name, m_request.candidates[c]));
      const auto share = static_cast<double>(c) / static_cast<double>(m_request.candidates.size());
      m_made.push_back(m_study.tensorsOf(recipe, job.part(0.1 + 0.9 * share, 1.0)));
    }
  }

  /// What stands in for whatever is not chosen for; without `like` a scheme, to learn which tensors schemes are for.
  Recipe base() const { return m_request.like ? *m_request.like : Recipe(m_request.candidates.front()); }

  bool accepts(const std::string& tensor, std::size_t candidate) const {
    const auto& info = m_checkpoint.tensors()[*m_checkpoint.find(tensor)];
    return core::quant::accepts(m_request.candidates[candidate], info.shape, nullptr);
  }

  evaluate::SearchItem itemOf(const evaluate::Part& part) const {
    evaluate::SearchItem item{part.name, {}};
    for (std::size_t c = 0; c < m_request.candidates.size(); ++c) {
      std::optional<std::uint64_t> bytes = 0;
      for (const std::string& tensor : part.tensors) {
        if (!accepts(tensor, c)) bytes.reset();
        if (!bytes) break;
        const auto& shape = m_checkpoint.tensors()[*m_checkpoint.find(tensor)].shape;
        *bytes += core::quant::storedSize(m_request.candidates[c], shape).bytes();
      }
      item.bytes.push_back(bytes);
    }
    return item;
  }

  /// The candidates that a recipe gives the parts.
  evaluate::CandidateChoice choiceOf(const Recipe& recipe) const {
    const auto plan = core::model::planRecipe(recipe, m_checkpoint);
    evaluate::CandidateChoice choice;
    for (std::size_t i = 0; i < m_parts.size(); ++i) {
      std::optional<std::size_t> chosen;
      for (const std::string& tensor : m_parts[i].tensors) {
        const auto& scheme = plan.tensors[*m_checkpoint.find(tensor)].scheme;
        const auto found = scheme ? std::ranges::find(m_request.candidates, *scheme) : m_request.candidates.end();
        const auto candidate = static_cast<std::size_t>(found - m_request.candidates.begin());
        if (found == m_request.candidates.end() || !m_items[i].bytes[candidate] || (chosen && *chosen != candidate))
          throw core::Error(
              core::ErrorCode::InvalidArgument,
              "What is begun from gives " + core::io::inQuotes(m_parts[i].name) + " none of the candidates.");
        chosen = candidate;
      }
      choice.push_back(chosen);
    }
    return choice;
  }

  evaluate::Exchanged tensorsOf(const evaluate::CandidateChoice& choice) const {
    evaluate::Exchanged tensors;
    const bool isComplete = std::ranges::all_of(choice, [](const auto& candidate) { return candidate.has_value(); });
    if (isComplete) tensors = m_other;
    for (std::size_t i = 0; i < choice.size(); ++i) {
      if (!choice[i]) continue;
      for (const std::string& tensor : m_parts[i].tensors)
        if (const auto found = m_made[*choice[i]].find(tensor); found != m_made[*choice[i]].end())
          tensors.insert_or_assign(tensor, found->second);
    }
    return tensors;
  }

  evaluate::Estimate aloneOf(std::size_t item, std::size_t candidate) const {
    const auto found = m_alone.find({item, candidate});
    return found == m_alone.end() ? evaluate::Estimate() : found->second;
  }

  void finish(Design& made) const {
    made.kl = made.search.divergence.ratio();
    for (std::size_t i = 0; i < m_parts.size(); ++i) {
      const std::size_t candidate = *made.search.choice[i];
      made.items.push_back({m_parts[i].name, m_parts[i].tensors, m_request.candidates[candidate].toString(),
                            *m_items[i].bytes[candidate], aloneOf(i, candidate)});
      for (const std::string& tensor : m_parts[i].tensors)
        made.recipe.rules.push_back(ruleFor(tensor, m_request.candidates[candidate]));
    }
    made.recipe.rules.insert(made.recipe.rules.end(), m_others.rules.begin(), m_others.rules.end());
    const RecipeSize size = sizeUnder(m_checkpoint, made.recipe);
    made.bytes = size.bytes;
    made.bitsPerWeight = size.bitsPerWeight;
  }

  DivergenceStudy& m_study;
  const DesignRequest& m_request;
  const DesignVisitor& m_visitor;
  const core::io::Checkpoint& m_checkpoint;
  std::vector<evaluate::Part> m_parts;
  std::vector<evaluate::SearchItem> m_items;
  std::vector<evaluate::Exchanged> m_made;  ///< by candidate
  Recipe m_others;                          ///< what is not chosen for
  evaluate::Exchanged m_other;              ///< its tensors
  std::uint64_t m_otherBytes = 0;
  std::map<std::pair<std::size_t, std::size_t>, evaluate::Estimate> m_alone;
};

}  // namespace

Design designRecipe(DivergenceStudy& study, const DesignRequest& request, const DesignVisitor& visitor,
                    const core::JobContext& job) {
  return Designer(study, request, visitor).design(job);
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
    const evaluate::BlockRatio other = study.measure(rivals[i], job.part(done / steps, (done + 1.0) / steps));
    check.rivals.push_back({rivals[i].toString(), sizeUnder(study.model().checkpoint(), rivals[i]).bytes, other.ratio(),
                            evaluate::pairedDifference(own, other)});
  }
  return check;
}

std::vector<Recipe> rivalsOf(const core::io::Checkpoint& checkpoint, const DesignRequest& request,
                             const Design& design) {
  constexpr double kAboutAsLarge = 0.93;
  const std::uint64_t most = std::max(design.bytes, design.mostBytes);
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
