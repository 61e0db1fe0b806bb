#include "app/workspaces/trace/weight_model.h"

#include <QFont>
#include <QStringList>
#include <algorithm>
#include <cmath>

#include "app/session/traced_place.h"
#include "app/text/numbers.h"
#include "app/widgets/theme.h"
#include "app/workspaces/trace/trace_words.h"

namespace app {

using core::quant::DecidedWeight;
using core::quant::WeightDecision;

namespace {

/// Without a sign where nothing is left of it.
QString shareText(double share) {
  constexpr double kShown = 0.0005;
  return text::percent(std::abs(share) < kShown ? 0.0 : share);
}

}  // namespace

void WeightModel::show(const BlockDetails* details, double whole, const TracedTensor& tensor,
                       std::vector<std::uint64_t> proved) {
  beginResetModel();
  m_weights.clear();
  m_whole = whole;
  m_tensor = tensor;
  m_tensor.width = std::max<std::uint64_t>(tensor.width, 1);
  m_largest = 0.0;
  for (std::size_t i = 0; details != nullptr && i < details->weights.size(); ++i) {
    Line line{details->weights[i], {}, std::ranges::find(proved, details->weights[i].element) != proved.end()};
    if (i < details->contributions.size()) line.contribution = details->contributions[i];
    m_largest = std::max(m_largest, std::abs(static_cast<double>(line.contribution.value_or(0.0F))));
    m_weights.push_back(line);
  }
  std::ranges::stable_sort(m_weights, std::greater(),
                           [](const Line& line) { return std::abs(line.contribution.value_or(0.0F)); });
  endResetModel();
}

int WeightModel::rowOf(std::uint64_t element) const {
  const auto found = std::ranges::find(m_weights, element, [](const Line& line) { return line.weight.element; });
  return found == m_weights.end() ? -1 : static_cast<int>(found - m_weights.begin());
}

QString WeightModel::decisionText(const DecidedWeight& weight) const {
  switch (weight.decision) {
    case WeightDecision::Exact:
      return tr("exact");
    case WeightDecision::Rounding:
      return std::isfinite(weight.step) ? tr("rounded; a step is %1").arg(text::number(weight.step, 3)) : tr("rounded");
    case WeightDecision::Clipped:
      return tr("clipped: beyond the outermost level");
    case WeightDecision::OutlierScale:
      return weight.cause ? tr("column %1, an outlier, set the scale").arg(*weight.cause % m_tensor.width)
                          : tr("an outlier set the scale");
    case WeightDecision::CodeBookGap:
      return tr("a gap of the code book, %1 wide").arg(text::number(weight.step, 3));
    case WeightDecision::NotTheNearest:
      return tr("another level is nearer: the method weighed more than this error");
    case WeightDecision::Shared:
      return tr("its code stands for several weights");
    case WeightDecision::Given:
      return tr("a number of its own: nothing was rounded here");
  }
  return {};
}

int WeightModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(m_weights.size());
}
int WeightModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : Columns; }

QString WeightModel::textOf(const Line& line, int column) const {
  const DecidedWeight& w = line.weight;
  switch (column) {
    case Place: {
      const TracedPlace place = tracedPlace(m_tensor, w.element);
      return QStringLiteral("%1, %2").arg(place.row).arg(place.column) +
             (line.isProved ? QStringLiteral(" ◇") : QString());
    }
    case Was:
      return text::number(static_cast<double>(w.value), 4);
    case Code:
      return w.code ? QString::number(*w.code) : tr("kept");
    case Decoded:
      return text::number(static_cast<double>(w.decoded), 4);
    case Error:
      return signedNumber(static_cast<double>(w.decoded) - static_cast<double>(w.value), 3);
    case Contribution:
      return line.contribution ? signedNumber(static_cast<double>(*line.contribution)) : QStringLiteral("…");
    case Share:
      return line.contribution && m_whole != 0 ? shareText(static_cast<double>(*line.contribution) / m_whole)
                                               : QString();
    default:
      return decisionText(w);
  }
}

QVariant WeightModel::data(const QModelIndex& index, int role) const {
  const Line& line = m_weights[static_cast<std::size_t>(index.row())];
  if (role == Qt::DisplayRole) return textOf(line, index.column());
  if (role == kShareRole)
    return line.contribution && m_largest > 0 ? static_cast<double>(*line.contribution) / m_largest : 0.0;
  if (role == Qt::TextAlignmentRole && index.column() < Why && index.column() > Place)
    return int(Qt::AlignRight | Qt::AlignVCenter);
  if (role == Qt::ToolTipRole && index.column() == Why) return decisionText(line.weight);
  if (role == Qt::ToolTipRole && index.column() == Place && line.isProved)
    return tr("of the proved set: restored, the word comes back");
  if (role == Qt::FontRole && line.isProved && index.column() == Place)
    return Theme::instance().textFont(0, QFont::DemiBold);
  return {};
}

QVariant WeightModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal) return {};
  if (role == Qt::TextAlignmentRole && (section == Why || section == Place))
    return int(Qt::AlignLeft | Qt::AlignVCenter);
  if (role != Qt::DisplayRole) return {};
  const QString titles[Columns]{tr("row, column"), tr("was"),          tr("code"),  tr("became"),
                                tr("error"),       tr("contribution"), tr("share"), tr("because")};
  return titles[section];
}

QString WeightModel::text() const {
  QStringList lines, head;
  for (int column = 0; column < Columns; ++column)
    head << headerData(column, Qt::Horizontal, Qt::DisplayRole).toString();
  lines << head.join(u'\t');
  for (const Line& line : m_weights) {
    QStringList fields;
    for (int column = 0; column < Columns; ++column) fields << textOf(line, column);
    lines << fields.join(u'\t');
  }
  return lines.join(u'\n');
}

}  // namespace app
