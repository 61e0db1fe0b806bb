#include "app/session/design_recipe.h"

#include <algorithm>
#include <map>

#include "app/session/recipe_size.h"

namespace app {

namespace evaluate = core::evaluate;
using core::model::Recipe;

namespace {

class Designer {
 public:
  Designer(DivergenceStudy& study, Engine& engine, const DesignRequest& request, const DesignVisitor& visitor)
      : m_study(study),
        m_engine(engine),
        m_request(request),
        m_visitor(visitor),
        m_checkpoint(study.model().checkpoint()),
        m_space(designSpace(m_checkpoint, request)) {}

  Design design(const core::JobContext& job) {
    makeTensors(job.part(0.0, 0.05));
    const evaluate::SearchMeasurements measurements{
        [this](const evaluate::CandidateChoice& choice, const core::JobContext& part) {
          return m_study.meter().measure(tensorsOf(choice), part);
        },
        [this, &job](const evaluate::CandidateChoice& choice) {
          m_study.meter().setBase(tensorsOf(choice), job.part(0.0, 0.0));
        }};
    const evaluate::SearchVisitor visitor = searchVisitor();
    const auto part = job.part(0.1, 0.98);
    evaluate::SearchLimits limits{m_request.rounds};
    if (m_request.from) limits.start = choiceOf(m_checkpoint, m_request, m_space, *m_request.from);
    m_design.mostBytes = m_space.mostBytes;
    if (m_request.kl)
      m_design.search =
          evaluate::searchUnderKl(priced(job.part(0.05, 0.1)), *m_request.kl, measurements, visitor, part, limits);
    else
      m_design.search = evaluate::searchUnderBytes(m_space.items, m_space.mostBytes - m_space.otherBytes, measurements,
                                                   visitor, part, limits);
    finish();
    if (m_request.fastest)
      m_design.speeds.measured = measureRecipeSpeed(m_engine, m_study, m_design.recipe, job.part(0.98, 1.0));
    return std::move(m_design);
  }

 private:
  /// All candidates of all tensors, which measurements share.
  void makeTensors(const core::JobContext& job) {
    m_other = m_study.tensorsOf(m_space.others, job.part(0.0, 0.1));
    const auto count = static_cast<double>(m_request.candidates.size());
    for (std::size_t c = 0; c < m_request.candidates.size(); ++c) {
      Recipe recipe;
      for (const evaluate::Part& part : m_space.parts)
        for (const std::string& tensor : part.tensors)
          if (canHold(m_checkpoint, tensor, m_request.candidates[c]))
            recipe.rules.push_back(ruleFor(tensor, m_request.candidates[c]));
      m_made.push_back(m_study.tensorsOf(recipe, job.part(0.1 + 0.9 * static_cast<double>(c) / count, 1.0)));
    }
  }

  /// What is to be spared of each part: bytes or time.
  std::vector<evaluate::SearchItem> priced(const core::JobContext& job) {
    if (!m_request.fastest) return m_space.items;
    m_design.speeds.candidates = measureCandidateSpeeds(m_engine, m_study, m_space, m_request, job);
    return timedItems(m_checkpoint, m_space, m_design.speeds.candidates);
  }

  std::uint64_t bytesOf(const evaluate::CandidateChoice& choice) const {
    std::uint64_t bytes = m_space.otherBytes;
    for (std::size_t i = 0; i < choice.size(); ++i) bytes += *m_space.items[i].bytes[*choice[i]];
    return bytes;
  }

  std::string textOf(std::size_t candidate) const { return m_request.candidates[candidate].toString(); }

  evaluate::SearchVisitor searchVisitor() {
    evaluate::SearchVisitor visitor;
    visitor.single = [this](std::size_t item, std::size_t candidate, const evaluate::BlockRatio& divergence) {
      m_alone[{item, candidate}] = divergence.ratio();
      if (m_visitor.single) m_visitor.single(m_space.parts[item].name, textOf(candidate), divergence.ratio());
    };
    visitor.better = [this](const evaluate::SearchResult& best) {
      if (m_visitor.better) m_visitor.better(bytesOf(best.choice), best.divergence.ratio(), best.measurements);
    };
    visitor.excluded = [this](std::size_t item, std::size_t candidate, const std::string& why) {
      m_design.excluded.push_back({m_space.parts[item].name, textOf(candidate), why});
      if (m_visitor.excluded) m_visitor.excluded(m_design.excluded.back());
    };
    return visitor;
  }

  evaluate::Exchanged tensorsOf(const evaluate::CandidateChoice& choice) const {
    evaluate::Exchanged tensors;
    const bool isComplete = std::ranges::all_of(choice, [](const auto& candidate) { return candidate.has_value(); });
    if (isComplete) tensors = m_other;
    for (std::size_t i = 0; i < choice.size(); ++i) {
      if (!choice[i]) continue;
      for (const std::string& tensor : m_space.parts[i].tensors)
        if (const auto found = m_made[*choice[i]].find(tensor); found != m_made[*choice[i]].end())
          tensors.insert_or_assign(tensor, found->second);
    }
    return tensors;
  }

  evaluate::Estimate aloneOf(std::size_t item, std::size_t candidate) const {
    const auto found = m_alone.find({item, candidate});
    return found == m_alone.end() ? evaluate::Estimate() : found->second;
  }

  void finish() {
    m_design.kl = m_design.search.divergence.ratio();
    if (m_request.fastest) m_design.speeds.predicted = 1e12 / static_cast<double>(m_design.search.bytes);
    auto& rules = m_design.recipe.rules;
    for (std::size_t i = 0; i < m_space.parts.size(); ++i) {
      const std::size_t candidate = *m_design.search.choice[i];
      m_design.items.push_back({m_space.parts[i].name, m_space.parts[i].tensors, textOf(candidate),
                                *m_space.items[i].bytes[candidate], aloneOf(i, candidate)});
      for (const std::string& tensor : m_space.parts[i].tensors)
        rules.push_back(ruleFor(tensor, m_request.candidates[candidate]));
    }
    rules.insert(rules.end(), m_space.others.rules.begin(), m_space.others.rules.end());
    const RecipeSize size = sizeUnder(m_checkpoint, m_design.recipe);
    m_design.bytes = size.bytes;
    m_design.bitsPerWeight = size.bitsPerWeight;
  }

  DivergenceStudy& m_study;
  Engine& m_engine;
  const DesignRequest& m_request;
  const DesignVisitor& m_visitor;
  const core::io::Checkpoint& m_checkpoint;
  const DesignSpace m_space;
  std::vector<evaluate::Exchanged> m_made;  ///< by candidate
  evaluate::Exchanged m_other;              ///< the tensors that are not chosen for
  std::map<std::pair<std::size_t, std::size_t>, evaluate::Estimate> m_alone;
  Design m_design;
};

}  // namespace

Design designRecipe(DivergenceStudy& study, Engine& engine, const DesignRequest& request, const DesignVisitor& visitor,
                    const core::JobContext& job) {
  return Designer(study, engine, request, visitor).design(job);
}

}  // namespace app
