#include "app/workspaces/inspect/outlier_columns.h"

#include <utility>

#include "app/text/numbers.h"
#include "core/quant/llm_int8.h"

namespace app {

namespace {

const QString kOutliersTag = QStringLiteral("inspect.outliers");

/// What a text has shown: nothing where it has shown no inputs of the tensor.
std::optional<std::vector<MarkedColumn>> findOutliers(const OpenModel& model, std::size_t tensor, float threshold,
                                                      const core::JobContext& job) {
  const auto calibration = model.calibration().current();
  if (calibration == nullptr) return std::nullopt;
  const auto known =
      calibration->of(model.checkpoint().tensors()[tensor].name, core::quant::CalibrationNeed::Columns, job);
  if (known == nullptr) return std::nullopt;
  std::vector<MarkedColumn> columns;
  for (const std::uint32_t column : core::quant::outlierColumns(known->maxMagnitude, threshold))
    columns.push_back({column, static_cast<double>(known->maxMagnitude[column])});
  return columns;
}

}  // namespace

OutlierColumns::OutlierColumns(Selection& selection, JobRunner& jobs, QObject* parent)
    : QObject(parent), m_selection(selection), m_jobs(jobs) {
  connect(&selection, &Selection::calibrationChanged, this, &OutlierColumns::forget);
}

// The current scheme's, else the first checked one's; a threshold of 0 marks nothing.
std::optional<float> OutlierColumns::threshold() const {
  if (!m_selection.tensor()) return std::nullopt;
  auto recipes = m_selection.checkedRecipes();
  if (m_selection.currentRecipe()) recipes.insert(recipes.begin(), *m_selection.currentRecipe());
  for (const auto& recipe : recipes) {
    const auto scheme = m_selection.schemeFor(recipe, *m_selection.tensor());
    if (scheme && scheme->activations.name == core::quant::ActivationName::LlmInt8 && scheme->activations.threshold > 0)
      return scheme->activations.threshold;
  }
  return std::nullopt;
}

core::quant::CalibrationNeed OutlierColumns::need() const {
  return threshold() ? core::quant::CalibrationNeed::Columns : core::quant::CalibrationNeed::None;
}

void OutlierColumns::forget() {
  m_jobs.cancelTag(kOutliersTag);
  m_threshold.reset();
  m_columns.clear();
  m_problem.clear();
  m_isKnown = false;
  Q_EMIT changed();
}

void OutlierColumns::follow(bool active) {
  const Subject subject = Subject::of(m_selection);
  const auto wanted = active ? threshold() : std::nullopt;
  if (subject == m_subject && wanted == m_threshold) return;
  forget();
  m_subject = subject;
  if (!wanted || m_selection.waitFor(need()) != CalibrationWait::Nothing) return;
  m_threshold = wanted;
  m_jobs.run(
      this, {kOutliersTag, tr("Outlier columns")},
      [model = m_selection.model(), tensor = *m_selection.tensor(), threshold = *wanted](const core::JobContext& job) {
        return findOutliers(*model, tensor, threshold, job);
      },
      [this](std::optional<std::vector<MarkedColumn>> columns) {
        m_isKnown = columns.has_value();
        if (!columns) m_problem = tr("The calibration text has shown no inputs of this tensor.");
        m_columns = std::move(columns).value_or(std::vector<MarkedColumn>());
        Q_EMIT changed();
      },
      [this](const QString& sentence) {
        m_problem = sentence;
        Q_EMIT changed();
      });
}

QString OutlierColumns::text() const {
  if (!threshold()) return {};
  if (!m_problem.isEmpty()) return m_problem;
  if (!m_isKnown) return {};
  const QString limit = text::number(static_cast<double>(*m_threshold), 3);
  if (m_columns.empty())
    return tr("No input reaches %1 in the calibration text: LLM.int8() multiplies every column in integers.")
        .arg(limit);
  return tr("▼ LLM.int8() multiplies %1 of the columns in FP16: in the calibration text their inputs reach %2.")
      .arg(text::count(m_columns.size()), limit);
}

}  // namespace app
