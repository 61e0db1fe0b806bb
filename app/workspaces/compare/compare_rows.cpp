#include "app/workspaces/compare/compare_rows.h"

#include <algorithm>
#include <cmath>

#include "app/text/estimates.h"
#include "app/text/numbers.h"
#include "app/text/tr.h"
#include "app/widgets/kv_type_field.h"
#include "app/workspaces/compare/compare_state.h"
#include "core/evaluate/verdict.h"

namespace app {

using text::tr;

namespace {

using core::evaluate::Verdict;

QString wordOf(const EvaluationRow& row, bool isMeasuring) {
  if (row.verdict != Verdict::Unknown) return text::verdict(row.verdict);
  if (isMeasuring) return tr("measuring…");
  const bool isFew = row.statistics.blocks < core::evaluate::kFewestBlocks;
  return isFew ? tr("too few blocks yet") : text::verdict(row.verdict);
}

void addSize(CompareRow& row, const CompareState& state) {
  const auto size = state.size(row.recipe);
  if (!size || !state.selection().model()) return;
  row.bytes = static_cast<double>(size->bytes);
  row.bitsPerWeight = size->bitsPerWeight;
  const auto parameters = static_cast<double>(state.selection().model()->checkpoint().parameters());
  if (parameters <= 0) return;
  row.ofFp32 = *row.bytes / (4 * parameters);
  row.ofFp16 = *row.bytes / (2 * parameters);
}

void addSpeed(CompareRow& row, const CompareMeasurement& measurement) {
  const core::model::KvType kv = row.isReference ? core::model::KvType::F16 : measurement.question.kv;
  const auto found = measurement.devices.find(Variant{row.recipe, measurement.question.device, kv}.toString());
  if (found == measurement.devices.end()) return;
  row.decode = found->second.speed.decode;
  row.prefill = found->second.speed.prefill;
}

CompareRow referenceRow(const CompareState& state) {
  CompareRow row;
  const CompareMeasurement* measurement = state.measurement();
  const bool isOther =
      measurement != nullptr && measurement->question.reference == CompareQuestion::Reference::ComparedModel;
  const auto compared = state.selection().comparedRecipe();
  if (isOther && compared) row.recipe = *compared;
  row.title = isOther && compared ? state.selection().title(*compared) : tr("as stored");
  row.isReference = true;
  row.color = Theme::instance().colors().reference;
  row.mark = SeriesMark::Square;
  row.verdict = tr("reference");
  addSize(row, state);
  if (measurement == nullptr) return row;
  row.figures.perplexity = measurement->evaluation.referencePerplexity;
  row.state = measurement->evaluation.isComplete() ? CompareRow::State::Measured : CompareRow::State::Partly;
  addSpeed(row, *measurement);
  return row;
}

}  // namespace

std::vector<CompareRow> compareRows(const CompareState& state) {
  const Selection& selection = state.selection();
  std::vector<CompareRow> rows;
  if (!selection.model()) return rows;
  rows.push_back(referenceRow(state));
  const CompareMeasurement* measurement = state.measurement();
  std::vector<int> rowOfMeasured;  // [evaluation.rows], −1 for what is not shown
  if (measurement != nullptr) rowOfMeasured.assign(measurement->evaluation.rows.size(), -1);
  // The stored weights are compared, too, where the reference is another model or keeps finer keys and values.
  std::vector<core::model::Recipe> recipes;
  const bool hasStored = measurement != nullptr &&
                         std::ranges::any_of(measurement->evaluation.rows,
                                             [](const auto& known) { return known.variant.recipe.keepsEverything(); });
  if (hasStored) recipes.emplace_back();
  for (const auto& recipe : selection.checkedRecipes())
    if (!(rows.front().recipe == recipe)) recipes.push_back(recipe);
  for (const auto& recipe : recipes) {
    const bool isStored = recipe.keepsEverything();
    CompareRow row;
    row.recipe = recipe;
    row.title = isStored ? tr("as stored, compared") : selection.title(recipe);
    row.color = isStored ? Theme::instance().colors().textMuted : selection.color(recipe);
    row.mark = isStored ? SeriesMark::Circle : selection.mark(recipe);
    row.verdict = tr("not measured");
    addSize(row, state);
    if (measurement != nullptr) {
      const auto& all = measurement->evaluation.rows;
      const auto found = std::ranges::find_if(all, [&](const auto& known) { return known.variant.recipe == recipe; });
      if (found != all.end()) {
        const bool isPartial = !measurement->evaluation.isComplete();
        row.figures = found->statistics;
        row.state = isPartial ? CompareRow::State::Partly : CompareRow::State::Measured;
        row.verdict = wordOf(*found, isPartial && state.isMeasuring());
        if (!found->failure.empty()) {
          row.state = CompareRow::State::Failed;
          row.verdict = QString::fromStdString(found->failure);
        }
        rowOfMeasured[static_cast<std::size_t>(found - all.begin())] = static_cast<int>(rows.size());
      }
      if (found != all.end()) addSpeed(row, *measurement);
    }
    rows.push_back(std::move(row));
  }
  for (std::size_t i = 0; i < rowOfMeasured.size(); ++i) {
    if (rowOfMeasured[i] < 0) continue;
    for (const std::size_t other : measurement->evaluation.rows[i].indistinguishableFrom)
      if (other < rowOfMeasured.size() && rowOfMeasured[other] >= 0)
        rows[static_cast<std::size_t>(rowOfMeasured[i])].sameAs.push_back(rowOfMeasured[other]);
  }
  for (CompareRow& row : rows) {
    if (row.sameAs.empty() || row.state != CompareRow::State::Measured) continue;
    QStringList names;
    for (const int other : row.sameAs) names << rows[static_cast<std::size_t>(other)].title;
    row.verdict = tr("%1; not told from %2").arg(row.verdict, names.join(QStringLiteral(", ")));
  }
  return rows;
}

double noiseFloorOf(const CompareState& state) {
  return state.measurement() == nullptr ? 0 : state.measurement()->evaluation.noise.kl;
}

QString provenanceOf(const CompareState& state) {
  const CompareMeasurement* measurement = state.measurement();
  if (measurement == nullptr) return {};
  const Evaluation& e = measurement->evaluation;
  if (e.blocksDone == 0) return {};
  const auto measured = std::ranges::find_if(e.rows, [](const EvaluationRow& row) { return row.failure.empty(); });
  const bool isWhole = e.isComplete() || measured == e.rows.end();
  QString text = QString::fromStdString(e.textTitle) + QStringLiteral(" · ");
  text += isWhole ? tr("%1 tokens, %2 scored").arg(text::count(e.tokens), text::count(e.scored))
                  : tr("%1 of %2 blocks, %3 tokens scored")
                        .arg(e.blocksDone)
                        .arg(e.blocks)
                        .arg(text::count(measured->statistics.tokens));
  text +=
      QStringLiteral(" · ") + QString::fromStdString(measured == e.rows.end() ? e.referenceDevice : measured->device);
  if (measurement->question.kv != core::model::KvType::F16)
    text += tr(" · keys and values in %1").arg(kvTitle(measurement->question.kv));
  if (e.blocksDone < core::evaluate::kFewestBlocks) text += tr(" · too few blocks yet for a verdict");
  return text;
}

std::vector<int> paretoFront(const std::vector<CompareRow>& rows) {
  std::vector<int> order;
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (rows[i].hasKl() && rows[i].bytes && std::isfinite(rows[i].figures.klMean.value))
      order.push_back(static_cast<int>(i));
  const auto at = [&](int i) -> const CompareRow& { return rows[static_cast<std::size_t>(i)]; };
  std::ranges::sort(order, [&](int a, int b) {
    return std::pair(*at(a).bytes, at(a).figures.klMean.value) < std::pair(*at(b).bytes, at(b).figures.klMean.value);
  });
  std::vector<int> front;
  for (const int i : order)
    if (front.empty() || at(i).figures.klMean.value < at(front.back()).figures.klMean.value) front.push_back(i);
  return front;
}

}  // namespace app
