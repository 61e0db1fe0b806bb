#include "app/workspaces/compare/tradeoff_page.h"

#include <QAction>
#include <QClipboard>
#include <QComboBox>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLineEdit>
#include <QPushButton>
#include <QSettings>
#include <QSignalBlocker>
#include <QSortFilterProxyModel>
#include <QSplitter>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

#include "app/text/numbers.h"
#include "app/widgets/card.h"
#include "app/widgets/icon.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "app/workspaces/compare/compare_fields.h"
#include "app/workspaces/compare/compare_state.h"
#include "app/workspaces/compare/measure_bar.h"
#include "app/workspaces/compare/method_table_model.h"
#include "app/workspaces/compare/tradeoff_chart.h"

namespace app {

namespace {
constexpr int kFilterWidth = 150;
}

TradeoffPage::TradeoffPage(CompareState& state, QWidget* parent)
    : QWidget(parent),
      m_state(state),
      m_chart(new TradeoffChart),
      m_quality(new QComboBox),
      m_model(new MethodTableModel(this)),
      m_proxy(new QSortFilterProxyModel(this)),
      m_table(new QTableView),
      m_filter(new QLineEdit),
      m_status(new Label(Label::Style::Muted)),
      m_hint(new Label(Label::Style::Hint)) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, space::kOne, 0, 0);
  column->setSpacing(space::kOne);
  auto* bar = new MeasureBar(state);
  column->addWidget(bar);
  m_status->setObjectName(QStringLiteral("compare-status"));
  m_status->setElide(Qt::ElideRight);
  auto* line = new QHBoxLayout;
  line->setSpacing(space::kOneHalf);
  line->addWidget(bar->button());
  line->addWidget(m_status, 1);
  column->addLayout(line);
  m_splitter = new QSplitter(Qt::Vertical);
  m_splitter->setHandleWidth(space::kOneHalf);
  m_splitter->setChildrenCollapsible(false);
  m_splitter->addWidget(buildPicture());
  m_splitter->addWidget(buildTable());
  m_splitter->setStretchFactor(0, 3);
  m_splitter->setStretchFactor(1, 2);
  column->addWidget(m_splitter, 1);
  connect(&m_state, &CompareState::measured, this, &TradeoffPage::refresh);
  connect(&m_state, &CompareState::questionChanged, this, &TradeoffPage::refresh);
  connect(&m_state, &CompareState::plansChanged, this, &TradeoffPage::refresh);
  connect(&m_state.selection(), &Selection::schemesChanged, this, &TradeoffPage::refresh);
  connect(&m_state.selection(), &Selection::currentSchemeChanged, this, &TradeoffPage::refreshSelected);
  connect(&Theme::instance(), &Theme::changed, this, &TradeoffPage::refresh);
}

QWidget* TradeoffPage::buildPicture() {
  m_quality->addItem(tr("KL to the reference"), QStringLiteral("kl"));
  m_quality->addItem(tr("Perplexity"), QStringLiteral("perplexity"));
  m_quality->setAccessibleName(tr("What quality is"));
  m_quality->setObjectName(QStringLiteral("compare-quality"));
  connect(m_quality, &QComboBox::currentIndexChanged, this, [this](int index) {
    m_chart->setQuality(index == 0 ? TradeoffChart::Quality::Kl : TradeoffChart::Quality::Perplexity);
  });
  auto* card = flushCard(m_hint, {m_quality, m_chart->createMenuButton()});
  m_chart->setMinimumHeight(Theme::instance().px(150));
  card->body()->addWidget(m_chart, 1);
  connect(m_chart, &TradeoffChart::rowClicked, this, &TradeoffPage::select);
  return card;
}

QWidget* TradeoffPage::buildTable() {
  m_proxy->setSourceModel(m_model);
  m_proxy->setSortRole(MethodTableModel::kSortRole);
  m_proxy->setFilterCaseSensitivity(Qt::CaseInsensitive);
  m_proxy->setFilterKeyColumn(-1);
  m_table->setModel(m_proxy);
  setUpTable(*m_table, QStringLiteral("compare-table"), tr("Methods, measured here"));
  m_table->setSortingEnabled(true);
  m_table->sortByColumn(-1, Qt::AscendingOrder);
  m_table->setMinimumHeight(Theme::instance().px(110));
  setTableKeys(
      *m_table, [this] { Q_EMIT partingsWanted(); }, [this] { copyTable(); });
  m_table->setContextMenuPolicy(Qt::ActionsContextMenu);
  auto* copy = new QAction(icon(QStringLiteral("copy")), tr("Copy the table"), m_table);
  connect(copy, &QAction::triggered, this, &TradeoffPage::copyTable);
  m_table->addAction(copy);
  connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this](const QModelIndex& index) {
    if (index.isValid()) select(index.data(MethodTableModel::kRowRole).toInt());
  });
  m_filter->setPlaceholderText(tr("Filter methods…"));
  m_filter->setAccessibleName(tr("Filter methods"));
  m_filter->setObjectName(QStringLiteral("compare-filter"));
  m_filter->setClearButtonEnabled(true);
  keepWidth(*m_filter, kFilterWidth);
  connect(m_filter, &QLineEdit::textChanged, m_proxy, &QSortFilterProxyModel::setFilterFixedString);
  auto* partings = new QPushButton(tr("Where it parts"));
  partings->setObjectName(QStringLiteral("compare-partings"));
  partings->setToolTip(tr("The words at which the selected scheme is furthest from the reference (Enter)"));
  connect(partings, &QPushButton::clicked, this, &TradeoffPage::partingsWanted);
  connect(m_table, &QTableView::doubleClicked, this, &TradeoffPage::partingsWanted);
  auto* copyButton = new QToolButton;
  copyButton->setDefaultAction(copy);
  copyButton->setAccessibleName(copy->text());
  copyButton->setObjectName(QStringLiteral("compare-copy"));
  auto* card =
      flushCard(new Label(Label::Style::Heading, tr("Methods, measured here")), {partings, m_filter, copyButton});
  card->body()->addWidget(m_table, 1);
  return card;
}

void TradeoffPage::refresh() {
  if (!isVisible()) return;
  const Selection& selection = m_state.selection();
  std::vector<core::model::Recipe> recipes(1);
  for (const auto& recipe : selection.checkedRecipes()) recipes.push_back(recipe);
  if (const auto compared = selection.comparedRecipe()) recipes.push_back(*compared);
  m_state.request(recipes);
  auto rows = compareRows(m_state);
  const bool isEmpty = rows.size() < 2;
  const bool hasFigures = m_state.measurement() != nullptr;
  m_chart->setMessage(!selection.model() ? QString()
                      : isEmpty          ? tr("Tick schemes on the right to see what they cost and do.")
                      : !m_state.failure().isEmpty() && !hasFigures ? m_state.failure()
                      : !hasFigures && m_state.isMeasuring()        ? tr("Reading the text…")
                      : !hasFigures ? tr("Measure: every checked scheme becomes a point here.")
                                    : QString());
  m_chart->setProvenance(provenanceOf(m_state));
  {
    const QSignalBlocker blocked(m_table->selectionModel());
    m_model->setRows(rows, m_state.isOld());
  }
  m_chart->setRows(std::move(rows), noiseFloorOf(m_state), m_state.isOld());
  say();
  refreshSelected();
}

void TradeoffPage::say() {
  m_status->setRole(m_state.failure().isEmpty() ? Label::Style::Muted : Label::Style::Error);
  const QString computed = provenanceOf(m_state);
  if (!m_state.failure().isEmpty())
    m_status->setText(m_state.failure());
  else if (m_state.isMeasuring())
    m_status->setText(computed.isEmpty() ? tr("Getting ready to read…") : tr("Measuring · %1").arg(computed));
  else if (m_state.isOld())
    m_status->setText(tr("Old: %1 (%2). Measure again for what is asked now.").arg(m_state.whyOld(), computed));
  else if (m_state.wasStopped())
    m_status->setText(computed.isEmpty() ? tr("Stopped before anything was read. Measure again.")
                                         : tr("Stopped; what is known stays: %1").arg(computed));
  else if (computed.isEmpty())
    m_status->setText(tr("Nothing was measured yet. Sizes are known without."));
  else
    m_status->setText(computed);
  const double noise = noiseFloorOf(m_state);
  m_hint->setText(noise > 0 ? tr("Dashed: nothing is both smaller and nearer. Joined: not told apart. Ring: tokens/s. "
                                 "Noise: KL %1.")
                                  .arg(text::number(noise, 2))
                            : tr("Lower and further left is better."));
}

void TradeoffPage::refreshSelected() {
  const auto& current = m_state.selection().currentRecipe();
  int row = -1;
  for (std::size_t i = 0; i < m_model->rows().size(); ++i)
    if (current && !m_model->rows()[i].isReference && m_model->rows()[i].recipe == *current) row = static_cast<int>(i);
  m_chart->setSelected(row);
  const QSignalBlocker blocked(m_table->selectionModel());
  const QModelIndex index = row < 0 ? QModelIndex() : m_proxy->mapFromSource(m_model->index(row, 0));
  m_table->selectionModel()->setCurrentIndex(index, QItemSelectionModel::ClearAndSelect | QItemSelectionModel::Rows);
  m_table->viewport()->update();
}

void TradeoffPage::select(int row) {
  const CompareRow& chosen = m_model->rows()[static_cast<std::size_t>(row)];
  if (!chosen.recipe.keepsEverything()) m_state.selection().setCurrentRecipe(chosen.recipe);
}

void TradeoffPage::copyTable() { QGuiApplication::clipboard()->setText(m_model->text()); }

QString TradeoffPage::shownQuality() const { return m_quality->currentData().toString(); }

bool TradeoffPage::showQuality(const QString& quality) {
  const int index = m_quality->findData(quality);
  if (index >= 0) m_quality->setCurrentIndex(index);
  return index >= 0;
}

void TradeoffPage::saveState(QSettings& settings) const {
  settings.setValue(QStringLiteral("tradeoff"), m_splitter->saveState());
  settings.setValue(QStringLiteral("quality"), shownQuality());
}

void TradeoffPage::restoreState(QSettings& settings) {
  m_splitter->restoreState(settings.value(QStringLiteral("tradeoff")).toByteArray());
  showQuality(settings.value(QStringLiteral("quality")).toString());
}

}  // namespace app
