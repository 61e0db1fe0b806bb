#include "app/workspaces/compare/answer_list.h"

#include <QAction>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QSortFilterProxyModel>
#include <QTableView>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

#include "app/selection/trace_question.h"
#include "app/session/trace_model.h"
#include "app/widgets/card.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "app/workspaces/compare/answer_table_model.h"
#include "app/workspaces/compare/compare_fields.h"
#include "core/base/error.h"

namespace app {

namespace {
constexpr int kFilterWidth = 150, kMostCharacters = 300;
constexpr double kLeastHeight = 70;
}  // namespace

AnswerList::AnswerList(TaskState& state, QWidget* parent)
    : QWidget(parent),
      m_state(state),
      m_model(new AnswerTableModel(this)),
      m_proxy(new QSortFilterProxyModel(this)),
      m_table(new QTableView),
      m_heading(new Label(Label::Style::Heading)),
      m_detail(new Label(Label::Style::Body)),
      m_detailCard(new Card),
      m_filter(new QLineEdit),
      m_trace(new QAction(tr("Trace this question"), this)),
      m_chat(new QAction(tr("Ask it in Chat"), this)) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  m_heading->setObjectName(QStringLiteral("task-heading"));
  auto* card = flushCard(m_heading, buildControls());
  buildTable();
  card->body()->addWidget(m_table, 1);
  column->setSpacing(space::kOneHalf);
  column->addWidget(card, 1);
  column->addWidget(buildDetail());
  showSelected();
}

// The models go before the table, whose selection says so once more.
AnswerList::~AnswerList() { disconnect(m_table->selectionModel(), nullptr, this, nullptr); }

// As high as four lines: long texts scroll, a small window keeps its list.
QWidget* AnswerList::buildDetail() {
  m_detail->setWrapping();
  m_detail->setAlignment(Qt::AlignLeft | Qt::AlignTop);
  m_detail->setTextFormat(Qt::RichText);
  m_detail->setObjectName(QStringLiteral("task-detail"));
  auto* scroll = new QScrollArea;
  scroll->setAccessibleName(tr("The selected question, whole"));
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  scroll->setWidget(m_detail);
  scroll->viewport()->setAutoFillBackground(false);
  m_detail->setAutoFillBackground(false);
  scroll->setFixedHeight(4 * QFontMetrics(m_detail->font()).lineSpacing());
  m_detailCard->body()->addWidget(scroll);
  return m_detailCard;
}

std::vector<QWidget*> AnswerList::buildControls() {
  m_filter->setPlaceholderText(tr("Filter questions…"));
  m_filter->setAccessibleName(tr("Filter questions"));
  m_filter->setObjectName(QStringLiteral("task-filter"));
  m_filter->setClearButtonEnabled(true);
  keepWidth(*m_filter, kFilterWidth);
  connect(m_filter, &QLineEdit::textChanged, m_proxy, &QSortFilterProxyModel::setFilterFixedString);
  std::vector<QWidget*> controls{m_filter};
  m_trace->setToolTip(tr("Follows the first word at which the scheme's answer parts from the reference's (Enter)"));
  m_chat->setToolTip(tr("Takes the question and the scheme to Chat"));
  connect(m_trace, &QAction::triggered, this, &AnswerList::trace);
  connect(m_chat, &QAction::triggered, this, &AnswerList::openChat);
  for (QAction* action : {m_trace, m_chat}) {
    auto* button = new QPushButton(action->text());
    button->setObjectName(action == m_trace ? QStringLiteral("task-trace") : QStringLiteral("task-chat"));
    button->setToolTip(action->toolTip());
    connect(button, &QPushButton::clicked, action, &QAction::trigger);
    connect(action, &QAction::changed, button, [button, action] { button->setEnabled(action->isEnabled()); });
    controls.push_back(button);
  }
  return controls;
}

void AnswerList::buildTable() {
  m_proxy->setSourceModel(m_model);
  m_proxy->setFilterCaseSensitivity(Qt::CaseInsensitive);
  m_proxy->setFilterKeyColumn(-1);
  m_table->setModel(m_proxy);
  setUpTable(*m_table, QStringLiteral("task-answers"), tr("Questions and answers, those that turned first"));
  auto* header = m_table->horizontalHeader();
  header->setSectionResizeMode(QHeaderView::Stretch);
  header->setSectionResizeMode(AnswerTableModel::Outcome, QHeaderView::ResizeToContents);
  setTableKeys(*m_table, [this] { trace(); });
  m_table->setContextMenuPolicy(Qt::ActionsContextMenu);
  m_table->addActions({m_trace, m_chat});
  m_table->setMinimumHeight(Theme::instance().px(kLeastHeight));
  connect(m_table, &QTableView::doubleClicked, this, &AnswerList::trace);
  connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this, &AnswerList::showSelected);
}

void AnswerList::showAnswers(const TaskSchemeRow* shown) {
  const TaskAnswers* answers = m_state.answers();
  const TaskRow* asked = shown == nullptr ? nullptr : shown->asked;
  const std::string schemeBefore = std::exchange(m_scheme, asked == nullptr ? std::string() : asked->text);
  m_heading->setText(tr("Questions"));
  if (answers == nullptr) {
    m_model->clear();
    return showSelected();
  }
  const int before = selectedTask();
  m_model->setAnswers(answers->evaluation, asked, shown == nullptr ? QString() : shown->title, m_state.isOld());
  if (asked != nullptr && asked->failure.empty() && !asked->answers.empty())
    m_heading->setText(tr("%1 of %2 questions turned under %3")
                           .arg(asked->turnedWrong.size() + asked->turnedRight.size())
                           .arg(asked->answers.size())
                           .arg(shown->title));
  selectTask(m_scheme == schemeBefore ? before : -1);  // of another scheme, what turned first
  showSelected();
}

const TaskRow* AnswerList::row() const {
  const TaskAnswers* answers = m_state.answers();
  if (answers == nullptr || m_scheme.empty()) return nullptr;
  const auto found = std::ranges::find(answers->evaluation.rows, m_scheme, &TaskRow::text);
  return found == answers->evaluation.rows.end() ? nullptr : &*found;
}

int AnswerList::selectedTask() const {
  const QModelIndex index = m_proxy->mapToSource(m_table->currentIndex());
  return index.isValid() ? static_cast<int>(m_model->task(index.row())) : -1;
}

// Questions move as they are answered; the selected one stays the selected one. Where it is not there, the first.
void AnswerList::selectTask(int task) {
  int found = 0;
  for (int row = 0; row < m_proxy->rowCount(); ++row)
    if (static_cast<int>(m_model->task(m_proxy->mapToSource(m_proxy->index(row, 0)).row())) == task) found = row;
  if (m_proxy->rowCount() > 0) m_table->setCurrentIndex(m_proxy->index(found, 0));
}

// The texts of the selected question, whole: answers often turn at their end.
void AnswerList::showSelected() {
  const QModelIndex index = m_table->currentIndex();
  m_detailCard->setVisible(index.isValid());
  QStringList lines;
  for (const int column : {AnswerTableModel::Reference, AnswerTableModel::Compared, AnswerTableModel::Expected,
                           AnswerTableModel::Question}) {
    if (!index.isValid()) break;
    const QString text = index.siblingAtColumn(column).data().toString();
    if (text.isEmpty()) continue;
    const QString name = m_proxy->headerData(column, Qt::Horizontal).toString();
    lines << QStringLiteral("<span style='color:%1'>%2:</span> %3")
                 .arg(Theme::instance().colors().textMuted.name(), name.toHtmlEscaped(),
                      text.left(kMostCharacters).toHtmlEscaped());
  }
  m_detail->setText(lines.join(QStringLiteral("<br>")));
  enableActions();
}

void AnswerList::enableActions() {
  const bool isAny = row() != nullptr && selectedTask() >= 0;
  m_trace->setEnabled(isAny);
  const auto at = static_cast<std::size_t>(std::max(selectedTask(), 0));
  // A link carries one question, not what was said before it.
  m_chat->setEnabled(isAny && m_state.answers()->evaluation.tasks.tasks[at].messages.size() == 1);
}

// The greedy answers that were compared part where the trace finds it.
void AnswerList::trace() {
  const TaskRow* const asked = row();
  if (asked == nullptr || selectedTask() < 0) return;
  const TaskEvaluation& evaluation = m_state.answers()->evaluation;
  const auto& task = evaluation.tasks.tasks[static_cast<std::size_t>(selectedTask())];
  Selection& selection = m_state.compare().selection();
  TraceQuestion question;
  question.reference = evaluation.reference.variant;
  question.compared = asked->variant;
  question.text = QString::fromStdString(task.question());
  try {
    if (task.messages.size() > 1) question.prompt = tracePrompt(*selection.model(), task.messages);
  } catch (const core::Error& error) {
    Q_EMIT failed(QString::fromUtf8(error.what()));
    return;
  }
  selection.askTrace(question);
}

void AnswerList::openChat() {
  const TaskRow* const asked = row();
  if (asked == nullptr || selectedTask() < 0) return;
  const auto& task = m_state.answers()->evaluation.tasks.tasks[static_cast<std::size_t>(selectedTask())];
  Link link{QStringLiteral("chat"), {}, {}};
  link.set(QStringLiteral("prompt"), QString::fromStdString(task.question()));
  if (const core::quant::Scheme* scheme = asked->variant.recipe.asScheme())
    link.set(QStringLiteral("scheme"), QString::fromStdString(scheme->toString()));
  Q_EMIT linkFollowed(link);
}

}  // namespace app
