#include "app/workspaces/train/answers_table.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHeaderView>
#include <QKeyEvent>

#include "app/widgets/theme.h"
#include "app/widgets/wrapping_delegate.h"

namespace app {

namespace {

constexpr int kPrompts = 3;

}  // namespace

AnswersTable::AnswersTable(QWidget* parent) : QTableWidget(kPrompts, 4, parent) {
  setObjectName(QStringLiteral("train-answers"));
  setAccessibleName(tr("Prompts and their answers"));
  setHorizontalHeaderLabels({tr("asked"), tr("unquantized"), tr("rounded (PTQ)"), tr("now")});
  horizontalHeaderItem(kPrompt)->setToolTip(tr("A prompt can be changed before a run: double click or F2"));
  horizontalHeaderItem(kRounded)->setToolTip(tr("Quantized without training"));
  horizontalHeaderItem(kNow)->setToolTip(tr("Quantized, with the weights as they are trained now"));
  QHeaderView* header = horizontalHeader();
  header->setProperty("kind", QStringLiteral("compact"));
  header->setSectionResizeMode(QHeaderView::Stretch);
  header->setHighlightSections(false);
  header->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  verticalHeader()->hide();
  setShowGrid(false);
  setFrameShape(NoFrame);
  setWordWrap(true);
  setItemDelegate(new WrappingDelegate(this));
  setTabKeyNavigation(false);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setVerticalScrollMode(ScrollPerPixel);
  m_isFilling = true;
  for (int row = 0; row < kPrompts; ++row)
    for (int column = 0; column < columnCount(); ++column) setItem(row, column, new QTableWidgetItem);
  m_isFilling = false;
  connect(this, &QTableWidget::itemChanged, this, [this](const QTableWidgetItem* item) {
    if (m_isFilling || item->column() != kPrompt) return;
    fitRows();
    Q_EMIT promptsEdited();
  });
  setEditable(true);
}

std::vector<std::string> AnswersTable::prompts() const {
  std::vector<std::string> prompts;
  for (int row = 0; row < rowCount(); ++row) prompts.push_back(item(row, kPrompt)->text().trimmed().toStdString());
  return prompts;
}

void AnswersTable::setPrompts(const std::vector<std::string>& prompts) {
  m_isFilling = true;
  for (int row = 0; row < rowCount(); ++row) {
    const auto index = static_cast<std::size_t>(row);
    item(row, kPrompt)->setText(index < prompts.size() ? QString::fromStdString(prompts[index]) : QString());
  }
  m_isFilling = false;
  fitRows();
  Q_EMIT promptsEdited();
}

void AnswersTable::setEditable(bool editable) {
  setEditTriggers(editable ? DoubleClicked | EditKeyPressed | AnyKeyPressed : NoEditTriggers);
}

void AnswersTable::show(const TrainHistory* history) {
  const bool isKnown = history != nullptr && history->start.has_value();
  const auto* stored = isKnown ? &history->start->stored.answers : nullptr;
  const auto* rounded = isKnown ? &history->start->untrained.answers : nullptr;
  const auto* now = isKnown && !history->evaluations.empty() ? &history->evaluations.back().now.answers : nullptr;
  m_isFilling = true;
  for (int row = 0; row < rowCount(); ++row) {
    item(row, kPrompt)->setFlags(Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsEditable);
    setAnswer(row, kUnquantized, stored, nullptr);
    setAnswer(row, kRounded, rounded, stored);
    setAnswer(row, kNow, now, stored);
  }
  m_isFilling = false;
  fitRows();
}

void AnswersTable::setAnswer(int row, Column column, const std::vector<std::string>* answers,
                             const std::vector<std::string>* right) {
  const auto index = static_cast<std::size_t>(row);
  QTableWidgetItem* cell = item(row, column);
  cell->setFlags(Qt::ItemIsEnabled | Qt::ItemIsSelectable);
  if (answers == nullptr || index >= answers->size()) return cell->setText({});
  const QString text = QString::fromStdString((*answers)[index]);
  const bool isCompared = right != nullptr && index < right->size();
  const bool isRight = !isCompared || (*right)[index] == (*answers)[index];
  const ThemeColors& c = Theme::instance().colors();
  const QString mark = !isCompared ? QString() : isRight ? QStringLiteral("✓ ") : QStringLiteral("✗ ");
  cell->setText(mark + (text.isEmpty() ? tr("(nothing)") : text));
  cell->setForeground(isRight ? c.text : c.error);
  cell->setToolTip(isRight ? QString() : tr("Not what the unquantized model answers"));
}

void AnswersTable::fitRows() {
  if (width() > 0) resizeRowsToContents();
}

void AnswersTable::resizeEvent(QResizeEvent* event) {
  QTableWidget::resizeEvent(event);
  fitRows();
}

void AnswersTable::keyPressEvent(QKeyEvent* event) {
  if (event->matches(QKeySequence::Copy)) {
    QStringList lines;
    for (int row = 0; row < rowCount(); ++row) {
      QStringList cells;
      for (int column = 0; column < columnCount(); ++column) cells << item(row, column)->text();
      lines << cells.join(u'\t');
    }
    return QGuiApplication::clipboard()->setText(lines.join(u'\n'));
  }
  QTableWidget::keyPressEvent(event);
}

}  // namespace app
