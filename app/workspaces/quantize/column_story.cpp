#include "app/workspaces/quantize/column_story.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeyEvent>
#include <QScopedValueRollback>
#include <QTableView>
#include <QToolButton>

#include "app/widgets/icon.h"
#include "app/widgets/label.h"
#include "app/widgets/reflow_row.h"
#include "app/widgets/theme.h"
#include "app/workspaces/quantize/column_table_model.h"
#include "app/workspaces/quantize/method_story.h"
#include "app/workspaces/quantize/sentence.h"

namespace app {
namespace {
constexpr int kStoryRowWidth = 820, kChartsWidth = 300, kRowHeight = 22, kCellPadding = 14, kNamePadding = 19;
}

ColumnStory::ColumnStory(QWidget* parent)
    : QWidget(parent),
      m_back(new QToolButton),
      m_forward(new QToolButton),
      m_place(new Label(Label::Style::Number)),
      m_found(new Label(Label::Style::Muted)),
      m_sentence(new Sentence),
      m_table(new QTableView),
      m_model(new ColumnTableModel(this)),
      m_charts(new MethodCharts) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, space::kHalf, 0, 0);
  column->setSpacing(space::kHalf);
  column->addWidget(buildWay());
  m_sentence->setObjectName(QStringLiteral("lab-column-sentence"));
  m_sentence->setTextInteractionFlags(Qt::TextSelectableByMouse);
  column->addWidget(m_sentence);
  auto* row = new ReflowRow(kStoryRowWidth);
  row->setSpacing(space::kTwo);
  row->addWidget(buildTable(), 1);
  row->addSide(m_charts, kChartsWidth);
  column->addLayout(row, 1);
  connect(m_charts, &MethodCharts::lineChosen, this, &ColumnStory::setLine);
}

QWidget* ColumnStory::buildWay() {
  auto* way = new QWidget;
  auto* row = new QHBoxLayout(way);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(space::kHalf);
  const auto arrow = [&](QToolButton* button, const char* iconName, const QString& name, const char* objectName,
                         int direction) {
    button->setIcon(icon(QLatin1String(iconName)));
    button->setToolTip(name);
    button->setAccessibleName(name);
    button->setObjectName(QLatin1String(objectName));
    button->setAutoRepeat(true);
    connect(button, &QToolButton::clicked, this, [this, direction] { setLine(line() + direction); });
    row->addWidget(button);
  };
  arrow(m_back, "back", tr("One column back (left arrow)"), "lab-column-back", -1);
  arrow(m_forward, "forward", tr("One column forward (right arrow)"), "lab-column-forward", 1);
  m_place->setObjectName(QStringLiteral("lab-column-place"));
  m_found->setObjectName(QStringLiteral("lab-columns-found"));
  m_found->setElide(Qt::ElideRight);
  row->addWidget(m_place);
  row->addSpacing(space::kOne);
  row->addWidget(m_found, 1);
  return way;
}

QWidget* ColumnStory::buildTable() {
  m_table->setModel(m_model);
  m_table->setObjectName(QStringLiteral("lab-columns"));
  m_table->setAccessibleName(tr("Columns of the row under the method"));
  m_table->setAccessibleDescription(tr("Left and right arrows go through the columns, as up and down do."));
  m_table->setShowGrid(false);
  m_table->setWordWrap(false);
  m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
  m_table->setSelectionMode(QAbstractItemView::SingleSelection);
  m_table->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
  m_table->verticalHeader()->hide();
  m_table->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
  m_table->horizontalHeader()->setProperty("kind", QStringLiteral("compact"));
  m_table->horizontalHeader()->setSectionResizeMode(QHeaderView::Fixed);
  m_table->installEventFilter(this);
  m_table->viewport()->installEventFilter(this);
  const auto dress = [this] {
    m_table->setFont(Theme::instance().monoFont(-1));
    m_table->horizontalHeader()->setFont(Theme::instance().textFont(-1));
    m_table->verticalHeader()->setDefaultSectionSize(Theme::instance().px(kRowHeight));
    fitColumns();
  };
  connect(&Theme::instance(), &Theme::changed, m_table, dress);
  dress();
  connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this, &ColumnStory::showLine);
  return m_table;
}

// As much as its values or its name need, and an equal share of what is left.
void ColumnStory::fitColumns() {
  QHeaderView* header = m_table->horizontalHeader();
  const int letter = m_table->fontMetrics().horizontalAdvance(u'0'), cell = Theme::instance().px(kCellPadding);
  QFont bold = header->font();
  bold.setBold(true);
  const QFontMetrics names(bold);
  std::vector<int> widths;
  int left = m_table->viewport()->width();
  for (const auto& field : m_model->table().fields) {
    const int name = names.horizontalAdvance(field.title) + Theme::instance().px(kNamePadding);
    widths.push_back(std::max(field.letters * letter + cell, name));
    left -= widths.back();
  }
  for (std::size_t i = 0; i < widths.size(); ++i) {
    const int share = std::max(0, left) / static_cast<int>(widths.size() - i);
    header->resizeSection(static_cast<int>(i), widths[i] + share);
    left -= share;
  }
}

void ColumnStory::setExplanation(const MethodCharts::Explanation& explanation, const QString& provenance,
                                 std::uint32_t column, const QString& note) {
  const QScopedValueRollback<bool> following(m_following, true);
  m_explanation = nullptr;  // the table's lines are the next one's already
  m_model->setTable(columnTable(*explanation));
  fitColumns();
  m_explanation = explanation;
  m_found->setText((storySentence(*explanation) + u' ' + note).trimmed());
  m_charts->setExplanation(explanation, provenance);
  setColumn(column);
  showLine();
}

void ColumnStory::clear() {
  m_explanation = nullptr;
  m_model->setTable({});
}

int ColumnStory::line() const { return m_explanation ? m_table->currentIndex().row() : -1; }

void ColumnStory::setColumn(std::uint32_t column) {
  if (!m_explanation) return;
  const QScopedValueRollback<bool> following(m_following, true);
  setLine(static_cast<int>(lineOf(*m_explanation, column)));
}

void ColumnStory::setLine(int line) {
  if (line < 0 || line >= m_model->rowCount()) return;
  m_table->setCurrentIndex(m_model->index(line, 0));
}

void ColumnStory::showLine() {
  const int at = line();
  m_back->setEnabled(at > 0);
  m_forward->setEnabled(at >= 0 && at + 1 < m_model->rowCount());
  if (at < 0) return m_sentence->clear();
  const auto index = static_cast<std::size_t>(at);
  const bool isGptq = m_explanation->as<core::quant::GptqExplanation>() != nullptr;
  m_place->setText((isGptq ? tr("row %1, turn %2 of %3") : tr("row %1, column %2 of %3"))
                       .arg(m_explanation->row)
                       .arg(isGptq ? at + 1 : at)
                       .arg(m_model->rowCount()));
  m_sentence->setText(lineSentence(*m_explanation, index));
  m_charts->setLine(index);
  if (!m_following) Q_EMIT columnChosen(columnOf(*m_explanation, index));
}

// In the table left and right go through the columns of the weights, which are its lines.
bool ColumnStory::eventFilter(QObject* watched, QEvent* event) {
  // Afterwards: while the table resizes it may yet make room for its scroll bar.
  if (event->type() == QEvent::Resize) QMetaObject::invokeMethod(this, &ColumnStory::fitColumns, Qt::QueuedConnection);
  if (event->type() != QEvent::KeyPress) return QWidget::eventFilter(watched, event);
  const int key = static_cast<QKeyEvent*>(event)->key();
  if (key != Qt::Key_Left && key != Qt::Key_Right) return QWidget::eventFilter(watched, event);
  setLine(line() + (key == Qt::Key_Left ? -1 : 1));
  return true;
}

}  // namespace app
