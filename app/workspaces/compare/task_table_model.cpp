#include "app/workspaces/compare/task_table_model.h"

#include <QBrush>
#include <algorithm>
#include <cmath>

#include "app/text/numbers.h"
#include "app/workspaces/compare/compare_fields.h"

namespace app {

namespace {

const QString kNone = QStringLiteral("–");

QString signedPoints(double points) {
  const QString sign = points < 0 ? QStringLiteral("−") : points > 0 ? QStringLiteral("+") : QString();
  return sign + QString::number(std::abs(points), 'f', 1);
}

/// Against the reference's answers to the same questions: it is ahead while a scheme is being asked.
double differenceOf(const TaskRow& row) {
  return 100 * (static_cast<double>(row.turnedRight.size()) - static_cast<double>(row.turnedWrong.size())) /
         static_cast<double>(row.answers.size());
}

QStringList textsOf(const TaskSchemeRow& row, std::size_t questions) {
  QStringList texts{row.title, kNone, kNone, kNone, kNone, kNone, taskVerdict(row, questions)};
  if (row.asked == nullptr || !row.asked->failure.empty() || row.asked->answers.empty()) return texts;
  const TaskRow& asked = *row.asked;
  const auto right = std::ranges::count_if(asked.answers, &TaskAnswer::right);
  texts[TaskTableModel::Right] = TaskTableModel::tr("%1 of %2").arg(right).arg(asked.answers.size());
  texts[TaskTableModel::Accuracy] = TaskTableModel::tr("%1 (%2 to %3)")
                                        .arg(text::percent(asked.accuracy.value), text::percent(asked.accuracy.low),
                                             text::percent(asked.accuracy.high));
  if (row.isReference) return texts;
  texts[TaskTableModel::Difference] = signedPoints(differenceOf(asked));
  texts[TaskTableModel::PValue] = text::number(asked.pValue, 2);
  texts[TaskTableModel::Turned] =
      TaskTableModel::tr("%1 wrong, %2 right").arg(asked.turnedWrong.size()).arg(asked.turnedRight.size());
  return texts;
}

}  // namespace

void TaskTableModel::setRows(const std::vector<TaskSchemeRow>& rows, std::size_t questions, bool isOld) {
  const bool isSame = rows.size() == m_lines.size();
  if (!isSame) beginResetModel();
  m_lines.clear();
  m_isOld = isOld;
  for (const TaskSchemeRow& row : rows)
    m_lines.push_back({row.recipe, textsOf(row, questions), row.color, row.mark,
                       row.asked != nullptr && !row.asked->failure.empty()});
  if (!isSame)
    endResetModel();
  else if (!m_lines.empty())
    Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, Columns - 1));
}

int TaskTableModel::rowOf(const core::model::Recipe& recipe) const {
  for (std::size_t i = 1; i < m_lines.size(); ++i)
    if (m_lines[i].recipe == recipe) return static_cast<int>(i);
  return -1;
}

int TaskTableModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(m_lines.size());
}
int TaskTableModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : Columns; }

QVariant TaskTableModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid()) return {};
  const Line& line = m_lines[static_cast<std::size_t>(index.row())];
  const int column = index.column();
  const ThemeColors& colors = Theme::instance().colors();
  const bool isText = column == Method || column == Verdict;
  switch (role) {
    case Qt::DisplayRole:
      return line.texts[column];
    case Qt::ToolTipRole:
      return isText ? QVariant(line.texts[Method] + u'\n' + line.texts[Verdict]) : QVariant();
    case Qt::DecorationRole:
      return column == Method ? QVariant(swatch(line.mark, line.color)) : QVariant();
    case Qt::TextAlignmentRole:
      return QVariant::fromValue((isText ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    case Qt::FontRole:
      return isText ? QVariant() : QVariant(Theme::instance().monoFont(-1));
    case Qt::ForegroundRole:
      if (line.isFailed && column == Verdict) return QBrush(colors.error);
      if (m_isOld && column != Method) return QBrush(colors.textFaint);
      return index.row() == 0 || column == Verdict ? QVariant(QBrush(colors.textMuted)) : QVariant();
    default:
      return {};
  }
}

QVariant TaskTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal) return {};
  if (role == Qt::TextAlignmentRole)
    return QVariant::fromValue((section == Method || section == Verdict ? Qt::AlignLeft : Qt::AlignRight) |
                               Qt::AlignVCenter);
  // In the order of the enumeration.
  const QString titles[] = {tr("method"), tr("right"),  tr("accuracy (95 %)"), tr("difference (points)"),
                            tr("p"),      tr("turned"), tr("verdict")};
  const QString tips[] = {
      tr("A checked scheme; the reference first"),
      tr("Questions answered as expected, of those that were asked so far"),
      tr("Share of right answers with Wilson's 95 % interval"),
      tr("Percentage points against the reference, on the questions that both were asked"),
      tr("McNemar's exact test: how likely the answers that turned would be parted so unevenly, or more, by chance"),
      tr("Answers that the reference has right and the scheme wrong, and the other way round"),
      tr("Each scheme against the reference: p of 5 % or more is indistinguishable")};
  if (role == Qt::ToolTipRole) return tips[section];
  return role == Qt::DisplayRole ? QVariant(titles[section]) : QVariant();
}

QString TaskTableModel::text() const {
  QStringList lines, header;
  for (int column = 0; column < Columns; ++column)
    header << headerData(column, Qt::Horizontal, Qt::DisplayRole).toString();
  lines << header.join(u'\t');
  for (const Line& line : m_lines) lines << line.texts.join(u'\t');
  return lines.join(u'\n') + u'\n';
}

}  // namespace app
