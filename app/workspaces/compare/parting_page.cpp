#include "app/workspaces/compare/parting_page.h"

#include <QAction>
#include <QClipboard>
#include <QComboBox>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeyEvent>
#include <QPushButton>
#include <QSignalBlocker>
#include <QStackedWidget>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>

#include "app/selection/trace_question.h"
#include "app/session/worst_words.h"
#include "app/text/numbers.h"
#include "app/widgets/card.h"
#include "app/widgets/icon.h"
#include "app/widgets/label.h"
#include "app/widgets/named_field.h"
#include "app/widgets/theme.h"
#include "app/workspaces/compare/compare_fields.h"
#include "app/workspaces/compare/compare_rows.h"
#include "app/workspaces/compare/compare_state.h"
#include "app/workspaces/compare/worst_model.h"

namespace app {

namespace {
constexpr int kPartingContents = 16;
constexpr std::size_t kContextTokens = 96, kPromptTokens = 16;
}  // namespace

PartingPage::PartingPage(CompareState& state, QWidget* parent)
    : QWidget(parent),
      m_state(state),
      m_schemes(new QComboBox),
      m_status(new Label(Label::Style::Muted)),
      m_heading(new Label(Label::Style::Heading)),
      m_context(new Label(Label::Style::Body)),
      m_said(new Label(Label::Style::Muted)),
      m_message(new Label(Label::Style::Muted)),
      m_trace(new QPushButton(tr("Trace this word"))),
      m_measure(new QPushButton),
      m_model(new WorstModel(this)),
      m_table(new QTableView),
      m_pages(new QStackedWidget) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, space::kOne, 0, 0);
  column->setSpacing(space::kOne);
  auto* line = new QHBoxLayout;
  line->setSpacing(space::kOneHalf);
  m_schemes->setObjectName(QStringLiteral("parting-scheme"));
  m_schemes->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  m_schemes->setMinimumContentsLength(kPartingContents);
  connect(m_schemes, &QComboBox::activated, this, &PartingPage::choose);
  m_status->setObjectName(QStringLiteral("parting-status"));
  m_status->setElide(Qt::ElideRight);
  m_trace->setObjectName(QStringLiteral("parting-trace"));
  m_trace->setProperty("kind", QStringLiteral("primary"));
  m_trace->setToolTip(tr("Follows this word to the layers, tensors and weights that moved it (Enter)"));
  connect(m_trace, &QPushButton::clicked, this, &PartingPage::trace);
  line->addWidget(namedField(tr("Scheme"), m_schemes));
  line->addWidget(m_status, 1);
  line->addWidget(m_trace);
  column->addLayout(line);
  m_pages->addWidget(buildMessage());
  m_pages->addWidget(buildList());
  column->addWidget(m_pages, 1);
  connect(&m_state, &CompareState::measured, this, &PartingPage::refresh);
  connect(&m_state, &CompareState::questionChanged, this, &PartingPage::refresh);
  connect(&m_state, &CompareState::plansChanged, this, &PartingPage::refresh);
  connect(&m_state.selection(), &Selection::schemesChanged, this, &PartingPage::refresh);
  connect(&m_state.selection(), &Selection::currentSchemeChanged, this, &PartingPage::refresh);
  connect(&Theme::instance(), &Theme::changed, this, &PartingPage::refresh);
}

// The model goes before the table, whose selection says so once more.
PartingPage::~PartingPage() { disconnect(m_table->selectionModel(), nullptr, this, nullptr); }

QWidget* PartingPage::buildMessage() {
  auto* card = new Card;
  m_message->setAlignment(Qt::AlignCenter);
  m_message->setWrapping();
  m_message->setObjectName(QStringLiteral("parting-message"));
  m_measure->setObjectName(QStringLiteral("parting-measure"));
  connect(m_measure, &QPushButton::clicked, this,
          [this] { m_state.isMeasuring() ? m_state.stop() : m_state.measure(); });
  card->body()->addStretch(2);
  card->body()->addWidget(m_message);
  card->body()->addSpacing(space::kOne);
  card->body()->addWidget(m_measure, 0, Qt::AlignHCenter);
  card->body()->addStretch(3);
  return card;
}

QWidget* PartingPage::buildList() {
  auto* page = new QWidget;
  auto* column = new QVBoxLayout(page);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(space::kOneHalf);
  auto* copyAction = new QAction(icon(QStringLiteral("copy")), tr("Copy the list"), m_table);
  connect(copyAction, &QAction::triggered, this, &PartingPage::copyTable);
  auto* traceAction = new QAction(tr("Trace this word"), m_table);
  connect(traceAction, &QAction::triggered, this, &PartingPage::trace);
  auto* copy = new QToolButton;
  copy->setDefaultAction(copyAction);
  copy->setAccessibleName(copyAction->text());
  auto* list = flushCard(m_heading, {copy});
  m_heading->setObjectName(QStringLiteral("parting-heading"));
  m_table->setModel(m_model);
  setUpTable(*m_table, QStringLiteral("parting-table"), tr("Words at which the scheme parts most from the reference"));
  m_table->setTextElideMode(Qt::ElideLeft);
  m_table->horizontalHeader()->setSectionResizeMode(WorstModel::Before, QHeaderView::Stretch);
  setTableKeys(
      *m_table, [this] { trace(); }, [this] { copyTable(); });
  m_table->addActions({traceAction, copyAction});
  m_table->setContextMenuPolicy(Qt::ActionsContextMenu);
  connect(m_table, &QTableView::doubleClicked, this, &PartingPage::trace);
  connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this, &PartingPage::showPosition);
  list->body()->addWidget(m_table, 1);
  column->addWidget(list, 1);
  auto* detail = new Card;
  m_context->setWrapping();
  m_context->setTextFormat(Qt::RichText);
  m_context->setObjectName(QStringLiteral("parting-context"));
  m_said->setWrapping();
  m_said->setObjectName(QStringLiteral("parting-said"));
  detail->body()->addWidget(m_context);
  detail->body()->addWidget(m_said);
  column->addWidget(detail);
  return page;
}

const EvaluationRow* PartingPage::row() const {
  const CompareMeasurement* measurement = m_state.measurement();
  if (measurement == nullptr) return nullptr;
  const auto& rows = measurement->evaluation.rows;
  const auto found = std::ranges::find(rows, m_variant, &EvaluationRow::text);
  return found == rows.end() ? nullptr : &*found;
}

// The selected scheme, where it was measured; else what was shown; else the first.
void PartingPage::fillSchemes() {
  const QSignalBlocker blocked(m_schemes);
  m_schemes->clear();
  const CompareMeasurement* measurement = m_state.measurement();
  if (measurement == nullptr) return;
  const auto& current = m_state.selection().currentRecipe();
  for (const EvaluationRow& row : measurement->evaluation.rows) {
    const QString title = row.variant.recipe.keepsEverything() ? tr("as stored, compared")
                                                               : m_state.selection().title(row.variant.recipe);
    m_schemes->addItem(title, QString::fromStdString(row.text));
    if (current && row.variant.recipe == *current) m_variant = row.text;
  }
  const int index = m_schemes->findData(QString::fromStdString(m_variant));
  m_schemes->setCurrentIndex(std::max(index, 0));
  m_variant = m_schemes->currentData().toString().toStdString();
}

void PartingPage::choose() {
  m_variant = m_schemes->currentData().toString().toStdString();
  const EvaluationRow* chosen = row();
  if (chosen == nullptr) return;
  const core::model::Recipe recipe = chosen->variant.recipe;
  if (!recipe.keepsEverything() && m_state.selection().entry(recipe) != nullptr)
    m_state.selection().setCurrentRecipe(recipe);
  refresh();
}

void PartingPage::refresh() {
  if (!isVisible()) return;
  fillSchemes();
  const CompareMeasurement* measurement = m_state.measurement();
  const EvaluationRow* shown = row();
  const int before = m_table->currentIndex().row();
  const bool hasList = shown != nullptr && !shown->worst.empty();
  if (hasList) {
    const auto& model = m_state.selection().model();
    m_model->setRow(measurement->evaluation, shown, model ? model->tokenizer().get() : nullptr, m_state.isOld());
    const QString reference = measurement->evaluation.referenceVariant.recipe.keepsEverything()
                                  ? tr("the weights as stored")
                                  : QString::fromStdString(measurement->evaluation.referenceName);
    m_heading->setText(tr("Where %1 parts most from %2").arg(m_schemes->currentText(), reference));
    if (m_model->rowCount() > 0)
      m_table->setCurrentIndex(m_model->index(std::clamp(before, 0, m_model->rowCount() - 1), 0));
  }
  // Whoever pressed Measure goes on with the keyboard in the list.
  const bool hadFocus = m_measure->hasFocus();
  m_pages->setCurrentIndex(hasList ? 1 : 0);
  if (hasList && hadFocus) m_table->setFocus();
  m_schemes->setEnabled(m_schemes->count() > 0);
  say();
  showPosition();
}

void PartingPage::say() {
  const EvaluationRow* shown = row();
  const bool isMeasuring = m_state.isMeasuring();
  const QString computed = provenanceOf(m_state);
  m_status->setRole(m_state.failure().isEmpty() ? Label::Style::Muted : Label::Style::Error);
  m_status->setText(!m_state.failure().isEmpty()         ? m_state.failure()
                    : isMeasuring && !computed.isEmpty() ? tr("Measuring · %1").arg(computed)
                    : m_state.isOld()                    ? tr("Old: %1 (%2)").arg(m_state.whyOld(), computed)
                                                         : computed);
  const auto& model = m_state.selection().model();
  const bool canMeasure = model && !model->whyCannotComplete() && !m_state.comparedRecipes().empty();
  m_measure->setText(isMeasuring ? tr("Stop") : tr("Measure"));
  m_measure->setEnabled(isMeasuring || canMeasure);
  m_measure->setVisible(shown == nullptr);
  m_message->setText(shown != nullptr && !shown->failure.empty() ? QString::fromStdString(shown->failure)
                     : shown != nullptr                          ? tr("No word of the text was scored yet.")
                     : isMeasuring                               ? tr("Reading the text…")
                     : !model                                    ? tr("Open a model, and tick schemes to compare.")
                     : m_state.comparedRecipes().empty()
                         ? tr("Tick schemes on the right, then measure them.")
                         : tr("Measure, and the words at which a scheme is furthest from the reference are listed "
                              "here: what both had read, what either would say. Each leads on to a trace."));
}

void PartingPage::showPosition() {
  const CompareMeasurement* measurement = m_state.measurement();
  const QModelIndex index = m_table->currentIndex();
  const auto& model = m_state.selection().model();
  const bool isAny = measurement != nullptr && model && model->tokenizer() && m_pages->currentIndex() == 1 &&
                     index.isValid() && index.row() < m_model->rowCount();
  m_trace->setEnabled(isAny);
  if (!isAny) return;
  const auto& at = m_model->position(index.row());
  const WorstWord word = worstWord(measurement->evaluation, at, *model->tokenizer(), kContextTokens);
  const QString accent = Theme::instance().colors().accent.name();
  m_context->setText((word.isCut ? QStringLiteral("…") : QString()) +
                     onOneLine(QString::fromStdString(word.before)).toHtmlEscaped() +
                     QStringLiteral("<b style='color:%1'>%2</b>")
                         .arg(accent, onOneLine(QString::fromStdString(word.token)).toHtmlEscaped()));
  const QString title = m_schemes->currentText();
  const auto gives = [](const QString& who, double text, const std::string& top, double share) {
    return tr("%1 gives it %2 and would say %3 (%4).")
        .arg(who, text::percent(text), quotedToken(top))
        .arg(text::percent(share));
  };
  m_said->setText(gives(tr("The reference"), at.inReference, word.reference, at.referenceTop.inReference) + u' ' +
                  gives(title, at.inCompared, word.compared, at.comparedTop.inCompared));
}

// Everything that both had read is the prompt: the case is the word itself.
void PartingPage::trace() {
  const CompareMeasurement* measurement = m_state.measurement();
  const EvaluationRow* shown = row();
  if (!m_trace->isEnabled() || measurement == nullptr || shown == nullptr) return;
  const auto& at = m_model->position(m_table->currentIndex().row());
  const auto before = tokensBefore(measurement->evaluation, at);
  if (before.empty()) return;
  TraceQuestion question;
  question.reference = measurement->evaluation.referenceVariant;
  question.compared = shown->variant;
  question.mode = TraceQuestion::Mode::Continue;
  const WorstWord word =
      worstWord(measurement->evaluation, at, *m_state.selection().model()->tokenizer(), kPromptTokens);
  question.text = onOneLine(QString::fromStdString(word.before));
  question.prompt.emplace(before.begin(), before.end());
  question.answer.emplace();
  m_state.selection().askTrace(question);
}

void PartingPage::copyTable() const { QGuiApplication::clipboard()->setText(m_model->text()); }

}  // namespace app
