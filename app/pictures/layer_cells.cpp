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
  cell.value = core::metrics::value(error.stats, metric);
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

void addSize(LayerMaps::SchemeMap& map, const std::vector<SchemeError>& errors) {
  std::uint64_t bytes = 0;
  double weights = 0;
  for (const SchemeError& error : errors) {
    if (!error.refused.empty() || error.bitsPerWeight <= 0) continue;
    bytes += error.bytes;
    weights += static_cast<double>(error.bytes) * 8 / error.bitsPerWeight;
  }
  if (bytes == 0) return;
  map.bytes = text::bytes(bytes);
  map.bits = text::bitsPerWeight(static_cast<double>(bytes) * 8 / weights);
}

}  // namespace app
