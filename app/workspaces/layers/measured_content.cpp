#include "app/workspaces/layers/measured_content.h"

#include <algorithm>
#include <cmath>

#include "app/pictures/layer_cells.h"
#include "app/pictures/metric_text.h"
#include "app/selection/calibration_text.h"
#include "app/text/estimates.h"
#include "app/text/numbers.h"
#include "app/text/tr.h"

namespace app {

using text::tr;

using core::evaluate::Direction;
using core::evaluate::Level;

namespace {

const QString kBetween = QStringLiteral(" · ");

QString shortName(const std::string& name) {
  QString text = QString::fromStdString(name);
  if (text.endsWith(QLatin1String(".weight"))) text.chop(7);
  return text;
}

QString countOf(Level level, std::size_t count) {
  const QString number = text::count(count);
  switch (level) {
    case Level::Layer:
      return tr("%1 layers").arg(number);
    case Level::Role:
      return tr("%1 kinds of matrix").arg(number);
    case Level::Tensor:
      return tr("%1 tensors").arg(number);
  }
  return {};
}

/// What the quick figures said of a tensor.
QString quickFigures(const SensitivityRow& row) {
  QStringList parts;
  if (std::isfinite(row.weightError)) parts << tr("weights off by %1").arg(text::percent(row.weightError, 2));
  if (std::isfinite(row.outputError.total.value))
    parts << tr("outputs by %1").arg(text::percent(row.outputError.total.value, 2));
  if (std::isfinite(row.gradientEstimate))
    parts << tr("by gradients %1 nats").arg(text::number(row.gradientEstimate, 2));
  return parts.join(u'\n');
}

bool isIndistinguishable(const MeasuredAnswer& answer, const core::evaluate::Estimate& figure) {
  return answer.judge(figure) == core::evaluate::Verdict::Indistinguishable;
}

}  // namespace

const std::string& MeasuredContent::nameOf(std::size_t tensor) const {
  return m_measured.selection().model()->checkpoint().tensors()[tensor].name;
}

MeasuredContent::RowOf MeasuredContent::rowOf(const MeasuredAnswer& answer, Level level) {
  RowOf result;
  for (const SensitivityRow* row : answer.rows(level))
    for (const std::string& tensor : row->tensors) result.insert_or_assign(tensor, row);
  return result;
}

LayerMaps::Cell MeasuredContent::cellOf(const MeasuredAnswer& answer, const SensitivityRow& row) {
  const bool isOfMany = row.tensors.size() > 1;
  LayerMaps::Cell cell =
      measuredCell(row.change, answer.judge(row.change), isOfMany ? QString::fromStdString(row.name) : QString());
  cell.note = QString::fromStdString(row.failure);
  if (isOfMany) cell.shared = row.level == Level::Role ? LayerMaps::Shared::WithKind : LayerMaps::Shared::WithLayer;
  return cell;
}

void MeasuredContent::fill(LayerMaps::SchemeMap& map, const core::model::Recipe& recipe) const {
  const MeasuredAnswer* const answer = m_measured.find(recipe);
  const Level level = m_measured.level();
  RowOf fine, coarse;
  if (answer != nullptr) {
    if (level == Level::Tensor) fine = rowOf(*answer, level);
    coarse = rowOf(*answer, level == Level::Role ? Level::Role : Level::Layer);
  }
  map.summary = summary(recipe, answer);
  map.isOld = answer != nullptr && m_measured.isOld(*answer);
  for (std::size_t row = 0; row < map.cells.size(); ++row) {
    LayerMaps::Cell& cell = map.cells[row];
    if (!cell.known) continue;  // kept, refused, or not yet said
    const std::string& name = nameOf(m_tensors[row]);
    const auto inFine = fine.find(name), inCoarse = coarse.find(name);
    LayerMaps::Cell measured;
    if (inFine != fine.end())
      measured = cellOf(*answer, *inFine->second);
    else if (inCoarse != coarse.end())
      measured = cellOf(*answer, *inCoarse->second);
    else
      measured.detail = m_measured.isMeasuring(recipe) ? tr("not measured yet") : tr("not measured");
    measured.made = cell.made;
    measured.treatment = cell.treatment;
    cell = std::move(measured);
  }
}

QString MeasuredContent::whyNothing(const core::model::Recipe& recipe) const {
  if (m_measured.isMeasuring(recipe)) return tr("waits to be measured…");
  const QString waits =
      waitText(m_measured.selection(), m_measured.selection().needOf(recipe), m_measured.selection().title(recipe));
  return waits.isEmpty() ? tr("not measured yet") : waits;
}

QString MeasuredContent::progress(const MeasuredAnswer& answer) const {
  const QString known = tr("%1 of %2").arg(text::count(answer.done), text::count(answer.report.parts));
  if (m_measured.isMeasuring(answer))
    return answer.done < answer.report.parts ? tr("%1 measured…").arg(known) : QString();
  return answer.isComplete ? QString() : tr("%1 measured, stopped").arg(known);
}

QString MeasuredContent::summary(const core::model::Recipe& recipe, const MeasuredAnswer* answer) const {
  if (answer == nullptr) return whyNothing(recipe);
  if (!answer->failure.empty()) return QString::fromStdString(answer->failure);
  if (answer->report.rows.empty()) return whyNothing(recipe);
  QStringList parts{progress(*answer)};
  if (m_measured.isOld(*answer)) parts.prepend(tr("of another question"));
  parts << (answer->report.quantizedFailure.empty() ? tr("whole %1").arg(text::estimate(answer->report.quantizedKl))
                                                    : QString::fromStdString(answer->report.quantizedFailure));
  if (answer->isComplete && !answer->rows(m_measured.level()).empty())
    parts << tr("parts %1").arg(text::estimate(answer->sum(m_measured.level())));
  parts.removeAll(QString());
  return parts.join(kBetween);
}

bool MeasuredContent::isOld(const core::model::Recipe& recipe) const {
  const MeasuredAnswer* const answer = m_measured.find(recipe);
  return answer != nullptr && m_measured.isOld(*answer);
}

QString MeasuredContent::provenance(const core::model::Recipe& recipe) const {
  const MeasuredAnswer* const answer = m_measured.find(recipe);
  if (answer == nullptr || answer->report.rows.empty()) return {};
  const SensitivityReport& report = answer->report;
  return tr("%1 · %2 tokens, %3 scored · %4 · %5")
      .arg(QString::fromStdString(report.textTitle), text::count(report.tokens), text::count(report.scored),
           QString::fromStdString(report.device),
           answer->question.direction == Direction::Swap ? tr("each quantized alone") : tr("each restored alone"));
}

QString MeasuredContent::sentence(const core::model::Recipe& recipe) const {
  const MeasuredAnswer* const answer = m_measured.find(recipe);
  const QString title = m_measured.selection().title(recipe);
  if (answer == nullptr || answer->report.rows.empty() || !answer->failure.empty())
    return QStringLiteral("%1: %2").arg(title, summary(recipe, answer));
  const QString soFar = progress(*answer);
  const auto rows = answer->rows(m_measured.level());
  const core::evaluate::Estimate whole = answer->report.quantizedKl;
  QString result = m_measured.isOld(*answer) ? tr("Of another question: ") : QString();
  if (!soFar.isEmpty() || rows.empty()) {
    result += tr("%1 as a whole: KL %2 nats per token").arg(title, text::estimate(whole));
    return soFar.isEmpty() ? result : result + kBetween + soFar;
  }
  const core::evaluate::Estimate sum = answer->sum(m_measured.level());
  const bool isSwap = answer->question.direction == Direction::Swap;
  result += isSwap ? tr("%1 as a whole: KL %2 nats per token; its %3 one by one add up to %4")
                   : tr("%1 as a whole: KL %2 nats per token; its %3, restored one by one, take away %4 in all");
  result = result.arg(title, text::estimate(whole), countOf(m_measured.level(), rows.size()), text::estimate(sum));
  const core::evaluate::Estimate apart{whole.value - sum.value, whole.error + sum.error};
  const core::evaluate::Verdict verdict = answer->judge(apart);
  if (verdict == core::evaluate::Verdict::Indistinguishable)
    result += tr(": indistinguishable.");
  else if (verdict == core::evaluate::Verdict::Different)
    result += apart.value > 0 ? tr(": errors add to one another.") : tr(": errors make up for one another in part.");
  else
    result += tr(". The text is too short for a verdict.");
  const auto none =
      std::ranges::count_if(rows, [&](const SensitivityRow* row) { return isIndistinguishable(*answer, row->change); });
  if (none > 0)
    result +=
        u' ' + tr("%1 of them: indistinguishable from no harm.").arg(text::count(static_cast<std::uint64_t>(none)));
  return result;
}

LayerContent::Dots MeasuredContent::dots(const core::model::Recipe& recipe) const {
  LayerContent::Dots result;
  const MeasuredAnswer* const answer = m_measured.find(recipe);
  const QString title = m_measured.selection().title(recipe);
  result.left = summary(recipe, answer);
  if (answer != nullptr) {
    for (const SensitivityRow* row : answer->rows(m_measured.level())) {
      const auto first = std::ranges::find_if(m_tensors, [&](std::size_t tensor) {
        return std::ranges::find(row->tensors, nameOf(tensor)) != row->tensors.end();
      });
      if (first == m_tensors.end()) continue;
      const LayerMaps::Cell cell = cellOf(*answer, *row);
      ErrorDots::Dot dot{shortName(row->name), cell.value, static_cast<int>(first - m_tensors.begin()), cell.note};
      dot.error = cell.error;
      dot.isWithinError = cell.isWithinError;
      QStringList details{dot.isWithinError ? tr("indistinguishable from no harm") : QString(), quickFigures(*row)};
      details.removeAll(QString());
      dot.detail = details.join(u'\n');
      result.dots.push_back(std::move(dot));
    }
  }
  if (!result.dots.empty()) return result;
  if (answer != nullptr && !answer->failure.empty())
    result.message = QString::fromStdString(answer->failure);
  else if (m_measured.isMeasuring(recipe))
    result.message = tr("Measuring %1…").arg(title);
  else
    result.message = tr("Press Measure to find out what each part of %1 does to the model's answers.").arg(title);
  return result;
}

}  // namespace app
