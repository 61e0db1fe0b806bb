#include "app/workspaces/inspect/inspect_workspace.h"

#include <QHBoxLayout>
#include <QSettings>
#include <QSplitter>

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
      m_matrix(new MatrixCard(selection(), jobs(), *m_facts)) {
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(space::kTwo, space::kTwo, space::kTwo, space::kTwo);
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
  row->addWidget(splitter);
  connect(m_browser, &TensorBrowser::wideToggled, this, &InspectWorkspace::setWide);
  connect(m_browser, &TensorBrowser::tensorActivated, this, [this] { m_browser->setWide(false); });
  connect(m_histogram, &HistogramCard::weightActivated, this, &InspectWorkspace::openInBits);
  connect(m_matrix, &MatrixCard::weightActivated, this, &InspectWorkspace::openInBits);
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
      "in Bits. The wheel zooms, dragging pans, 0 resets; the button with the arrow exports and copies.");
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
