#include "app/workspaces/quantize/steps_page.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeyEvent>
#include <QPainter>
#include <QStyledItemDelegate>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>

#include "app/widgets/flow_layout.h"
#include "app/widgets/icon.h"
#include "app/widgets/label.h"
#include "app/widgets/reflow_row.h"
#include "app/widgets/theme.h"
#include "app/workspaces/quantize/lab_state.h"
#include "app/workspaces/quantize/parameter_cards.h"
#include "app/workspaces/quantize/step_table_model.h"

namespace app {
namespace {
/// Paints the ground of the current step's column: with the style sheet's items the view itself does not.
class StepColumnDelegate final : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;
  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    const QVariant ground = index.data(Qt::BackgroundRole);
    if (ground.isValid() && !option.state.testFlag(QStyle::State_Selected))
      painter->fillRect(option.rect, ground.value<QBrush>());
    QStyledItemDelegate::paint(painter, option, index);
  }
};

constexpr int kCardsWidth = 236, kStripWidth = 260, kStepRowWidth = 640, kCodeWidth = 52, kStepRowHeight = 22;
}  // namespace

StepsPage::StepsPage(LabState& state, QWidget* parent)
    : LabPage(state, parent),
      m_back(new QToolButton),
      m_forward(new QToolButton),
      m_meaning(new Label(Label::Style::Muted)),
      m_formula(new Label(Label::Style::Number)),
      m_numbers(new Label(Label::Style::Number)),
      m_cards(new ParameterCards),
      m_table(new QTableView),
      m_model(new StepTableModel(this)) {
  auto* row = new ReflowRow(kStepRowWidth, this);
  row->setContentsMargins(0, space::kHalf, 0, 0);
  row->setSpacing(space::kTwo);
  row->addSide(m_cards, kCardsWidth);
  auto* right = new QVBoxLayout;
  right->setSpacing(space::kHalf);
  right->addWidget(buildStrip());
  m_formula->setElide(Qt::ElideRight);
  m_formula->setObjectName(QStringLiteral("lab-formula"));
  m_numbers->setElide(Qt::ElideRight);
  m_numbers->setObjectName(QStringLiteral("lab-numbers"));
  for (Label* label : {m_formula, m_numbers}) label->setTextInteractionFlags(Qt::TextSelectableByMouse);
  auto* words = new QHBoxLayout;
  words->setSpacing(space::kOneHalf);
  words->addWidget(m_meaning);
  words->addWidget(m_formula, 1);
  right->addLayout(words);
  right->addWidget(m_numbers);
  right->addWidget(buildTable(), 1);
  row->addLayout(right, 1);
}

QWidget* StepsPage::buildStrip() {
  auto* strip = new QWidget;
  m_strip = new FlowLayout(strip);
  m_strip->setSpacing(2);
  m_strip->setLeastWidth(kStripWidth);
  strip->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Minimum);
  const auto arrow = [&](QToolButton* button, const char* iconName, const QString& name, const char* objectName,
                         int direction) {
    button->setIcon(icon(QLatin1String(iconName)));
    button->setToolTip(name);
    button->setAccessibleName(name);
    button->setObjectName(QLatin1String(objectName));
    connect(button, &QToolButton::clicked, this, [this, direction] { step(direction); });
  };
  arrow(m_back, "back", tr("One step back (left arrow)"), "lab-back", -1);
  arrow(m_forward, "forward", tr("One step forward (right arrow)"), "lab-forward", 1);
  m_strip->addWidget(m_back);
  m_strip->addWidget(m_forward);
  strip->installEventFilter(this);
  return strip;
}

QWidget* StepsPage::buildTable() {
  m_table->setModel(m_model);
  m_table->setObjectName(QStringLiteral("lab-steps"));
  m_table->setAccessibleName(tr("Weights and steps"));
  m_table->setAccessibleDescription(
      tr("Left and right arrows go through the steps, up and down through the weights. F2 changes a weight."));
  m_table->setItemDelegate(new StepColumnDelegate(m_table));
  m_table->setShowGrid(false);
  m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
  m_table->setSelectionMode(QAbstractItemView::SingleSelection);
  m_table->setEditTriggers(QAbstractItemView::DoubleClicked | QAbstractItemView::EditKeyPressed);
  m_table->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
  m_table->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
  m_table->horizontalHeader()->setMinimumSectionSize(Theme::instance().px(kCodeWidth));
  m_table->horizontalHeader()->setSectionsClickable(true);
  m_table->installEventFilter(this);
  const auto dress = [this] {
    m_table->setFont(Theme::instance().monoFont(-1));
    m_table->verticalHeader()->setDefaultSectionSize(Theme::instance().px(kStepRowHeight));
    for (QToolButton* button : m_buttons) button->setFont(Theme::instance().textFont(-1));
  };
  connect(&Theme::instance(), &Theme::changed, m_table, dress);
  dress();
  connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this](const QModelIndex& row) {
    if (row.isValid() && row.row() != state().shownWeight())
      state().setWeight(state().block().flatIndex(static_cast<std::size_t>(row.row())));
  });
  connect(m_table->horizontalHeader(), &QHeaderView::sectionClicked, this, [this](int section) {
    const int shift = m_model->columnCount() - static_cast<int>(state().block().explanation.steps.size());
    for (const LabStage& stage : m_stages)
      if (stage.kind == LabStage::Kind::Step && static_cast<int>(stage.step) + shift == section) setStage(stage.id);
  });
  connect(m_model, &StepTableModel::weightTyped, this, [this](int row, float value) {
    state().moveWeight(state().block().flatIndex(static_cast<std::size_t>(row)), value);
  });
  return m_table;
}

int StepsPage::index() const {
  const auto found = std::find_if(m_stages.begin(), m_stages.end(), [this](const auto& s) { return s.id == m_stage; });
  return found == m_stages.end() ? static_cast<int>(m_stages.size()) - 1 : static_cast<int>(found - m_stages.begin());
}

QString StepsPage::stage() const {
  return m_stages.empty() ? QString() : m_stages[static_cast<std::size_t>(index())].id;
}

bool StepsPage::setStage(const QString& id) {
  const auto stages = stagesOf(state().block());
  if (std::none_of(stages.begin(), stages.end(), [&](const LabStage& stage) { return stage.id == id; })) return false;
  m_stage = id;
  if (isShown()) showStage();
  return true;
}

void StepsPage::step(int direction) {
  const int next = index() + direction;
  if (next >= 0 && next < static_cast<int>(m_stages.size())) setStage(m_stages[static_cast<std::size_t>(next)].id);
}

void StepsPage::refresh() {
  const auto before = m_stages.size();
  auto stages = stagesOf(state().block());
  const bool isSame = before == stages.size() && std::equal(stages.begin(), stages.end(), m_stages.begin(),
                                                            [](const auto& a, const auto& b) { return a.id == b.id; });
  m_stages = std::move(stages);
  if (!isSame) fillStrip();
  m_model->setBlock(state().sharedBlock());
  fitColumns();
  showStage();
}

// Codes need less room than numbers, which get what is left.
void StepsPage::fitColumns() {
  QHeaderView* header = m_table->horizontalHeader();
  for (int column = 0; column < m_model->columnCount(); ++column) {
    const auto mode = m_model->isWhole(column) ? QHeaderView::Fixed : QHeaderView::Stretch;
    if (header->sectionResizeMode(column) != mode) header->setSectionResizeMode(column, mode);
    if (mode == QHeaderView::Fixed) header->resizeSection(column, Theme::instance().px(kCodeWidth));
  }
}

void StepsPage::fillStrip() {
  for (QToolButton* button : m_buttons) delete button;
  m_buttons.clear();
  for (const LabStage& stage : m_stages) {
    auto* button = new QToolButton;
    button->setText(stage.title);
    button->setCheckable(true);
    button->setObjectName(QStringLiteral("lab-stage-") + stage.id);
    button->setFocusPolicy(Qt::TabFocus);
    button->setProperty("kind", QStringLiteral("step"));
    button->setFont(Theme::instance().textFont(-1));
    connect(button, &QToolButton::clicked, this, [this, id = stage.id] { setStage(id); });
    button->installEventFilter(this);
    m_strip->addWidget(button);
    m_buttons.push_back(button);
  }
}

void StepsPage::showStage() {
  const int at = index();
  m_back->setEnabled(at > 0);
  m_forward->setEnabled(at >= 0 && at + 1 < static_cast<int>(m_stages.size()));
  for (std::size_t i = 0; i < m_buttons.size(); ++i) m_buttons[i]->setChecked(static_cast<int>(i) == at);
  const LabBlock& block = state().block();
  const int shown = state().shownWeight();
  if (at < 0 || shown < 0) {
    for (Label* label : {m_meaning, m_formula, m_numbers}) label->clear();
    return m_cards->hide();
  }
  const auto weight = static_cast<std::size_t>(shown);
  const LabStage& stage = m_stages[static_cast<std::size_t>(at)];
  const bool isColumn = stage.kind == LabStage::Kind::Step;
  const bool isReached = isColumn || stage.kind == LabStage::Kind::Pack;
  m_model->setReached(isReached ? stage.step : 0, isColumn ? static_cast<int>(stage.step) : -1);
  m_meaning->setText(stageMeaning(block, stage));
  m_meaning->setVisible(!m_meaning->text().isEmpty());
  m_formula->setText(stageFormula(block, stage, weight));
  m_numbers->setText(stageNumbers(block, stage, weight));
  m_cards->setVisible(!block.explanation.parameters.empty());
  m_cards->showBlock(block, weight);
  if (m_table->currentIndex().row() != shown) m_table->setCurrentIndex(m_model->index(shown, 0));
}

void StepsPage::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Left) return step(-1);
  if (event->key() == Qt::Key_Right) return step(1);
  LabPage::keyPressEvent(event);
}

// In the table left and right go through the steps: its columns are the steps.
bool StepsPage::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() != QEvent::KeyPress) return LabPage::eventFilter(watched, event);
  const int key = static_cast<QKeyEvent*>(event)->key();
  if (key != Qt::Key_Left && key != Qt::Key_Right) return LabPage::eventFilter(watched, event);
  step(key == Qt::Key_Left ? -1 : 1);
  return true;
}

}  // namespace app
