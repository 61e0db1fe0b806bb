#include "app/workspaces/quantize/lab_link.h"

#include <QLocale>
#include <QStringList>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "app/selection/selection_link.h"
#include "app/text/tr.h"
#include "app/workspaces/quantize/lab_state.h"
#include "core/base/error.h"

namespace app {

using text::tr;

namespace {

using core::metrics::Distribution;
using core::metrics::WeightDraw;

const QStringList kOwnKeys{QStringLiteral("values"), QStringLiteral("distribution"), QStringLiteral("count"),
                           QStringLiteral("seed"),   QStringLiteral("outlier"),      QStringLiteral("outliers"),
                           QStringLiteral("row"),    QStringLiteral("block"),        QStringLiteral("moved"),
                           QStringLiteral("clip"),   QStringLiteral("step"),         QStringLiteral("show"),
                           QStringLiteral("extent")};

/// A number from low to high, as `key` of the link.
template <class Number>
Number numberOf(const Link& link, const QString& key, Number low, Number high) {
  const std::string text = link.value(key).toStdString();
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value >= low && value <= high))
    refuseInput(tr("'%1' must be a number from %2 to %3; found '%4'.")
                    .arg(key)
                    .arg(low)
                    .arg(high)
                    .arg(link.value(key).left(40)));
  return value;
}

void readDraw(const Link& link, WeightDraw& draw) {
  draw = WeightDraw();
  const QString name = link.value(QStringLiteral("distribution"));
  bool isKnown = false;
  for (const auto distribution : {Distribution::Normal, Distribution::Laplace, Distribution::Uniform}) {
    if (name != QString::fromUtf8(core::metrics::toString(distribution).data())) continue;
    draw.distribution = distribution;
    isKnown = true;
  }
  if (!isKnown)
    refuseInput(tr("'distribution' must be 'normal', 'laplace' or 'uniform'; found '%1'.").arg(name.left(40)));
  constexpr auto kMostSeed = static_cast<std::uint64_t>(std::numeric_limits<int>::max());
  if (link.has(QStringLiteral("count")))
    draw.count = numberOf<std::uint32_t>(link, QStringLiteral("count"), 1, WeightDraw::kMostValues);
  if (link.has(QStringLiteral("seed"))) draw.seed = numberOf<std::uint64_t>(link, QStringLiteral("seed"), 0, kMostSeed);
  if (link.has(QStringLiteral("outlier"))) {
    draw.outlierSize = numberOf<double>(link, QStringLiteral("outlier"), 1, 100);
    draw.outliers = 1;
  }
  if (link.has(QStringLiteral("outliers")))
    draw.outliers = numberOf<std::uint32_t>(link, QStringLiteral("outliers"), 0, 32);
}

WeightEdits readMoved(const QString& text) {
  WeightEdits edits;
  for (const QString& pair : text.split(u',', Qt::SkipEmptyParts)) {
    const qsizetype colon = pair.indexOf(u':');
    bool isIndex = false;
    const std::uint64_t index = pair.left(colon).trimmed().toULongLong(&isIndex);
    if (colon < 0 || !isIndex)
      refuseInput(tr("'moved' is written INDEX:VALUE between commas; found '%1'.").arg(pair.left(40)));
    edits[index] = parseWeights(pair.mid(colon + 1)).front();
  }
  return edits;
}

}  // namespace

LabPlace parseLabLink(const Link& link, const LabInput& now) {
  if (const QString key = unknownKey(link, kOwnKeys); !link.path.isEmpty() || !key.isEmpty())
    refuseInput(tr("\"%1\" names nothing that can be shown here.").arg(link.toString()));
  LabPlace place;
  place.input = now;
  if (link.has(QStringLiteral("scheme")))
    place.input.scheme = core::quant::Scheme::parse(link.value(QStringLiteral("scheme")).toStdString());
  if (link.has(QStringLiteral("values"))) {
    place.input.typed = weightsText(parseWeights(link.value(QStringLiteral("values"))));
    place.input.source = WeightSource::Typed;
  } else if (link.has(QStringLiteral("distribution"))) {
    readDraw(link, place.input.draw);
    place.input.source = WeightSource::Drawn;
  } else if (link.has(QStringLiteral("tensor")) || link.has(QStringLiteral("row")) ||
             link.has(QStringLiteral("block"))) {
    place.input.source = WeightSource::Tensor;
  }
  const bool namesWeights = place.input.source != now.source || link.has(QStringLiteral("values")) ||
                            link.has(QStringLiteral("distribution")) || link.has(QStringLiteral("tensor"));
  if (namesWeights) {
    place.input.clip = 1;
    place.moved.emplace();
  }
  if (link.has(QStringLiteral("clip"))) place.input.clip = numberOf<double>(link, QStringLiteral("clip"), 0.05, 1);
  place.namesTensor = place.input.source == WeightSource::Tensor;
  if (link.has(QStringLiteral("row"))) place.row = numberOf<std::uint64_t>(link, QStringLiteral("row"), 0, ~0ULL);
  if (link.has(QStringLiteral("block"))) place.block = numberOf<std::uint64_t>(link, QStringLiteral("block"), 0, ~0ULL);
  if (!place.namesTensor && link.has(QStringLiteral("weight")))
    place.weight = numberOf<std::uint64_t>(link, QStringLiteral("weight"), 0, WeightDraw::kMostValues - 1);
  if (link.has(QStringLiteral("moved"))) place.moved = readMoved(link.value(QStringLiteral("moved")));
  if (link.has(QStringLiteral("extent"))) {
    const QString extent = link.value(QStringLiteral("extent"));
    place.extent = clipExtentOf(extent.toStdString());
    if (!place.extent) refuseInput(tr("'extent' must be 'block', 'row' or 'all'; found '%1'.").arg(extent.left(40)));
  }
  place.step = link.value(QStringLiteral("step"));
  place.tab = link.value(QStringLiteral("show"));
  return place;
}

void describeLab(const LabState& state, Link& link) {
  const LabInput& input = state.input();
  link.set(QStringLiteral("scheme"), QString::fromStdString(input.scheme.toString()));
  switch (input.source) {
    case WeightSource::Tensor:
      break;  // the selection's keys
    case WeightSource::Drawn:
      link.set(QStringLiteral("distribution"),
               QString::fromUtf8(core::metrics::toString(input.draw.distribution).data()));
      link.set(QStringLiteral("count"), QString::number(input.draw.count));
      link.set(QStringLiteral("seed"), QString::number(input.draw.seed));
      if (input.draw.outliers > 0) link.set(QStringLiteral("outlier"), QString::number(input.draw.outlierSize));
      if (input.draw.outliers > 1) link.set(QStringLiteral("outliers"), QString::number(input.draw.outliers));
      break;
    case WeightSource::Typed:
      link.set(QStringLiteral("values"), QString(input.typed).remove(u' '));
      break;
  }
  if (input.source != WeightSource::Tensor && state.tensor() && state.weight() != 0)
    link.set(QStringLiteral("weight"), QString::number(state.weight()));
  QStringList moved;
  for (const auto& [index, value] : state.edits()) moved << QStringLiteral("%1:").arg(index) + weightText(value);
  if (!moved.isEmpty()) link.set(QStringLiteral("moved"), moved.join(u','));
  if (input.clip < 1) link.set(QStringLiteral("clip"), QString::number(input.clip));
}

}  // namespace app
