#include "app/workspaces/layers/layers_workspace.h"

#include <QAction>
#include <QEvent>
#include <QKeySequence>
#include <QMenu>
#include <QPushButton>
#include <QScrollArea>
#include <QSplitter>
#include <QStackedLayout>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>

#include "app/calibration/calibration_notice.h"
#include "app/pictures/error_dots.h"
#include "app/pictures/layer_maps.h"
#include "app/selection/calibration_text.h"
#include "app/selection/trace_question.h"
#include "app/text/numbers.h"
#include "app/widgets/card.h"
#include "app/widgets/theme.h"
#include "app/workspaces/layers/design_page.h"
#include "app/workspaces/layers/layer_errors.h"
#include "app/workspaces/layers/layer_lists.h"
#include "app/workspaces/layers/layers_header.h"
#include "app/workspaces/layers/measured_content.h"
#include "app/workspaces/layers/paint_bar.h"
#include "app/workspaces/layers/painting_hand.h"
#include "app/workspaces/layers/proxy_chart.h"
#include "app/workspaces/layers/proxy_page.h"
#include "app/workspaces/layers/sensitivity_bar.h"

namespace app {

namespace {

const QKeySequence kTraceShortcut(Qt::CTRL | Qt::Key_T);  // as in Chat
constexpr double kPale = 0.55;                            ///< of the ground, in what answers another question

}  // namespace

LayersWorkspace::LayersWorkspace(const WorkspaceContext& context, QWidget* parent)
    : Workspace(context, parent),
      m_errors(new LayerErrors(selection(), jobs(), this)),
      m_measured(new MeasuredLayers(selection(), jobs(), this)),
      m_header(new LayersHeader),
      m_bar(new SensitivityBar(*m_measured)),
      m_calibration(new CalibrationNotice(selection(), calibrator())),
      m_paintBar(new PaintBar),
      m_maps(new LayerMaps),
      m_painting(new PaintingHand(selection(), *m_maps, *m_paintBar, this)),
      m_lists(new LayerLists),
      m_designer(new DesignPage(selection(), jobs(), calibrator())),
      m_pages(new QStackedLayout(this)) {
  auto* maps = new QWidget;
  m_pages->addWidget(maps);
  m_pages->addWidget(m_designer);
  auto* column = new QVBoxLayout(maps);
  column->setContentsMargins(space::kTwo, space::kTwo, space::kTwo, space::kTwo);
  column->setSpacing(space::kOneHalf);
  column->addWidget(m_header);
  column->addWidget(m_bar);
  column->addWidget(m_calibration);
  m_splitter = new QSplitter;
  m_splitter->setHandleWidth(space::kOneHalf);
  m_splitter->setChildrenCollapsible(false);
  m_splitter->addWidget(buildMaps());
  m_splitter->addWidget(m_lists);
  m_splitter->setStretchFactor(0, 3);
  m_splitter->setStretchFactor(1, 2);
  m_splitter->setSizes({580, 380});
  column->addWidget(m_splitter, 1);
  connectAll();
  followModel();
}

void LayersWorkspace::connectAll() {
  connect(m_header, &LayersHeader::figureChanged, this, &LayersWorkspace::request);
  connect(m_header, &LayersHeader::shadingChanged, this, &LayersWorkspace::refresh);
  connect(m_errors, &LayerErrors::changed, this, &LayersWorkspace::refresh);
  connect(m_measured, &MeasuredLayers::changed, this, &LayersWorkspace::refreshMeasured);
  connect(m_measured, &MeasuredLayers::questionChanged, this, &LayersWorkspace::refreshMeasured);
  connect(&selection(), &Selection::schemesChanged, this, &LayersWorkspace::request);
  connect(&selection(), &Selection::modelChanged, this, &LayersWorkspace::followModel);
  connect(&selection(), &Selection::comparedModelChanged, this, &LayersWorkspace::refresh);
  connect(&selection(), &Selection::currentSchemeChanged, this, &LayersWorkspace::refresh);
  connect(&selection(), &Selection::tensorChanged, this, &LayersWorkspace::refreshSelection);
  connect(&Theme::instance(), &Theme::changed, this, &LayersWorkspace::refresh);
  connect(m_maps, &LayerMaps::cellClicked, this, &LayersWorkspace::select);
  connect(m_maps, &LayerMaps::cellActivated, this, &LayersWorkspace::openTensor);
  auto* undo = new QAction(tr("Undo the last painting"), this);
  undo->setShortcut(QKeySequence::Undo);
  undo->setShortcutContext(Qt::WidgetWithChildrenShortcut);
  connect(undo, &QAction::triggered, m_painting, &PaintingHand::undo);
  addAction(undo);
  auto* trace = new QAction(tr("Trace a word under this scheme"), this);
  trace->setShortcut(kTraceShortcut);
  trace->setShortcutContext(Qt::WidgetWithChildrenShortcut);
  connect(trace, &QAction::triggered, this, &LayersWorkspace::traceWord);
  addAction(trace);
  connect(m_maps, &LayerMaps::menuOpens, this, &LayersWorkspace::fillTraceMenu);
  connect(m_designer, &DesignPage::backWanted, this, [this] { showDesigner(false); });
  connect(m_lists->dots(), &ErrorDots::dotClicked, this, [this](int row) { select(row, -1); });
  connect(m_lists->dots(), &ErrorDots::dotActivated, this, [this](int row) { openTensor(row, -1); });
  connect(m_lists->proxies()->chart(), &ProxyChart::pointClicked, this, [this](int row) { select(row, -1); });
  connect(m_lists->proxies()->chart(), &ProxyChart::pointActivated, this, [this](int row) { openTensor(row, -1); });
  connect(m_lists, &LayerLists::keptActivated, this, [this](std::size_t tensor) {
    selection().setTensor(tensor);
    selection().setWorkspace(QStringLiteral("inspect"));
  });
}

QWidget* LayersWorkspace::buildMaps() {
  auto* card = new Card;
  card->setAccessibleName(tr("Blocks × matrices"));
  m_mapScroll = new QScrollArea;
  m_mapScroll->setWidgetResizable(true);
  m_mapScroll->setFrameShape(QFrame::NoFrame);
  m_mapScroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  m_mapScroll->setWidget(m_maps);
  m_mapScroll->viewport()->installEventFilter(this);
  card->setFlush(true);
  card->header()->setContentsMargins(space::kTwo, space::kOneHalf, space::kTwo, 0);
  card->header()->addWidget(m_paintBar, 1);
  auto* design = new QPushButton(tr("Design…"));
  design->setObjectName(QStringLiteral("design-open"));
  design->setAccessibleName(tr("Design a recipe"));
  design->setToolTip(tr("Let a scheme be chosen for every tensor, by what it measurably costs"));
  connect(design, &QPushButton::clicked, this, [this] { showDesigner(true); });
  card->header()->addWidget(design);
  card->header()->addWidget(m_maps->createMenuButton());
  card->body()->addWidget(m_mapScroll, 1);
  return card;
}

void LayersWorkspace::showDesigner(bool shown) {
  m_pages->setCurrentIndex(shown ? 1 : 0);
  (shown ? static_cast<QWidget*>(m_designer) : m_maps)->setFocus();
}

bool LayersWorkspace::isDesigning() const { return m_pages->currentWidget() == m_designer; }

void LayersWorkspace::setActive(bool active) {
  m_active = active;
  if (active) request();
}

void LayersWorkspace::followModel() {
  m_keptOf.clear();
  request();
  refresh();
}

void LayersWorkspace::request() {
  if (!m_active) return;
  const auto recipes = selection().checkedRecipes();
  const bool isOutput = m_header->measure() == LayerMeasure::Outputs;
  if (isOutput && !recipes.empty() && !m_errors->tensors().empty())
    m_calibration->setAskers({{tr("The output error"), core::quant::CalibrationNeed::Hessian}});
  else
    m_calibration->setRecipes(recipes);
  m_errors->request(recipes, isOutput ? Measure::Outputs : Measure::Weights);
  m_bar->setVisible(isMeasured());
  m_lists->setProxiesVisible(isMeasured());
  refresh();
}

bool LayersWorkspace::isMeasured() const { return m_header->measure() == LayerMeasure::Measured; }

void LayersWorkspace::refreshMeasured() {
  if (isMeasured()) refresh();
}

QString LayersWorkspace::provenance() const {
  if (const auto scheme = dotScheme(); scheme && isMeasured()) {
    const QString on = MeasuredContent(*m_measured, m_errors->tensors()).provenance(*scheme);
    return on.isEmpty() ? modelName() : tr("%1 · %2").arg(modelName(), on);
  }
  const bool isOutput = m_header->measure() == LayerMeasure::Outputs;
  return isOutput ? tr("%1 · inputs of %2").arg(modelName(), calibrationName(selection().calibrationState()))
                  : modelName();
}

LayerContent LayersWorkspace::content() const { return {selection(), *m_errors, m_header->metric()}; }

QString LayersWorkspace::modelName() const {
  return selection().model() ? QString::fromStdString(selection().model()->checkpoint().name()) : QString();
}

std::optional<core::model::Recipe> LayersWorkspace::dotScheme() const {
  const auto checked = selection().checkedRecipes();
  const auto& current = selection().currentRecipe();
  if (current && std::find(checked.begin(), checked.end(), *current) != checked.end()) return current;
  return checked.empty() ? std::nullopt : std::optional(checked.back());
}

void LayersWorkspace::refresh() {
  if (!m_active && selection().model()) return;  // it catches up when it is looked at
  const auto schemes = selection().checkedRecipes();
  const bool noMatrix = m_errors->tensors().empty();
  const QString message = !selection().model() ? QString()
                          : noMatrix           ? tr("This file has no matrix that a scheme could be applied to.")
                          : schemes.empty()    ? tr("Tick a scheme on the right to see what it does to every layer.")
                                               : QString();
  m_maps->setMessage(message);
  m_lists->dots()->setMessage(message);
  refreshSummary();
  refreshMaps(schemes);
  refreshDots();
  refreshKept();
  refreshSelection();
}

void LayersWorkspace::refreshKept() {
  const auto scheme = dotScheme();
  const QString shown = modelName() + u'\n' + (scheme ? QString::fromStdString(scheme->toString()) : QString());
  if (shown == m_keptOf) return;
  m_keptOf = shown;
  m_lists->showKept(selection().model().get(), scheme ? selection().planOf(*scheme) : nullptr);
}

void LayersWorkspace::refreshSummary() {
  if (m_errors->tensors().empty() || selection().checkedRecipes().empty()) return m_header->setSummary({}, {});
  QString text = tr("%1 matrices").arg(text::count(m_errors->tensors().size())), tip;
  if (m_errors->isComputing()) text += tr(" · computing…");
  const auto compared = selection().comparedRecipe();
  const ModelErrors* const errors = compared && selection().isChecked(*compared) ? m_errors->find(*compared) : nullptr;
  if (errors != nullptr && !errors->note.empty()) {
    const QString note = QString::fromStdString(errors->note);
    text += QStringLiteral(" · ") + note;
    tip = tr("%1: %2. Where norms differ, weights may have been scaled between layers: then the errors of weights say "
             "little, and those of outputs count.")
              .arg(selection().title(*compared), note);
  }
  m_header->setSummary(text, tip);
}

void LayersWorkspace::refreshMaps(const std::vector<core::model::Recipe>& schemes) {
  m_maps->setProvenance(provenance());
  LayerMaps::Content shown = content().maps(schemes, m_header->shading());
  if (isMeasured()) {
    const MeasuredContent measured(*m_measured, m_errors->tensors());
    for (std::size_t i = 0; i < schemes.size(); ++i) measured.fill(shown.schemes[i], schemes[i]);
  }
  m_maps->setContent(std::move(shown));
  m_painting->show(m_errors->tensors(), dotScheme());
  fitMaps();
}

// The picture is as high as its rows need, and fills the card when that is more.
void LayersWorkspace::fitMaps() { m_maps->setMinimumHeight(m_maps->heightFor(m_mapScroll->viewport()->width())); }

bool LayersWorkspace::eventFilter(QObject* watched, QEvent* event) {
  if (watched == m_mapScroll->viewport() && event->type() == QEvent::Resize) fitMaps();
  return Workspace::eventFilter(watched, event);
}

void LayersWorkspace::refreshDots() {
  const auto scheme = dotScheme();
  const MeasuredContent measured(*m_measured, m_errors->tensors());
  LayerContent::Dots shown;
  if (scheme) shown = isMeasured() ? measured.dots(*scheme) : content().dots(*scheme);
  QColor color = scheme ? selection().color(*scheme) : QColor();
  if (scheme && isMeasured() && measured.isOld(*scheme)) color = mix(color, Theme::instance().colors().surface, kPale);
  m_lists->dots()->setProvenance(provenance());
  m_lists->showDots(shown, m_header->metric(), scheme ? selection().title(*scheme) : QString(), color);
  if (isMeasured()) m_lists->proxies()->show(*m_measured, m_errors->tensors(), scheme);
  m_bar->setSentence(!m_measured->failure().isEmpty() ? m_measured->failure()
                     : scheme                         ? measured.sentence(*scheme)
                                                      : QString());
}

void LayersWorkspace::refreshSelection() {
  if (!m_active || !selection().model()) return;
  const auto& tensors = m_errors->tensors();
  const auto found =
      selection().tensor() ? std::find(tensors.begin(), tensors.end(), *selection().tensor()) : tensors.end();
  const int row = found == tensors.end() ? -1 : static_cast<int>(found - tensors.begin());
  const auto checked = selection().checkedRecipes();
  const auto scheme = dotScheme();
  const auto column = scheme ? std::find(checked.begin(), checked.end(), *scheme) : checked.end();
  const int map = column == checked.end() ? -1 : static_cast<int>(column - checked.begin());
  m_maps->setSelected(row, map);
  bringIntoView(map);
  m_lists->dots()->setSelected(row);
  m_lists->proxies()->chart()->setSelected(row);
}

void LayersWorkspace::bringIntoView(int map) {
  if (map == m_shownMap) return;
  m_shownMap = map;
  // Once the picture has its height.
  QTimer::singleShot(0, this, [this] {
    if (m_shownMap < 0 || m_shownMap >= static_cast<int>(m_maps->content().schemes.size())) return;
    const QRect place = m_maps->placeOf(m_shownMap);
    m_mapScroll->ensureVisible(place.center().x(), place.center().y(), 0, place.height() / 2);
  });
}

void LayersWorkspace::fillTraceMenu(QMenu* menu) {
  const auto scheme = dotScheme();
  if (!scheme) return;
  menu->addSeparator();
  QAction* trace =
      menu->addAction(tr("Trace a word under %1").arg(selection().title(*scheme)), this, &LayersWorkspace::traceWord);
  trace->setShortcut(kTraceShortcut);
}

// Of the prompt that was traced last, whatever it was traced under.
void LayersWorkspace::traceWord() {
  const auto scheme = dotScheme();
  if (!scheme || !selection().model()) return;
  TraceQuestion question;
  if (selection().traceQuestion())
    question = *selection().traceQuestion();
  else
    question.text = kExamplePrompt;
  question.answer.reset();  // it was the other one's
  question.position.reset();
  question.compared.recipe = *scheme;
  if (question.reference.recipe == question.compared.recipe) question.reference.recipe = {};
  selection().askTrace(question);
}

void LayersWorkspace::select(int row, int column) {
  const std::size_t tensor = m_errors->tensors()[static_cast<std::size_t>(row)];
  const auto checked = selection().checkedRecipes();
  if (column >= 0)
    selection().setTensorAndRecipe(tensor, checked[static_cast<std::size_t>(column)]);
  else
    selection().setTensor(tensor);
}

void LayersWorkspace::openTensor(int row, int column) {
  select(row, column);
  selection().setWorkspace(QStringLiteral("inspect"));
}

}  // namespace app
