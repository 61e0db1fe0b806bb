#include "app/workspaces/compare/task_page.h"

#include <QAction>
#include <QClipboard>
#include <QComboBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QGuiApplication>
#include <QHeaderView>
#include <QPushButton>
#include <QSettings>
#include <QSignalBlocker>
#include <QSplitter>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

#include "app/text/numbers.h"
#include "app/widgets/card.h"
#include "app/widgets/file_choice.h"
#include "app/widgets/flow_layout.h"
#include "app/widgets/icon.h"
#include "app/widgets/label.h"
#include "app/widgets/named_field.h"
#include "app/widgets/theme.h"
#include "app/workspaces/compare/answer_list.h"
#include "app/workspaces/compare/compare_fields.h"
#include "app/workspaces/compare/condition_fields.h"
#include "app/workspaces/compare/task_state.h"
#include "app/workspaces/compare/task_table_model.h"

namespace app {

TaskPage::TaskPage(TaskState& state, QWidget* parent)
    : QWidget(parent),
      m_state(state),
      m_tasks(FileChoice::ofTasks()),
      m_ask(new QPushButton),
      m_status(new Label(Label::Style::Muted)),
      m_model(new TaskTableModel(this)),
      m_table(new QTableView),
      m_answers(new AnswerList(state)),
      m_splitter(new QSplitter(Qt::Vertical)) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, space::kOne, 0, 0);
  column->setSpacing(space::kOne);
  column->addWidget(buildBar());
  auto* line = new QHBoxLayout;
  line->setSpacing(space::kOneHalf);
  m_status->setObjectName(QStringLiteral("task-status"));
  m_status->setElide(Qt::ElideRight);
  line->addWidget(m_ask);
  line->addWidget(m_status, 1);
  column->addLayout(line);
  m_splitter->setHandleWidth(space::kOneHalf);
  m_splitter->setChildrenCollapsible(false);
  m_splitter->addWidget(buildSchemes());
  m_splitter->addWidget(m_answers);
  m_splitter->setStretchFactor(0, 2);
  m_splitter->setStretchFactor(1, 3);
  column->addWidget(m_splitter, 1);
  connect(m_answers, &AnswerList::linkFollowed, this, &TaskPage::linkFollowed);
  connect(m_answers, &AnswerList::failed, this, [this](const QString& sentence) {
    m_status->setRole(Label::Style::Error);
    m_status->setText(sentence);
  });
  connect(&m_state, &TaskState::changed, this, &TaskPage::refresh);
  connect(&m_state.compare().selection(), &Selection::schemesChanged, this, &TaskPage::refresh);
  connect(&m_state.compare().selection(), &Selection::currentSchemeChanged, this, &TaskPage::refresh);
  connect(&Theme::instance(), &Theme::changed, this, &TaskPage::refresh);
}

// The model goes before the table, whose selection says so once more.
TaskPage::~TaskPage() { disconnect(m_table->selectionModel(), nullptr, this, nullptr); }

QWidget* TaskPage::buildBar() {
  auto* bar = new QWidget;
  auto* flow = new FlowLayout(bar);
  flow->setSpacing(space::kOne);
  m_tasks->setObjectName(QStringLiteral("task-file"));
  m_tasks->setToolTip(
      tr("Questions with expected answers: one JSON object a line with “question” and “answer” (exact, contains or "
         "regex by “match”, or “choices”)"));
  connect(m_tasks, &FileChoice::chosenByPerson, this, [this] { m_state.setTasks(m_tasks->chosen()); });
  flow->addWidget(namedField(tr("Questions"), m_tasks));
  (new ConditionFields(m_state.compare(), QStringLiteral("task"), this))->addTo(*flow);
  m_ask->setObjectName(QStringLiteral("task-ask"));
  m_ask->setProperty("kind", QStringLiteral("primary"));
  connect(m_ask, &QPushButton::clicked, this, [this] { m_state.isAsking() ? m_state.stop() : m_state.ask(); });
  return bar;
}

QWidget* TaskPage::buildSchemes() {
  auto* copy = new QAction(icon(QStringLiteral("copy")), tr("Copy the table"), m_table);
  connect(copy, &QAction::triggered, this, [this] { QGuiApplication::clipboard()->setText(m_model->text()); });
  auto* button = new QToolButton;
  button->setDefaultAction(copy);
  button->setAccessibleName(copy->text());
  auto* card = flushCard(new Label(Label::Style::Heading, tr("Right answers")), {button});
  m_table->setModel(m_model);
  setUpTable(*m_table, QStringLiteral("task-table"), tr("Right answers of every scheme"));
  m_table->horizontalHeader()->setStretchLastSection(true);
  m_table->setMinimumHeight(Theme::instance().px(70));
  m_table->setContextMenuPolicy(Qt::ActionsContextMenu);
  m_table->addAction(copy);
  connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
          [this](const QModelIndex& index) { select(index.row()); });
  card->body()->addWidget(m_table, 1);
  return card;
}

void TaskPage::refresh() {
  if (!isVisible()) return;
  m_tasks->choose(m_state.tasks());
  const auto& selection = m_state.compare().selection();
  const TaskAnswers* answers = m_state.answers();
  {
    const QSignalBlocker blocked(m_table->selectionModel());
    m_model->setRows(taskRows(m_state), answers == nullptr ? 0 : answers->evaluation.tasks.tasks.size(),
                     m_state.isOld());
    const auto& current = selection.currentRecipe();
    int row = current ? m_model->rowOf(*current) : -1;
    if (row < 0) row = m_model->rowCount() > 1 ? 1 : -1;
    m_table->selectionModel()->setCurrentIndex(row < 0 ? QModelIndex() : m_model->index(row, 0),
                                               QItemSelectionModel::ClearAndSelect | QItemSelectionModel::Rows);
  }
  m_table->viewport()->update();
  say();
  showAnswers();
}

void TaskPage::say() {
  const bool isAsking = m_state.isAsking();
  const auto& model = m_state.compare().selection().model();
  const TaskAnswers* answers = m_state.answers();
  m_ask->setText(isAsking ? tr("Stop") : answers == nullptr ? tr("Ask") : tr("Ask again"));
  const bool canChat = model && !model->whyCannotChat();
  m_ask->setEnabled(isAsking || (canChat && !m_state.compare().comparedRecipes().empty()));
  m_ask->setToolTip(isAsking            ? tr("What was answered is kept")
                    : model && !canChat ? QString::fromStdString(*model->whyCannotChat())
                                        : tr("Puts every question to the reference and all checked schemes"));
  QString computed;
  if (answers != nullptr) {
    const auto& evaluation = answers->evaluation;
    std::size_t asked = evaluation.reference.answers.size();
    for (const TaskRow& row : evaluation.rows) asked += row.answers.size();
    computed = tr("%1 · %2 questions, %3 answers · %4")
                   .arg(QString::fromStdString(evaluation.tasks.title), text::count(evaluation.tasks.tasks.size()),
                        text::count(asked), QString::fromStdString(evaluation.reference.device));
  }
  m_status->setRole(m_state.failure().isEmpty() ? Label::Style::Muted : Label::Style::Error);
  if (!m_state.failure().isEmpty())
    m_status->setText(m_state.failure());
  else if (isAsking)
    m_status->setText(computed.isEmpty() ? tr("Getting ready to ask…") : tr("Asking · %1").arg(computed));
  else if (m_state.isOld())
    m_status->setText(tr("Old: %1 (%2). Ask again for what is asked now.").arg(m_state.whyOld(), computed));
  else if (m_state.wasStopped())
    m_status->setText(computed.isEmpty() ? tr("Stopped before anything was answered.")
                                         : tr("Stopped; what was answered stays: %1").arg(computed));
  else if (!computed.isEmpty())
    m_status->setText(computed);
  else if (!model)
    m_status->setText(tr("Open a model, and tick schemes to compare."));
  else
    m_status->setText(!canChat ? QString::fromStdString(*model->whyCannotChat())
                               : tr("Nothing was asked yet. KL does not say whether your task survives: this does."));
}

void TaskPage::showAnswers() {
  const auto rows = taskRows(m_state);
  const int row = m_table->currentIndex().row();
  m_answers->showAnswers(row > 0 && row < static_cast<int>(rows.size()) ? &rows[static_cast<std::size_t>(row)]
                                                                        : nullptr);
}

void TaskPage::select(int row) {
  if (row > 0) {
    const core::model::Recipe recipe = m_model->recipe(row);
    auto& selection = m_state.compare().selection();
    if (!recipe.keepsEverything() && selection.entry(recipe) != nullptr) selection.setCurrentRecipe(recipe);
  }
  showAnswers();
}

void TaskPage::saveState(QSettings& settings) const {
  settings.setValue(QStringLiteral("tasks"), m_state.tasks());
  settings.setValue(QStringLiteral("tasks-splitter"), m_splitter->saveState());
}

void TaskPage::restoreState(QSettings& settings) {
  m_state.setTasks(settings.value(QStringLiteral("tasks"), QStringLiteral("demo")).toString());
  m_splitter->restoreState(settings.value(QStringLiteral("tasks-splitter")).toByteArray());
}

}  // namespace app
