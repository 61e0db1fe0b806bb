#include "app/workspaces/inspect/inspect_workspace.h"

#include <QSettings>
#include <QSplitter>
#include <QVBoxLayout>

#include "app/calibration/calibration_notice.h"
#include "app/widgets/card.h"
#include "app/widgets/theme.h"
#include "app/workspaces/inspect/histogram_card.h"
#include "app/workspaces/inspect/matrix_card.h"
#include "app/workspaces/inspect/tensor_browser.h"
#include "app/workspaces/inspect/tensor_facts.h"

namespace app {

namespace {
constexpr int kBrowserWidth = 330, kPageWidth = 700, kHistogramHeight = 450, kTabsHeight = 300;
}

InspectWorkspace::InspectWorkspace(const WorkspaceContext& context, QWidget* parent)
    : Workspace(context, parent),
      m_facts(new TensorFacts(selection(), jobs(), this)),
      m_browser(new TensorBrowser(selection(), *m_facts)),
      m_histogram(new HistogramCard(selection(), jobs(), *m_facts)),
      m_matrix(new MatrixCard(selection(), jobs(), *m_facts)),
      m_calibration(new CalibrationNotice(selection(), calibrator())) {
  auto* row = new QVBoxLayout(this);
  row->setContentsMargins(space::kTwo, space::kTwo, space::kTwo, space::kTwo);
  row->setSpacing(space::kOneHalf);
  row->addWidget(m_calibration);
  auto* splitter = new QSplitter;
  splitter->setObjectName(QStringLiteral("inspect-columns"));
  splitter->setHandleWidth(space::kOneHalf);
  splitter->setChildrenCollapsible(false);
  auto* browserCard = new Card;
  browserCard->body()->addWidget(m_browser);
  splitter->addWidget(browserCard);
  m_page = buildTensorPage();
  splitter->addWidget(m_page);
  splitter->setStretchFactor(0, 2);
  splitter->setStretchFactor(1, 5);
  splitter->setSizes({kBrowserWidth, kPageWidth});
  browserCard->setMinimumWidth(280);
  row->addWidget(splitter, 1);
  connect(m_browser, &TensorBrowser::wideToggled, this, &InspectWorkspace::setWide);
  connect(m_browser, &TensorBrowser::tensorActivated, this, [this] { m_browser->setWide(false); });
  connect(m_histogram, &HistogramCard::weightActivated, this, &InspectWorkspace::openInBits);
  connect(m_matrix, &MatrixCard::weightActivated, this, &InspectWorkspace::openInBits);
  connect(&selection(), &Selection::schemesChanged, this, &InspectWorkspace::followSchemes);
  connect(&selection(), &Selection::currentSchemeChanged, this, &InspectWorkspace::followSchemes);
  connect(&selection(), &Selection::modelChanged, this, &InspectWorkspace::followSchemes);
  connect(m_matrix, &MatrixCard::calibrationNeeded, this, [this](core::quant::CalibrationNeed need) {
    m_outlierNeed = need;
    followSchemes();
  });
  followSchemes();
}

// Levels of the checked ones, the weight and what is laid over of the current one.
void InspectWorkspace::followSchemes() {
  auto recipes = selection().checkedRecipes();
  if (selection().currentRecipe()) recipes.push_back(*selection().currentRecipe());
  std::vector<CalibrationNotice::Asker> askers;
  for (const auto& recipe : recipes) askers.push_back({selection().title(recipe), selection().needOf(recipe)});
  askers.push_back({tr("LLM.int8()'s outlier columns"), m_outlierNeed});
  m_calibration->setAskers(std::move(askers));
}

QWidget* InspectWorkspace::buildTensorPage() {
  auto* splitter = new QSplitter(Qt::Vertical);
  splitter->setObjectName(QStringLiteral("inspect-rows"));
  splitter->setHandleWidth(space::kOneHalf);
  splitter->setChildrenCollapsible(false);
  splitter->addWidget(m_histogram);
  splitter->addWidget(m_matrix);
  splitter->setStretchFactor(0, 1);
  splitter->setStretchFactor(1, 1);
  splitter->setSizes({kHistogramHeight, kTabsHeight});
  return splitter;
}

void InspectWorkspace::setWide(bool wide) { m_page->setVisible(!wide); }

void InspectWorkspace::setActive(bool active) {
  m_facts->setActive(active);
  m_histogram->setActive(active);
  m_matrix->setActive(active);
}

void InspectWorkspace::openInBits(quint64 flatIndex) {
  if (selection().tensor()) selection().goTo(QStringLiteral("bits"), *selection().tensor(), flatIndex);
}

void InspectWorkspace::showExample() {
  if (!selection().weight() && selection().tensorInfo() != nullptr) selection().setWeight(3);
}

QString InspectWorkspace::helpText() const {
  return tr(
      "Left: every tensor, as a tree and as a table that sorts and filters; the table can take the whole width. Right: "
      "the weights of the selected tensor. Dashed lines stand at six standard deviations, crosses mark bins of "
      "outliers "
      "beyond them. The rows below the axis are all levels each checked scheme has for the block of the selected "
      "weight, which is named at the right; the dequantized weights or a compared model can be laid over. Click a bar, "
      "a pixel of the map or a value to see one weight and what the current scheme makes of it; a double click opens "
      "it "
      "in Bits. The wheel zooms, dragging pans, 0 resets. With LLM.int8() ticked, "
      "triangles mark the columns whose inputs reach its threshold in the calibration text; the button with the arrow "
      "exports and copies.");
}

void InspectWorkspace::saveState(QSettings& settings) const {
  settings.setValue(QStringLiteral("logCounts"), m_histogram->isLogarithmic());
  settings.setValue(QStringLiteral("tab"), m_matrix->tab());
}

void InspectWorkspace::restoreState(QSettings& settings) {
  m_histogram->setLogarithmic(settings.value(QStringLiteral("logCounts"), false).toBool());
  m_matrix->setTab(settings.value(QStringLiteral("tab"), 0).toInt());
}

}  // namespace app
