#include "app/pictures/layer_cells.h"

#include <QCoreApplication>
#include <cmath>

#include "app/text/numbers.h"

namespace app {

namespace {
QString tr(const char* text) { return QCoreApplication::translate("LayerCells", text); }
}  // namespace

LayerMaps::Cell cellOf(const SchemeError& error, core::metrics::Metric metric) {
  LayerMaps::Cell cell;
  cell.note = QString::fromStdString(error.refused);
  cell.known = error.refused.empty();
  if (!cell.known) return cell;
  cell.value = value(error, metric);
  if (metric == core::metrics::Metric::OutputError && std::isnan(cell.value)) {
    cell.known = false;
    cell.note = tr("the calibration text has shown no inputs of it");
    return cell;
  }
  QStringList notes;
  const auto say = [&notes](const QString& sentence, const core::metrics::NonFinite& values) {
    if (values.count() != 0) notes << sentence.arg(QString::fromStdString(core::metrics::describe(values)));
  };
  say(tr("stored weights that are no numbers: %1"), error.stats.nonFinite());
  say(tr("weights that the scheme makes infinite: %1"), error.stats.overflowed());
  cell.nonFinite = !notes.isEmpty();
  cell.note = notes.join(QStringLiteral("; "));
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
