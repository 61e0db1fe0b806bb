#include "app/workspaces/layers/layers_workspace.h"

#include <QAction>
#include <QComboBox>
#include <QEvent>
#include <QHBoxLayout>
#include <QMenu>
#include <QScrollArea>
#include <QSettings>
#include <QSplitter>
#include <QTabBar>
#include <QTabWidget>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>

#include "app/calibration/calibration_notice.h"
#include "app/pictures/error_dots.h"
#include "app/pictures/layer_maps.h"
#include "app/pictures/metric_text.h"
#include "app/selection/calibration_text.h"
#include "app/text/numbers.h"
#include "app/widgets/card.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "app/workspaces/layers/kept_tensors.h"
#include "app/workspaces/layers/layer_errors.h"
#include "app/workspaces/layers/paint_bar.h"
#include "app/workspaces/layers/recipe_painter.h"

namespace app {

using core::metrics::Metric;

namespace {}

LayersWorkspace::LayersWorkspace(const WorkspaceContext& context, QWidget* parent)
    : Workspace(context, parent),
      m_errors(new LayerErrors(selection(), jobs(), this)),
      m_painter(new RecipePainter(selection(), this)),
      m_metric(new QComboBox),
      m_shading(new QComboBox),
      m_summary(new Label(Label::Style::Muted)),
      m_calibration(new CalibrationNotice(selection(), calibrator())),
      m_paintBar(new PaintBar),
      m_maps(new LayerMaps),
      m_dots(new ErrorDots),
      m_kept(new KeptTensors) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(space::kTwo, space::kTwo, space::kTwo, space::kTwo);
  column->setSpacing(space::kOneHalf);
  column->addWidget(buildHeader());
  column->addWidget(m_calibration);
  m_splitter = new QSplitter;
  m_splitter->setHandleWidth(space::kOneHalf);
  m_splitter->setChildrenCollapsible(false);
  m_splitter->addWidget(buildMaps());
  m_splitter->addWidget(buildLists());
  m_splitter->setStretchFactor(0, 3);
  m_splitter->setStretchFactor(1, 2);
  m_splitter->setSizes({580, 380});
  column->addWidget(m_splitter, 1);

  connect(m_metric, &QComboBox::currentIndexChanged, this, &LayersWorkspace::request);
  connect(m_shading, &QComboBox::currentIndexChanged, this, &LayersWorkspace::refresh);
  connect(m_errors, &LayerErrors::changed, this, &LayersWorkspace::refresh);
  connect(&selection(), &Selection::schemesChanged, this, &LayersWorkspace::request);
  connect(&selection(), &Selection::modelChanged, this, &LayersWorkspace::followModel);
  connect(&selection(), &Selection::comparedModelChanged, this, &LayersWorkspace::refresh);
  connect(&selection(), &Selection::currentSchemeChanged, this, &LayersWorkspace::refresh);
  connect(&selection(), &Selection::tensorChanged, this, &LayersWorkspace::refreshSelection);
  connect(&Theme::instance(), &Theme::changed, this, &LayersWorkspace::refresh);
  connect(m_maps, &LayerMaps::cellClicked, this, &LayersWorkspace::select);
  connect(m_maps, &LayerMaps::cellActivated, this, &LayersWorkspace::openTensor);
  connect(m_maps, &LayerMaps::markedChanged, this, [this] {
    m_painted.clear();  // it was of other tensors
    refreshPaintBar();
  });
  connect(m_maps, &LayerMaps::menuOpens, this, &LayersWorkspace::fillPaintMenu);
  connect(m_paintBar, &PaintBar::menuOpens, this, &LayersWorkspace::fillPaintMenu);
  connect(m_paintBar, &PaintBar::undoWanted, m_painter, &RecipePainter::undo);
  connect(m_painter, &RecipePainter::changed, this, [this] {
    m_painted = m_painter->sentence();
    refreshPaintBar();
  });
  auto* undo = new QAction(tr("Undo the last painting"), this);
  undo->setShortcut(QKeySequence::Undo);
  undo->setShortcutContext(Qt::WidgetWithChildrenShortcut);
  connect(undo, &QAction::triggered, m_painter, &RecipePainter::undo);
  addAction(undo);
  connect(m_dots, &ErrorDots::dotClicked, this, [this](int row) { select(row, -1); });
  connect(m_dots, &ErrorDots::dotActivated, this, [this](int row) { openTensor(row, -1); });
  connect(m_kept, &KeptTensors::tensorActivated, this, [this](std::size_t tensor) {
    selection().setTensor(tensor);
    selection().setWorkspace(QStringLiteral("inspect"));
  });
  followModel();
}

QWidget* LayersWorkspace::buildHeader() {
  auto* header = new QWidget;
  auto* row = new QHBoxLayout(header);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(space::kOne);
  row->addWidget(new Label(Label::Style::Title, tr("Layers")));
  row->addSpacing(space::kOne);
  m_summary->setObjectName(QStringLiteral("layers-summary"));
  m_summary->setElide(Qt::ElideRight);
  row->addWidget(m_summary, 1);
  const auto shading = [this](const QString& name, const QString& meaning, LayerShading value) {
    m_shading->addItem(name, static_cast<int>(value));
    m_shading->setItemData(m_shading->count() - 1, meaning, Qt::ToolTipRole);
  };
  shading(tr("Colours per scheme"), tr("From each scheme's smallest error to its largest"), LayerShading::PerScheme);
  shading(tr("Colours from median"), tr("Distance from the scheme's median"), LayerShading::FromMedian);
  shading(tr("Colours on one scale"), tr("One scale for all schemes"), LayerShading::Shared);
  m_shading->setAccessibleName(tr("What the colours mean"));
  m_shading->setObjectName(QStringLiteral("shading"));
  row->addWidget(m_shading);
  for (const Metric metric :
       {Metric::SqnrDb, Metric::RelativeError, Metric::Mse, Metric::Cosine, Metric::MaxAbsError}) {
    m_metric->addItem(tr("%1 of the weights").arg(metricTitle(metric)), static_cast<int>(metric));
  }
  m_metric->addItem(tr("Output error, measured on inputs"), static_cast<int>(Metric::OutputError));
  m_metric->setItemData(m_metric->count() - 1,
                        tr("How far the products with the inputs of the calibration text are off, against how large "
                           "the right ones are (roots of mean squares)"),
                        Qt::ToolTipRole);
  m_metric->setAccessibleName(tr("Metric"));
  m_metric->setObjectName(QStringLiteral("metric"));
  row->addWidget(m_metric);
  return header;
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
  card->header()->addWidget(m_maps->createMenuButton());
  card->body()->addWidget(m_mapScroll, 1);
  return card;
}

QWidget* LayersWorkspace::buildLists() {
  auto* card = new Card;
  card->setFlush(true);
  m_lists = new QTabWidget;
  m_lists->setObjectName(QStringLiteral("layer-lists"));
  m_lists->setDocumentMode(true);
  m_lists->setUsesScrollButtons(false);
  auto* sorted = new QWidget;
  auto* column = new QVBoxLayout(sorted);
  column->setContentsMargins(space::kOneHalf, space::kOne, space::kOne, 0);
  m_dotsTitle = new Label(Label::Style::Muted);
  m_dotsTitle->setElide(Qt::ElideRight);
  auto* line = new QHBoxLayout;
  line->addWidget(m_dotsTitle, 1);
  line->addWidget(m_dots->createMenuButton());
  column->addLayout(line);
  column->addWidget(m_dots, 1);
  m_lists->addTab(sorted, tr("Most sensitive first"));
  m_lists->addTab(m_kept, tr("Stays as stored"));
  card->body()->addWidget(m_lists, 1);
  return card;
}

Metric LayersWorkspace::metric() const { return static_cast<Metric>(m_metric->currentData().toInt()); }

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
  const bool isOutput = metric() == Metric::OutputError;
  if (isOutput && !recipes.empty() && !m_errors->tensors().empty())
    m_calibration->setAskers({{tr("The output error"), core::quant::CalibrationNeed::Hessian}});
  else
    m_calibration->setRecipes(recipes);
  m_errors->request(recipes, isOutput ? Measure::Outputs : Measure::Weights);
  refresh();
}

QString LayersWorkspace::provenance() const {
  const bool isOutput = metric() == Metric::OutputError;
  return isOutput ? tr("%1 · inputs of %2").arg(modelName(), calibrationName(selection().calibrationState()))
                  : modelName();
}

LayerContent LayersWorkspace::content() const { return {selection(), *m_errors, metric()}; }

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
  m_dots->setMessage(message);
  m_summary->setText(noMatrix || schemes.empty() ? QString() : summary());
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
  m_kept->show(selection().model().get(), scheme ? selection().planOf(*scheme) : nullptr);
  m_lists->setTabText(1, m_kept->topLevelItemCount() == 0
                             ? tr("Stays as stored")
                             : tr("Stays as stored (%1)").arg(m_kept->topLevelItemCount()));
  m_lists->setTabToolTip(1, m_kept->summary());
  m_lists->setMinimumWidth(m_lists->tabBar()->sizeHint().width());
}

QString LayersWorkspace::summary() const {
  QString text = tr("%1 matrices").arg(text::count(m_errors->tensors().size()));
  if (m_errors->isComputing()) text += tr(" · computing…");
  const auto compared = selection().comparedRecipe();
  const ModelErrors* const errors = compared && selection().isChecked(*compared) ? m_errors->find(*compared) : nullptr;
  m_summary->setToolTip({});
  if (errors != nullptr && !errors->note.empty()) {
    const QString note = QString::fromStdString(errors->note);
    text += QStringLiteral(" · ") + note;
    m_summary->setToolTip(tr("%1: %2. Where norms differ, weights may have been scaled between layers: then the errors "
                             "of weights say little, and those of outputs count.")
                              .arg(selection().title(*compared), note));
  }
  return text;
}

void LayersWorkspace::refreshMaps(const std::vector<core::model::Recipe>& schemes) {
  m_maps->setProvenance(provenance());
  m_maps->setContent(content().maps(schemes, static_cast<LayerShading>(m_shading->currentData().toInt())));
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
  LayerContent::Dots shown = scheme ? content().dots(*scheme) : LayerContent::Dots();
  if (!shown.message.isEmpty()) m_dots->setMessage(shown.message);
  const QString title = scheme ? selection().title(*scheme) : QString();
  m_dotsTitle->setText(shown.left.isEmpty() ? title : title + QStringLiteral(" · ") + shown.left);
  m_dots->setTitle(tr("Matrices sorted by error under %1").arg(title));
  m_dots->setProvenance(provenance());
  m_dots->setData(std::move(shown.dots), metric(), scheme ? selection().color(*scheme) : QColor());
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
  m_maps->setSelected(row, column == checked.end() ? -1 : static_cast<int>(column - checked.begin()));
  m_dots->setSelected(row);
  refreshPaintBar();
}

std::vector<std::size_t> LayersWorkspace::markedTensors() const {
  std::vector<std::size_t> tensors;
  for (const int row : m_maps->marked()) tensors.push_back(m_errors->tensors()[static_cast<std::size_t>(row)]);
  return tensors;
}

void LayersWorkspace::refreshPaintBar() {
  const std::vector<int> marked = m_maps->marked();
  const auto scheme = dotScheme();
  QString text;
  if (scheme && !marked.empty())
    text = tr("%1 in %2")
               .arg(marked.size() == 1 ? content().names()[marked.front()]
                                       : tr("%1 tensors").arg(text::count(marked.size())),
                    selection().title(*scheme));
  m_paintBar->showMarked(text, m_painted, m_painter->canUndo());
}

void LayersWorkspace::fillPaintMenu(QMenu* menu) {
  const auto tensors = markedTensors();
  if (tensors.empty() || !dotScheme()) return;
  // What painting is over is what the dots show.
  const auto over = [this] { selection().setCurrentRecipe(dotScheme()); };
  const bool edits = m_painter->editsCurrent();
  const QString what =
      tensors.size() == 1 ? tr("this tensor") : tr("these %1 tensors").arg(text::count(tensors.size()));
  menu->addSection(edits ? tr("In %1, give %2").arg(selection().title(*dotScheme()), what)
                         : tr("In a recipe over %1, give %2").arg(selection().title(*dotScheme()), what));
  for (const auto& recipe : selection().checkedRecipes()) {
    if (recipe.asScheme() == nullptr) continue;
    menu->addAction(selection().title(recipe), this, [this, over, tensors, scheme = *recipe.asScheme()] {
      over();
      m_painter->paint(tensors, scheme);
    });
  }
  menu->addSeparator();
  menu->addAction(tr("Keep as stored"), this, [this, over, tensors] {
    over();
    m_painter->paint(tensors, std::nullopt);
  });
  if (edits)
    menu->addAction(tr("As the rest of the recipe says"), this, [this, tensors] { m_painter->erase(tensors); });
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

QString LayersWorkspace::helpText() const {
  return tr(
      "Every matrix of the model's blocks, quantized under every checked scheme and compared with the stored weights: "
      "one map per scheme, blocks side by side, kinds of matrix below each other; over it mean and worst of the "
      "matrices, and what the whole model would weigh. "
      "Colours run from the scheme's smallest error to its largest, or show the distance from its median, or are one "
      "scale for all schemes. The dots sort the current scheme's matrices with the most sensitive on top. A cross "
      "marks a matrix with values that are no numbers. Below the blocks stand embedding and output, which schemes keep "
      "and recipes may change. All but the last metric are errors of the weights alone, a "
      "proxy for what the answers will be like; the output error is measured on the inputs that the calibration text "
      "gives every matrix. Click a cell (or use the arrow keys, Page Up and Page Down for the scheme) to select tensor "
      "and "
      "scheme for all workspaces; a double click or Enter opens it in Inspect. Drag over a map to mark "
      "tensors, Ctrl adds, Shift goes from where the last one was; with the keyboard Shift and the arrows, Ctrl with "
      "the "
      "arrows and Space, Ctrl+A. “Paint…” or the context menu gives what is marked a scheme of its own: that "
      "makes "
      "a recipe over the scheme whose map it was, or edits it, which is ticked, sized, run and exported like any "
      "other. "
      "A coloured corner with a letter marks what a recipe gives another scheme than most. Ctrl+Z undoes. Ctrl+wheel "
      "zooms into the blocks, Shift+wheel or the middle button moves them, the context menu exports. “Stays as stored” "
      "lists what the current scheme or recipe leaves alone, and why.");
}

void LayersWorkspace::saveState(QSettings& settings) const {
  settings.setValue(QStringLiteral("metric"), m_metric->currentIndex());
  settings.setValue(QStringLiteral("shading"), m_shading->currentIndex());
  settings.setValue(QStringLiteral("splitter"), m_splitter->saveState());
}

void LayersWorkspace::restoreState(QSettings& settings) {
  m_metric->setCurrentIndex(std::clamp(settings.value(QStringLiteral("metric"), 0).toInt(), 0, m_metric->count() - 1));
  m_shading->setCurrentIndex(
      std::clamp(settings.value(QStringLiteral("shading"), 0).toInt(), 0, m_shading->count() - 1));
  m_splitter->restoreState(settings.value(QStringLiteral("splitter")).toByteArray());
}

}  // namespace app
