#include "app/workspaces/layers/design_run.h"

#include <algorithm>
#include <utility>

#include "app/session/cache_folder.h"
#include "app/session/calibrate_model.h"
#include "app/session/evaluate_model.h"

namespace app {

namespace {

StudyRequest studyRequest(const DesignQuestion& question, const QString& text, std::uint32_t tokens) {
  StudyRequest request;
  // The word for what the built-in model is calibrated with; "demo" are conversations that it has not seen.
  request.text =
      text == QStringLiteral("calibration") ? openText(std::string(kDemoText)) : openEvaluationText(text.toStdString());
  request.reading.tokens = tokens;
  request.positions = question.positions;
  request.cacheFolder = userCacheFolder();
  return request;
}

class Run {
 public:
  Run(OpenModel& model, Engine& engine, const DesignQuestion& question, DesignFeed& feed)
      : m_model(model), m_engine(engine), m_feed(feed) {
    m_outcome.question = question;
  }

  DesignOutcome run(const core::JobContext& job) {
    const DesignQuestion& question = m_outcome.question;
    const DesignSpace space = designSpace(m_model.checkpoint(), question.request);
    const StudyRequest checked = studyRequest(question, question.checkText, question.checkTokens);
    readingOf(m_model, checked, job);  // what is wrong with it is said before the long work
    design(space, studyRequest(question, question.text, question.tokens), job.part(0.0, 0.85));
    job.progress(0.85, "Reading the text that takes no part");
    DivergenceStudy study(m_model, m_engine, checked, job.part(0.85, 0.9));
    const Design& made = *m_outcome.design;
    const auto rivals = rivalsOf(m_model.checkpoint(), question.request, std::max(made.bytes, made.mostBytes));
    m_outcome.check = checkDesign(study, made.recipe, rivals, job.part(0.9, 1.0));
    return std::move(m_outcome);
  }

 private:
  void design(const DesignSpace& space, StudyRequest request, const core::JobContext& job) {
    m_outcome.singlesWanted = space.singles();
    DivergenceStudy study(m_model, m_engine, std::move(request), job.part(0.0, 0.05));
    m_outcome.textTitle = study.request().text.title;
    m_outcome.device = study.deviceName();
    m_outcome.blocks = study.reading().blocks;
    m_outcome.scored = study.reading().scored;
    m_feed.put(m_outcome);
    measureRivals(study, space.mostBytes, job.part(0.05, 0.1));
    m_outcome.design = designRecipe(study, m_engine, m_outcome.question.request, visitor(), job.part(0.1, 1.0));
    m_feed.put(m_outcome);
  }

  /// What the recipe is to beat: of a size that is given, what has that size.
  void measureRivals(DivergenceStudy& study, std::uint64_t most, const core::JobContext& job) {
    if (most == 0) return;
    for (const auto& recipe : rivalsOf(m_model.checkpoint(), m_outcome.question.request, most)) {
      job.progress(0.0, "Measuring what the recipe is to beat");
      m_outcome.rivals.push_back(measureRival(study, recipe, nullptr, job));
      m_feed.put(m_outcome);
    }
  }

  DesignVisitor visitor() {
    DesignVisitor visitor;
    visitor.single = [this](const std::string& item, const std::string& scheme, const core::evaluate::Estimate& kl) {
      m_outcome.singles.push_back({m_outcome.measurements() + 1, item, scheme, kl});
      m_feed.put(m_outcome);
    };
    visitor.better = [this](std::uint64_t bytes, const core::evaluate::Estimate& kl, std::size_t measurements) {
      m_outcome.steps.push_back({measurements, bytes, kl});
      m_feed.put(m_outcome);
    };
    visitor.excluded = [this](const ExcludedCandidate& excluded) {
      m_outcome.excluded.push_back(excluded);
      m_feed.put(m_outcome);
    };
    return visitor;
  }

  OpenModel& m_model;
  Engine& m_engine;
  DesignFeed& m_feed;
  DesignOutcome m_outcome;
};

}  // namespace

std::size_t DesignOutcome::measurements() const {
  if (design) return design->search.measurements;
  return std::max(singles.size() + excluded.size(), steps.empty() ? 0 : steps.back().measurement);
}

DesignOutcome runDesign(OpenModel& model, Engine& engine, const DesignQuestion& question, DesignFeed& feed,
                        const core::JobContext& job) {
  return Run(model, engine, question, feed).run(job);
}

}  // namespace app
