#include "app/workspaces/compare/method_table_model.h"

#include <QBrush>
#include <QFont>
#include <QPixmap>
#include <cmath>
#include <limits>

#include "app/text/estimates.h"
#include "app/text/numbers.h"
#include "app/workspaces/compare/compare_fields.h"

namespace app {

void MethodTableModel::setRows(std::vector<CompareRow> rows, bool isOld) {
  const bool isSame = rows.size() == m_rows.size();
  if (!isSame) beginResetModel();
  m_rows = std::move(rows);
  m_isOld = isOld;
  if (!isSame)
    endResetModel();
  else if (!m_rows.empty())
    Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, Columns - 1));
}

int MethodTableModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}
int MethodTableModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : Columns; }

QString MethodTableModel::textOf(const CompareRow& row, int column) const {
  const QString none = QStringLiteral("–");
  switch (column) {
    case Method:
      return row.title;
    case Bits:
      return row.bitsPerWeight ? QString::number(*row.bitsPerWeight, 'f', 2) : none;
    case Bytes:
      return row.bytes ? text::bytes(static_cast<std::uint64_t>(*row.bytes)) : none;
    case OfFp32:
      return row.ofFp32 ? text::percent(*row.ofFp32) : none;
    case OfFp16:
      return row.ofFp16 ? text::percent(*row.ofFp16) : none;
    case Perplexity:
      return text::estimate(row.figures.perplexity);
    case Kl:
      return row.hasKl() ? text::estimate(row.figures.klMean) : none;
    case SameTop:
      return row.hasKl() && std::isfinite(row.figures.sameTop.value) ? text::percent(row.figures.sameTop.value, 2)
                                                                     : none;
    case Decode:
      return row.decode > 0 ? text::number(row.decode, 3) : none;
    case Prefill:
      return row.prefill > 0 ? text::number(row.prefill, 3) : none;
    case Verdict:
      return row.verdict;
  }
  return {};
}

QVariant MethodTableModel::sortKeyOf(const CompareRow& row, int column) const {
  constexpr double kLast = std::numeric_limits<double>::infinity();
  const auto finite = [](double value) { return std::isfinite(value) ? value : kLast; };
  switch (column) {
    case Bits:
      return row.bitsPerWeight.value_or(kLast);
    case Bytes:
      return row.bytes.value_or(kLast);
    case OfFp32:
      return row.ofFp32.value_or(kLast);
    case OfFp16:
      return row.ofFp16.value_or(kLast);
    case Perplexity:
      return finite(row.figures.perplexity.value);
    case Kl:
      return row.isReference ? -1.0 : row.hasKl() ? finite(row.figures.klMean.value) : kLast;
    case SameTop:
      return row.isReference ? 2.0 : row.hasKl() ? row.figures.sameTop.value : -1.0;
    case Decode:
      return row.decode;
    case Prefill:
      return row.prefill;
    default:
      return textOf(row, column);
  }
}

QVariant MethodTableModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid()) return {};
  const CompareRow& row = m_rows[static_cast<std::size_t>(index.row())];
  const int column = index.column();
  const ThemeColors& colors = Theme::instance().colors();
  switch (role) {
    case Qt::DisplayRole:
      return textOf(row, column);
    case kSortRole:
      return sortKeyOf(row, column);
    case kRowRole:
      return index.row();
    case Qt::ToolTipRole:
      return column == Verdict || column == Method ? QVariant(row.title + u'\n' + row.verdict) : QVariant();
    case Qt::DecorationRole:
      return column == Method ? QVariant(swatch(row.mark, row.color)) : QVariant();
    case Qt::TextAlignmentRole:
      return QVariant::fromValue((column == Method || column == Verdict ? Qt::AlignLeft : Qt::AlignRight) |
                                 Qt::AlignVCenter);
    case Qt::FontRole:
      return column == Method || column == Verdict ? QVariant() : QVariant(Theme::instance().monoFont(-1));
    case Qt::ForegroundRole:
      if (row.state == CompareRow::State::Failed && column == Verdict) return QBrush(colors.error);
      if (m_isOld && column >= Kl && column != OfFp32 && column != OfFp16) return QBrush(colors.textFaint);
      if (row.isReference || row.state == CompareRow::State::Partly || column == Verdict)
        return QBrush(colors.textMuted);
      return {};
    default:
      return {};
  }
}

QVariant MethodTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal) return {};
  if (role == Qt::TextAlignmentRole)
    return QVariant::fromValue((section == Method || section == Verdict ? Qt::AlignLeft : Qt::AlignRight) |
                               Qt::AlignVCenter);
  // In the order of the enumeration.
  const QString titles[] = {tr("method"),     tr("bytes"),      tr("bits/weight"), tr("KL (nats)"),
                            tr("same top-1"), tr("perplexity"), tr("tokens/s"),    tr("verdict"),
                            tr("of FP32"),    tr("of FP16"),    tr("prefill/s")};
  const QString tips[] = {
      tr("A checked scheme; the reference first"),
      tr("The weights, scales included"),
      tr("Of the whole model, tensors that stay as stored included"),
      tr("Mean Kullback–Leibler divergence from the reference's distribution, ± its standard error"),
      tr("Share of tokens whose most likely word is the reference's"),
      tr("Of the text, ± its standard error over blocks of text"),
      tr("Decoding one token after another, measured here on this device"),
      tr("Against the reference: within the noise floor or two standard errors is indistinguishable"),
      tr("Bytes against four for each weight"),
      tr("Bytes against two for each weight"),
      tr("Tokens of a prompt per second, measured here on this device")};
  if (role == Qt::ToolTipRole) return tips[section];
  return role == Qt::DisplayRole ? QVariant(titles[section]) : QVariant();
}

QString MethodTableModel::text() const {
  QStringList lines;
  QStringList header;
  for (int column = 0; column < Columns; ++column)
    header << headerData(column, Qt::Horizontal, Qt::DisplayRole).toString();
  lines << header.join(u'\t');
  for (const CompareRow& row : m_rows) {
    QStringList cells;
    for (int column = 0; column < Columns; ++column) cells << textOf(row, column);
    lines << cells.join(u'\t');
  }
  return lines.join(u'\n') + u'\n';
}

}  // namespace app
