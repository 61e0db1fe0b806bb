#include "app/workspaces/train/fact_table.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHeaderView>
#include <QKeyEvent>
#include <algorithm>
#include <set>

#include "app/text/numbers.h"
#include "app/widgets/theme.h"
#include "app/widgets/wrapping_delegate.h"

namespace app {

FactTable::FactTable(QWidget* parent) : QTableWidget(0, 4, parent) {
  setObjectName(QStringLiteral("qlora-facts"));
  setAccessibleName(tr("Facts to be learned"));
  setHorizontalHeaderLabels({tr("question"), tr("answer"), tr("it answers now"), tr("unseen wordings")});
  horizontalHeaderItem(kQuestion)->setToolTip(tr("As one would ask it; double click or F2 to change it"));
  horizontalHeaderItem(kNow)->setToolTip(tr("What the model with the adapter answers to the question as it stands"));
  horizontalHeaderItem(kWordings)->setToolTip(
      tr("Other wordings of the question, none of which was trained, that are answered rightly"));
  QHeaderView* header = horizontalHeader();
  header->setProperty("kind", QStringLiteral("compact"));
  header->setHighlightSections(false);
  header->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  header->setSectionResizeMode(QHeaderView::Stretch);
  header->setSectionResizeMode(kWordings, QHeaderView::ResizeToContents);
  verticalHeader()->hide();
  setShowGrid(false);
  setFrameShape(NoFrame);
  setWordWrap(true);
  setItemDelegate(new WrappingDelegate(this));
  setTabKeyNavigation(false);
  setVerticalScrollMode(ScrollPerPixel);
  connect(this, &QTableWidget::itemChanged, this, [this](const QTableWidgetItem* item) {
    if (m_isFilling || item->column() > kAnswer) return;
    resizeRowsToContents();
    Q_EMIT edited();
  });
  setEditable(true);
}

QString FactTable::text(int row, Column column) const {
  const QTableWidgetItem* cell = item(row, column);
  return cell == nullptr ? QString() : cell->text().trimmed();
}

std::vector<NewFact> FactTable::facts() const {
  std::vector<NewFact> facts;
  for (int row = 0; row < rowCount(); ++row) {
    const QString question = text(row, kQuestion), answer = text(row, kAnswer);
    if (!question.isEmpty() && !answer.isEmpty()) facts.push_back({question.toStdString(), answer.toStdString()});
  }
  return facts;
}

QString FactTable::problem() const {
  for (int row = 0; row < rowCount(); ++row)
    if (text(row, kQuestion).isEmpty() != text(row, kAnswer).isEmpty())
      return text(row, kAnswer).isEmpty() ? tr("Row %1 has a question without an answer.").arg(row + 1)
                                          : tr("Row %1 has an answer without a question.").arg(row + 1);
  return facts().empty() ? tr("Type a question and its answer: that is a fact to learn.") : QString();
}

void FactTable::appendRow(const QString& question, const QString& answer) {
  m_isFilling = true;
  const int row = rowCount();
  insertRow(row);
  for (const int column : {kQuestion, kAnswer, kNow, kWordings}) setItem(row, column, new QTableWidgetItem);
  item(row, kQuestion)->setText(question);
  item(row, kAnswer)->setText(answer);
  for (const int column : {kNow, kWordings}) item(row, column)->setFlags(Qt::ItemIsEnabled | Qt::ItemIsSelectable);
  m_isFilling = false;
}

void FactTable::setFacts(const std::vector<NewFact>& facts) {
  setRowCount(0);
  for (const NewFact& fact : facts)
    appendRow(QString::fromStdString(fact.question), QString::fromStdString(fact.answer));
  resizeRowsToContents();
  Q_EMIT edited();
}

void FactTable::addRow() {
  appendRow({}, {});
  setCurrentCell(rowCount() - 1, kQuestion);
  setFocus();
  if (m_isEditable) editItem(item(rowCount() - 1, kQuestion));
  Q_EMIT edited();
}

void FactTable::removeRows() {
  std::set<int, std::greater<>> rows;
  for (const QModelIndex& index : selectedIndexes()) rows.insert(index.row());
  for (const int row : rows) removeRow(row);
  if (!rows.empty()) Q_EMIT edited();
}

QString FactTable::paste() {
  const QStringList lines = QGuiApplication::clipboard()->text().split(u'\n', Qt::SkipEmptyParts);
  if (lines.isEmpty()) return tr("There is no text to paste.");
  for (qsizetype i = 0; i < lines.size(); ++i)
    if (lines[i].trimmed().split(u'\t').size() != 2)
      return tr("Line %1 of the clipboard should be a question and an answer, apart by a tabulator.").arg(i + 1);
  for (const QString& line : lines) {
    const QStringList fields = line.trimmed().split(u'\t');
    appendRow(fields[0].trimmed(), fields[1].trimmed());
  }
  resizeRowsToContents();
  Q_EMIT edited();
  return {};
}

void FactTable::showKnown(const std::vector<FactKnown>* known) {
  const ThemeColors& c = Theme::instance().colors();
  // Until there is something to say of them, facts have the whole width.
  for (const int column : {kNow, kWordings}) setColumnHidden(column, known == nullptr);
  m_isFilling = true;
  for (int row = 0; row < rowCount(); ++row) {
    const auto index = static_cast<std::size_t>(row);
    const FactKnown* fact = known != nullptr && index < known->size() ? &(*known)[index] : nullptr;
    item(row, kNow)->setText(fact == nullptr ? QString()
                                             : (fact->isKnown ? QStringLiteral("✓ ") : QStringLiteral("✗ ")) +
                                                   QString::fromStdString(fact->answer));
    item(row, kNow)->setForeground(fact != nullptr && !fact->isKnown ? c.error : c.text);
    item(row, kWordings)
        ->setText(fact == nullptr
                      ? QString()
                      : tr("%1 of %2").arg(text::count(fact->rewordingsKnown), text::count(fact->rewordings)));
  }
  m_isFilling = false;
  resizeRowsToContents();
}

void FactTable::setEditable(bool editable) {
  m_isEditable = editable;
  setEditTriggers(editable ? DoubleClicked | EditKeyPressed | AnyKeyPressed : NoEditTriggers);
}

void FactTable::copy() const {
  QStringList lines;
  for (int row = 0; row < rowCount(); ++row) lines << text(row, kQuestion) + u'\t' + text(row, kAnswer);
  QGuiApplication::clipboard()->setText(lines.join(u'\n'));
}

void FactTable::resizeEvent(QResizeEvent* event) {
  QTableWidget::resizeEvent(event);
  resizeRowsToContents();
}

void FactTable::keyPressEvent(QKeyEvent* event) {
  if (event->matches(QKeySequence::Copy)) return copy();
  if (event->matches(QKeySequence::Paste) && m_isEditable) {
    if (const QString problem = paste(); !problem.isEmpty()) Q_EMIT pasteFailed(problem);
    return;
  }
  if (event->key() == Qt::Key_Delete && m_isEditable) return removeRows();
  QTableWidget::keyPressEvent(event);
}

}  // namespace app
