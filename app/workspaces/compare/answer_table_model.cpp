#include "app/workspaces/compare/answer_table_model.h"

#include <QBrush>
#include <algorithm>

#include "app/workspaces/compare/worst_model.h"
#include "core/io/text_checks.h"

namespace app {

namespace {

QString shown(const std::string& text) {
  return onOneLine(QString::fromStdString(core::io::printable(text, core::io::LineBreaks::Keep)));
}

QString answerText(const TaskRow& row, std::size_t task) {
  if (task >= row.answers.size()) return {};
  const TaskAnswer& answer = row.answers[task];
  if (!answer.failure.empty()) return shown(answer.failure);
  return (answer.right ? QStringLiteral("✓ ") : QStringLiteral("✗ ")) + shown(answer.text) +
         (answer.isCut ? QStringLiteral("…") : QString());
}

}  // namespace

void AnswerTableModel::setAnswers(const TaskEvaluation& evaluation, const TaskRow* row, const QString& title,
                                  bool isOld) {
  std::vector<Line> lines;
  const auto& tasks = evaluation.tasks.tasks;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const TaskOutcome outcome = row == nullptr ? TaskOutcome::NotAnswered : outcomeOf(evaluation, *row, i);
    lines.push_back({i,
                     outcome,
                     {outcomeText(outcome), shown(tasks[i].question()), onOneLine(expectedText(tasks[i])),
                      answerText(evaluation.reference, i), row == nullptr ? QString() : answerText(*row, i)}});
  }
  std::ranges::stable_sort(lines, {}, &Line::outcome);
  if (lines == m_lines && title == m_title && isOld == m_isOld) return;
  const bool isSame = lines.size() == m_lines.size();
  if (!isSame) beginResetModel();
  m_lines = std::move(lines);
  m_title = title;
  m_isOld = isOld;
  if (!isSame) {
    endResetModel();
  } else if (!m_lines.empty()) {
    Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, Columns - 1));
    Q_EMIT headerDataChanged(Qt::Horizontal, 0, Columns - 1);
  }
}

void AnswerTableModel::clear() {
  beginResetModel();
  m_lines.clear();
  endResetModel();
}

int AnswerTableModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(m_lines.size());
}
int AnswerTableModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : Columns; }

QVariant AnswerTableModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid()) return {};
  const Line& line = m_lines[static_cast<std::size_t>(index.row())];
  const ThemeColors& colors = Theme::instance().colors();
  switch (role) {
    case Qt::DisplayRole:
    case Qt::ToolTipRole:
      return line.texts[index.column()];
    case Qt::ForegroundRole:
      if (m_isOld) return QBrush(colors.textFaint);
      if (index.column() != Outcome) return {};
      return QBrush(line.outcome == TaskOutcome::TurnedWrong   ? colors.error
                    : line.outcome == TaskOutcome::TurnedRight ? colors.success
                                                               : colors.textMuted);
    default:
      return {};
  }
}

QVariant AnswerTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal) return {};
  if (role == Qt::TextAlignmentRole) return QVariant::fromValue(Qt::AlignLeft | Qt::AlignVCenter);
  // In the order of the enumeration.
  const QString titles[] = {tr("answer"), tr("question"), tr("expected"), tr("reference says"),
                            m_title.isEmpty() ? tr("scheme says") : tr("%1 says").arg(m_title)};
  return role == Qt::DisplayRole || role == Qt::ToolTipRole ? QVariant(titles[section]) : QVariant();
}

}  // namespace app
