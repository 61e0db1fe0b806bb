#include "app/workspaces/quantize/quantize_workspace.h"

#include <QShortcut>
#include <QSplitter>
#include <QTabWidget>
#include <QVBoxLayout>

#include "app/calibration/calibration_notice.h"
#include "app/widgets/card.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "app/workspaces/quantize/block_card.h"
#include "app/workspaces/quantize/bytes_page.h"
#include "app/workspaces/quantize/clip_page.h"
#include "app/workspaces/quantize/columns_page.h"
#include "app/workspaces/quantize/curves_page.h"
#include "app/workspaces/quantize/inputs_page.h"
#include "app/workspaces/quantize/lab_link.h"
#include "app/workspaces/quantize/lab_state.h"
#include "app/workspaces/quantize/rivals_page.h"
#include "app/workspaces/quantize/scheme_builder.h"
#include "app/workspaces/quantize/sharing_page.h"
#include "app/workspaces/quantize/source_bar.h"
#include "app/workspaces/quantize/steps_page.h"

namespace app {
namespace {

constexpr int kBlockHeight = 200, kTabsHeight = 360;
const char* const kIdProperty = "lab-tab";

/// Paints no base under its tabs.
class PlainTabs final : public QTabWidget {
 protected:
  void paintEvent(QPaintEvent*) override {}
};

}  // namespace

QuantizeWorkspace::QuantizeWorkspace(const WorkspaceContext& context, QWidget* parent)
    : Workspace(context, parent),
      m_state(new LabState(selection(), jobs(), this)),
      m_problem(new Label(Label::Style::Error)),
      m_calibration(new CalibrationNotice(selection(), calibrator())),
      m_tabs(new PlainTabs),
      m_steps(new StepsPage(*m_state)),
      m_clip(new ClipPage(*m_state)) {
  auto* page = new QVBoxLayout(this);
  page->setContentsMargins(space::kTwo, space::kOneHalf, space::kTwo, space::kOneHalf);
  page->setSpacing(space::kOneHalf);
  page->addWidget(buildHead());
  page->addWidget(m_calibration);
  auto* block = new BlockCard(*m_state);
  connect(block, &BlockCard::weightActivated, this, &QuantizeWorkspace::openInBits);
  auto* splitter = new QSplitter(Qt::Vertical);
  splitter->setObjectName(QStringLiteral("quantize-rows"));
  splitter->setHandleWidth(space::kOneHalf);
  splitter->setChildrenCollapsible(false);
  splitter->addWidget(block);
  splitter->addWidget(buildTabs());
  splitter->setStretchFactor(0, 1);
  splitter->setStretchFactor(1, 2);
  splitter->setSizes({kBlockHeight, kTabsHeight});
  page->addWidget(splitter, 1);
  QUndoStack& stack = m_state->undoStack();
  connect(new QShortcut(QKeySequence::Undo, this), &QShortcut::activated, &stack, &QUndoStack::undo);
  connect(new QShortcut(QKeySequence::Redo, this), &QShortcut::activated, &stack, &QUndoStack::redo);
  connect(m_state, &LabState::inputChanged, this, &QuantizeWorkspace::followScheme);
  followScheme();
}

// Only weights of the model have inputs that a text could show; the tab that shows them waits for it as well.
void QuantizeWorkspace::followScheme() {
  std::vector<CalibrationNotice::Asker> askers;
  if (m_state->input().source == WeightSource::Tensor) {
    const core::model::Recipe recipe(m_state->input().scheme);
    askers.push_back({selection().title(recipe), selection().needOf(recipe)});
    if (m_active && tab() == QLatin1String("inputs"))
      askers.push_back({tr("The tab Inputs"), core::quant::CalibrationNeed::Columns});
  }
  m_calibration->setAskers(std::move(askers));
}

QWidget* QuantizeWorkspace::buildHead() {
  auto* card = new Card;
  card->body()->setContentsMargins(space::kTwo, space::kOne, space::kTwo, space::kOne);
  card->body()->setSpacing(space::kOne);
  auto* source = new SourceBar(*m_state, selection());
  auto* builder = new SchemeBuilder(*m_state, selection());
  card->body()->addWidget(source);
  card->body()->addWidget(builder);
  m_problem->setWrapping();
  m_problem->setObjectName(QStringLiteral("lab-problem"));
  m_problem->hide();
  card->body()->addWidget(m_problem);
  connect(source, &SourceBar::problemFound, this, &QuantizeWorkspace::say);
  connect(builder, &SchemeBuilder::problemFound, this, &QuantizeWorkspace::say);
  return card;
}

QWidget* QuantizeWorkspace::buildTabs() {
  auto* card = new Card;
  card->body()->setContentsMargins(space::kTwo, space::kHalf, space::kTwo, space::kOne);
  m_tabs->setDocumentMode(true);
  m_tabs->setAccessibleName(tr("Ways to look at the block"));
  m_tabs->setObjectName(QStringLiteral("lab-tabs"));
  addPage(m_steps, tr("Steps"), QStringLiteral("steps"));
  addPage(new ColumnsPage(*m_state), tr("Columns"), QStringLiteral("columns"));
  addPage(new InputsPage(*m_state), tr("Inputs"), QStringLiteral("inputs"));
  addPage(new BytesPage(*m_state), tr("Bytes and size"), QStringLiteral("bytes"));
  addPage(new CurvesPage(*m_state), tr("Staircase"), QStringLiteral("curves"));
  addPage(m_clip, tr("Clip"), QStringLiteral("clip"));
  addPage(new SharingPage(*m_state), tr("Group size"), QStringLiteral("sharing"));
  addPage(new RivalsPage(*m_state), tr("Side by side"), QStringLiteral("rivals"));
  connect(m_tabs, &QTabWidget::currentChanged, this, &QuantizeWorkspace::frontChanged);
  card->body()->addWidget(m_tabs);
  auto* none = new Label(Label::Style::Muted, tr("Steps, bytes and curves are here as soon as there is a block."));
  none->setAlignment(Qt::AlignCenter);
  card->body()->addWidget(none);
  const auto refresh = [this, none] {
    m_tabs->setVisible(m_state->problem().isEmpty());
    none->setVisible(!m_state->problem().isEmpty());
  };
  connect(m_state, &LabState::blockChanged, none, refresh);
  refresh();
  return card;
}

void QuantizeWorkspace::addPage(LabPage* page, const QString& title, const QString& id) {
  page->setProperty(kIdProperty, id);
  m_tabs->addTab(page, title);
}

// A page that nobody sees computes nothing and asks for no room.
void QuantizeWorkspace::frontChanged() {
  for (int i = 0; i < m_tabs->count(); ++i) {
    const bool isFront = i == m_tabs->currentIndex();
    const auto policy = isFront ? QSizePolicy::Preferred : QSizePolicy::Ignored;
    m_tabs->widget(i)->setSizePolicy(policy, policy);
    if (!isFront) static_cast<LabPage*>(m_tabs->widget(i))->setShown(false);
  }
  static_cast<LabPage*>(m_tabs->currentWidget())->setShown(m_active);
  followScheme();
}

void QuantizeWorkspace::setActive(bool active) {
  m_active = active;
  m_state->setActive(active);
  frontChanged();
}

void QuantizeWorkspace::say(const QString& sentence) {
  m_problem->setText(sentence);
  m_problem->setVisible(!sentence.isEmpty());
}

QString QuantizeWorkspace::tab() const { return m_tabs->currentWidget()->property(kIdProperty).toString(); }

int QuantizeWorkspace::indexOf(const QString& tab) const {
  for (int i = 0; i < m_tabs->count(); ++i)
    if (m_tabs->widget(i)->property(kIdProperty) == tab) return i;
  return -1;
}

void QuantizeWorkspace::openInBits(quint64 flatIndex) {
  if (m_state->input().source == WeightSource::Tensor && m_state->edits().count(flatIndex) == 0)
    return selection().goTo(QStringLiteral("bits"), *selection().tensor(), flatIndex);
  const LabBlock& block = m_state->block();
  std::size_t shown = 0;
  while (shown + 1 < block.values.size() && block.flatIndex(shown) != flatIndex) ++shown;
  Link link{QStringLiteral("bits"), {QStringLiteral("fp32")}, {}};
  link.set(QStringLiteral("text"), weightsText({block.values[shown]}));
  Q_EMIT linkFollowed(link);
}

void QuantizeWorkspace::showExample() {
  if (selection().tensorInfo() != nullptr && !selection().weight()) selection().setWeight(3);
}

QString QuantizeWorkspace::helpText() const {
  return tr(
      "Above: which weights (the block around the selected weight of the model, drawn ones, or your own) and the "
      "scheme, as text and as controls. The block: each bar is a weight, each mark what is stored in its place. Take "
      "a bar with the mouse and move it, or choose one with the left and right arrows and move it with up and down "
      "(Shift: "
      "farther); make one an outlier and watch what it does to the others. A double click shows a weight in Bits. "
      "Steps: left and right go from the range to the error, with the formula and its numbers for the chosen weight; "
      "F2 types a weight. Columns: the row under a method that looks at columns, one after the other with left and "
      "right or a click in a picture: what GPTQ pushes from each into the next ones and what the output has lost by "
      "then, which channels AWQ protects and what SmoothQuant divides inputs by, where HQQ moved the zero-points. "
      "Inputs: what enters the layer, the ranges of static and dynamic codes on a text they have not seen, and which "
      "tokens they clip. Bytes and "
      "size: what is stored, bit by bit, and what it costs. Staircase: what every number "
      "becomes. Clip: why the largest weight is not always the best end of the range, for the block, its row or all "
      "weights, and which scheme says so. Group size: error against size. Side by side: all formats of the same width "
      "on the same weights. Ctrl+Z takes back any change.");
}

}  // namespace app
