#include "app/workspaces/bits/weight_picker.h"

#include <QRandomGenerator>
#include <cmath>
#include <utility>

#include "app/selection/bits_state.h"
#include "app/selection/weight_reader.h"
#include "app/text/numbers.h"

namespace app {
namespace {

QString originIn(const OpenModel& model, const QString& weight) {
  return WeightPicker::tr("%1 of %2").arg(weight, QString::fromStdString(model.checkpoint().name()));
}

}  // namespace

WeightPicker::WeightPicker(Selection& selection, JobRunner& jobs, BitsState& state, QObject* parent)
    : QObject(parent), m_selection(selection), m_jobs(jobs), m_state(state) {
  connect(&selection, &Selection::modelChanged, this, &WeightPicker::refreshNote);
  connect(&selection, &Selection::tensorChanged, this, &WeightPicker::refreshNote);
  connect(&selection, &Selection::weightChanged, this, &WeightPicker::takeSelected);
  connect(&selection, &Selection::currentSchemeChanged, this, &WeightPicker::refreshNote);
}

void WeightPicker::setActive(bool active) {
  m_active = active;
  if (active) takeSelected();
}

bool WeightPicker::isChosen(const std::shared_ptr<OpenModel>& model, std::size_t tensor, std::uint64_t weight) const {
  return m_selection.model() == model && m_selection.tensor() == tensor && m_selection.weight() == weight;
}

void WeightPicker::takeSelected() {
  const auto& model = m_selection.model();
  if (!m_active || !model || !m_selection.tensor() || !m_selection.weight()) return refreshNote();
  const std::size_t tensor = *m_selection.tensor();
  const std::uint64_t weight = *m_selection.weight();
  m_jobs.run(
      this, {QStringLiteral("bits/weight"), {}, Lane::Pool},
      [model, tensor, weight](const core::JobContext&) { return readWeight(*model, tensor, weight); },
      [this, model, tensor, weight](const WeightReading& reading) {
        if (isChosen(model, tensor, weight))
          m_state.setWeight(reading.value, reading.blockAbsmax, originIn(*model, reading.origin), reading.storedAs);
      });
  refreshNote();
}

void WeightPicker::takeLargest(Beside beside) {
  const auto& model = m_selection.model();
  if (!model || !m_selection.tensor()) return;
  m_jobs.run(
      this, {QStringLiteral("bits/largest"), tr("Looking for the largest weight"), Lane::Pool},
      [model, tensor = *m_selection.tensor()](const core::JobContext& job) {
        return largestWeight(*model, tensor, job);
      },
      [this, beside, model, tensor = *m_selection.tensor()](std::uint64_t index) {
        if (m_selection.model() != model || m_selection.tensor() != tensor) return;  // another was selected meanwhile
        // The neighbour lies in the same block of 64, so it is scaled by the outlier it stands beside.
        const std::uint64_t neighbour = index ^ 1U;
        const core::io::TensorInfo* info = m_selection.tensorInfo();
        const bool exists = info != nullptr && neighbour < info->shape.count();
        m_selection.setWeight(beside == Beside::Neighbour && exists ? neighbour : index);
      });
}

void WeightPicker::takeRandom() {
  if (const core::io::TensorInfo* info = m_selection.tensorInfo())
    m_selection.setWeight(QRandomGenerator::global()->generate64() % std::max<std::uint64_t>(1, info->shape.count()));
}

void WeightPicker::refreshNote() {
  const auto& model = m_selection.model();
  const auto scheme = m_selection.currentScheme();
  Q_EMIT noteChanged({}, {}, 0);
  if (!m_active || !model || !m_selection.tensor() || !m_selection.weight() || !m_selection.currentRecipe()) return;
  const auto other = m_selection.otherFor(*m_selection.currentRecipe(), *m_selection.tensor());
  if (!scheme && !other) return;
  const QString name = m_selection.currentTitle();
  const std::size_t tensor = *m_selection.tensor();
  const std::uint64_t weight = *m_selection.weight();
  const auto isCurrent = [this, model, tensor, weight, recipe = *m_selection.currentRecipe()] {
    return isChosen(model, tensor, weight) && m_selection.currentRecipe() == recipe;
  };
  m_jobs.run(
      this, {QStringLiteral("bits/scheme"), other ? QString() : tr("Quantizing with %1").arg(name), Lane::Pool},
      [model, scheme, other, tensor, weight](const core::JobContext& job) {
        const float made =
            other ? core::model::otherValue(*other, weight) : quantizedWeight(*model, tensor, weight, *scheme, job);
        return std::pair(readWeight(*model, tensor, weight), made);
      },
      [this, name, isCurrent, model](const std::pair<WeightReading, float>& result) {
        if (!isCurrent()) return;
        const double before = static_cast<double>(result.first.value), after = static_cast<double>(result.second);
        const QString error = after == before ? tr("exactly") : tr("error %1").arg(text::number(after - before, 3));
        Q_EMIT noteChanged(std::isfinite(after - before)
                               ? tr("%1 makes of this weight %2, %3.").arg(name, text::number(after, 6), error)
                               : tr("%1 makes of this weight %2.").arg(name, text::number(after, 6)),
                           originIn(*model, result.first.origin), before);
      },
      [this, name, isCurrent,
       origin = originIn(*model, weightOrigin(*model, tensor, weight))](const QString& sentence) {
        if (isCurrent()) Q_EMIT noteChanged(tr("%1: %2").arg(name, sentence), origin, m_state.number().nearest);
      });
}

}  // namespace app
