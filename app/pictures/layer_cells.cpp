#include "app/pictures/layer_cells.h"

#include <cmath>

#include "app/text/numbers.h"
#include "app/text/tr.h"

namespace app {

using text::tr;

namespace {
/// "weights 3.12 ± 0.04 %, inputs 0.40 ± 0.01 %"
QString shares(const core::evaluate::OutputError& output) {
  const auto percent = [](const core::evaluate::Estimate& share) {
    const QString value = text::percent(share.value, share.value < 0.001 ? 4 : 2);
    return std::isfinite(share.error) ? tr("%1 (± %2)").arg(value, text::percent(share.error, 2)) : value;
  };
  const QString weights = tr("by the weights %1").arg(percent(output.weights));
  if (!(output.activations.value > 0)) return weights + tr(", inputs are not quantized");
  return tr("%1, by quantized inputs %2").arg(weights, percent(output.activations));
}
}  // namespace

LayerMaps::Cell cellOf(const SchemeError& error, core::metrics::Metric metric) {
  LayerMaps::Cell cell;
  cell.note = QString::fromStdString(error.refused);
  cell.known = error.refused.empty();
  if (!cell.known) return cell;
  cell.value = value(error, metric);
  QStringList notes;
  if (metric == core::metrics::Metric::OutputError) {
    if (std::isfinite(error.output.total.value)) cell.value = error.output.total.value;
    cell.known = !std::isnan(cell.value);
    if (!cell.known) {
      cell.note = tr("the calibration text has shown no inputs of it");
      return cell;
    }
    cell.error = error.output.total.error;
    if (std::isfinite(error.output.activations.value)) cell.detail = shares(error.output);
  }
  const auto say = [&notes](const QString& sentence, const core::metrics::NonFinite& values) {
    if (values.count() != 0) notes << sentence.arg(QString::fromStdString(core::metrics::describe(values)));
  };
  say(tr("stored weights that are no numbers: %1"), error.stats.nonFinite());
  say(tr("weights that the scheme makes infinite: %1"), error.stats.overflowed());
  cell.nonFinite = !notes.isEmpty();
  cell.note = notes.join(QStringLiteral("; "));
  return cell;
}

LayerMaps::Cell measuredCell(const core::evaluate::Estimate& kl, core::evaluate::Verdict verdict, const QString& of) {
  LayerMaps::Cell cell;
  cell.known = std::isfinite(kl.value);
  cell.value = kl.value;
  cell.error = kl.error;
  cell.isWithinError = verdict == core::evaluate::Verdict::Indistinguishable;
  QStringList parts;
  if (!of.isEmpty()) parts << tr("of %1 as a whole").arg(of);
  if (cell.isWithinError)
    parts << tr("indistinguishable from no harm");
  else if (kl.value < 0)
    parts << tr("below zero: its error makes up for errors of others");
  if (cell.known && verdict == core::evaluate::Verdict::Unknown)
    parts << tr("on too little text for a verdict: its error is not known well enough");
  cell.detail = parts.join(QStringLiteral(", "));
  return cell;
}

LayerMaps::Cell keptCell(const std::string& reason, const QString& type) {
  LayerMaps::Cell cell;
  cell.isKept = true;
  cell.made = type;
  cell.note = QString::fromStdString(reason);
  return cell;
}

void addSize(LayerMaps::SchemeMap& map, const SchemeSize& size) {
  if (size.quantized > 0)
    map.size = tr("model %1 · %2").arg(text::bytes(size.bytes), text::bitsPerWeight(size.bitsPerWeight));
}

}  // namespace app
