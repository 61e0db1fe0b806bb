#include "app/workspaces/bits/bits_workspace.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QScrollArea>
#include <QSettings>
#include <QShortcut>
#include <QSplitter>
#include <QStackedWidget>
#include <QVBoxLayout>

#include "app/selection/selection_link.h"
#include "app/widgets/card.h"
#include "app/widgets/theme.h"
#include "app/workspaces/bits/arithmetic_view.h"
#include "app/workspaces/bits/bit_table.h"
#include "app/workspaces/bits/bits_link.h"
#include "app/workspaces/bits/bits_settings.h"
#include "app/workspaces/bits/block_link.h"
#include "app/workspaces/bits/block_page.h"
#include "app/workspaces/bits/block_source.h"
#include "app/workspaces/bits/chain_view.h"
#include "app/workspaces/bits/format_details.h"
#include "app/workspaces/bits/input_bar.h"
#include "app/workspaces/bits/lens.h"
#include "app/workspaces/bits/line_panel.h"
#include "app/workspaces/bits/range_panel.h"
#include "app/workspaces/bits/rounding_view.h"
#include "app/workspaces/bits/tensor_panel.h"
#include "app/workspaces/bits/weight_picker.h"

namespace app {
namespace {

/// From this width on the details stand beside the table instead of in a tab below it.
constexpr int kSideBySideWidth = 1220, kDetailsWidth = 400;

/// What a page can shrink to, whatever the sum of its parts asks for: tables and pictures scroll or elide.
void keepSmall(QWidget& page) {
  const auto apply = [&page] { page.setMinimumSize(Theme::instance().px(612), Theme::instance().px(420)); };
  apply();
  QObject::connect(&Theme::instance(), &Theme::changed, &page, apply);
}

}  // namespace

BitsWorkspace::BitsWorkspace(const WorkspaceContext& context, QWidget* parent)
    : Workspace(context, parent),
      m_block(m_state.undoStack()),
      m_weights(new WeightPicker(selection(), jobs(), m_state, this)),
      m_blocks(new BlockSource(selection(), jobs(), m_block, this)),
      m_bar(new PageBar(m_state)),
      m_input(new InputBar(m_state, *m_weights)),
      m_pages(new QStackedWidget),
      m_side(new Card),
      m_details(new FormatDetails(m_state)),
      m_rounding(new RoundingView(m_state)),
      m_line(new LinePanel(m_state)),
      m_tensor(new TensorPanel(selection(), jobs(), m_state)),
      m_lens(new Lens),
      m_across(new QSplitter(Qt::Horizontal)),
      m_down(new QSplitter(Qt::Vertical)) {
  auto* page = new QVBoxLayout(this);
  page->setContentsMargins(space::kTwo, space::kHalf, space::kTwo, space::kTwo);
  page->setSpacing(space::kOne);
  page->addWidget(m_bar);
  page->addWidget(m_pages, 1);
  m_pages->addWidget(buildNumberPage());
  auto* blocks = new BlockPage(m_block, *m_blocks);
  connect(blocks, &BlockPage::valueWanted, this, [this](double value) {
    static_cast<void>(m_state.setText(shortText(value)));
    setPage(PageBar::Page::Number);
  });
  keepSmall(*blocks);
  m_pages->addWidget(blocks);
  buildLens();  // at last: what moves to another parent is styled anew, with everything in it
  connectAll();
  refreshModel();
}

QWidget* BitsWorkspace::buildNumberPage() {
  auto* page = new QWidget;
  auto* layout = new QVBoxLayout(page);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(space::kOneHalf);
  layout->addWidget(m_input);
  m_side->hide();
  for (QSplitter* splitter : {m_across, m_down}) {
    splitter->setHandleWidth(space::kOneHalf);
    splitter->setChildrenCollapsible(false);
    connect(splitter, &QSplitter::splitterMoved, this, [this] { m_splitterMoved = true; });
  }
  m_across->addWidget(buildTable());
  m_across->addWidget(m_side);
  m_across->setStretchFactor(0, 1);
  m_down->addWidget(m_across);
  m_down->addWidget(m_lens);
  m_down->setStretchFactor(0, 1);
  layout->addWidget(m_down, 1);
  keepSmall(*page);
  return page;
}

QWidget* BitsWorkspace::buildTable() {
  auto* card = new Card;
  card->body()->setContentsMargins(space::kOne, space::kHalf, space::kOne, space::kHalf);
  auto* scroll = new QScrollArea;
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->viewport()->setAutoFillBackground(false);
  auto* table = new BitTable(m_state);
  scroll->setWidget(table);
  table->setAutoFillBackground(false);
  card->body()->addWidget(scroll);
  // The charts' own failures are said by the window, as those of all charts.
  connect(table, &BitTable::exportFailed, m_input, &InputBar::showProblem);
  return card;
}

void BitsWorkspace::buildLens() {
  m_lens->add(LensTab::Value, m_details, tr("Value"), tr("Everything about what the selected format stores"), 150,
              Lens::Page::Scrolls);
  m_lens->add(LensTab::Rounding, m_rounding, tr("Rounding"), tr("Why it stores this, and what other modes would"), 212,
              Lens::Page::Scrolls);
  m_lens->add(LensTab::Line, m_line, tr("Number line"),
              tr("The format's values, from its whole range to a single unit"), 170);
  m_lens->add(LensTab::Chain, new ChainView(m_state), tr("Conversions"),
              tr("From format to format: the error of every step, double rounding"), 180, Lens::Page::Scrolls);
  m_lens->add(LensTab::Arithmetic, new ArithmeticView(m_state), tr("Steps"),
              tr("The arithmetic that was typed, as the formats compute it"), 240);
  m_lens->setHas(LensTab::Arithmetic, false);
  m_lens->add(LensTab::Range, new RangePanel(m_state), tr("Range and precision"),
              tr("All formats over their range: significant bits, or values per power of two"), 300);
  m_lens->add(LensTab::Tensor, m_tensor, tr("This tensor"),
              tr("How much of the selected tensor every format keeps, rounds, turns into zero or clips"), 300);
}

void BitsWorkspace::connectAll() {
  const auto rearrange = [this] { arrange(); };
  connect(&m_state, &BitsState::changed, this, [this] {
    const bool arithmetic = m_state.number().isArithmetic();
    if (arithmetic == m_lens->has(LensTab::Arithmetic)) return;
    m_lens->setHas(LensTab::Arithmetic, arithmetic);
    if (arithmetic) m_lens->setTab(LensTab::Arithmetic);
  });
  connect(&m_state, &BitsState::changed, this, rearrange);  // another value or format may need more lines
  connect(&m_state, &BitsState::selectedRowChanged, this, rearrange);
  connect(m_lens, &Lens::tabChanged, this, rearrange);
  connect(m_lens, &Lens::tabChanged, this, &BitsWorkspace::activateSources);
  connect(m_bar, &PageBar::pageChanged, this, [this] {
    m_pages->setCurrentIndex(m_bar->page() == PageBar::Page::Block ? 1 : 0);
    activateSources();
  });
  connect(m_weights, &WeightPicker::noteChanged, m_details, &FormatDetails::setSchemeNote);
  connect(m_input, &InputBar::linkWanted, this, [this] { QGuiApplication::clipboard()->setText(link().toString()); });
  QUndoStack& stack = m_state.undoStack();
  connect(new QShortcut(QKeySequence::Undo, this), &QShortcut::activated, &stack, &QUndoStack::undo);
  connect(new QShortcut(QKeySequence::Redo, this), &QShortcut::activated, &stack, &QUndoStack::redo);
  connect(&selection(), &Selection::modelChanged, this, &BitsWorkspace::refreshModel);
  connect(&selection(), &Selection::tensorChanged, this, &BitsWorkspace::refreshModel);
}

void BitsWorkspace::setActive(bool active) {
  m_active = active;
  activateSources();
}

void BitsWorkspace::activateSources() {
  const bool block = m_bar->page() == PageBar::Page::Block;
  m_weights->setActive(m_active && !block);
  m_blocks->setActive(m_active && block);
  m_tensor->setActive(m_active && !block && m_lens->tab() == LensTab::Tensor);
}

void BitsWorkspace::setPage(PageBar::Page page) { m_bar->setPage(page); }

QString BitsWorkspace::helpText() const {
  return tr(
      "Type a number (0.1, 1/3, 0.1+0.2, 1/0, 0x1.8p3), or 0x… and 0b… for the bits of the selected format; take an "
      "example or a weight of the model. Every row shows what a format makes of it; Formats chooses the rows and makes "
      "formats of your own, Range gives integers and code books their scale, or takes scale and zero-point as you type "
      "them, and the box beside it the rounding. Click a bit to flip it, drag to paint. With the keyboard: Left and "
      "Right move over the bits, Space flips, Up and Down go to the next and previous value, with Shift to the next "
      "exponent, Page Up and Page Down to another format; Ctrl+Z goes back. Below the table, in tabs: everything about "
      "the value, why it was rounded this way and what other modes give, the number line (linear, or with the same "
      "room "
      "for every value: S), conversions one after the other, range and precision of all formats, and what each would "
      "make of the selected tensor. The Block tab shows how schemes store weights, byte by byte. The context menus "
      "copy "
      "and export.");
}

void BitsWorkspace::showExample() {
  if (!m_state.undoStack().isClean() || !m_state.input().origin.isEmpty()) return;  // there is something already
  m_state.selectRow(m_state.rowOf(core::numeric::numberFormat(core::numeric::FormatId::Bf16)));
  m_weights->takeLargest(WeightPicker::Beside::Neighbour);
}

QString BitsWorkspace::openLink(const Link& link) {
  LinkedView view;
  if (link.path.isEmpty() && link.query.isEmpty()) return {};
  if (link.path.isEmpty() && !link.has(QStringLiteral("text")) && !link.has(QStringLiteral("view")))
    return Workspace::openLink(link);
  const bool block = isBlockLink(link);
  const QString unknown = unknownKey(link, block ? QStringList{QStringLiteral("values")} : numberKeys(link));
  if (!unknown.isEmpty()) return tr("Bits knows no \"%1\" in a link.").arg(unknown);
  const QString problem = block ? openBlockLink(link, m_block, *m_blocks) : openNumberLink(link, m_state, view);
  if (!problem.isEmpty()) return problem;
  setPage(block ? PageBar::Page::Block : PageBar::Page::Number);
  if (view.tab) m_lens->setTab(*view.tab);
  if (view.tab == LensTab::Line) m_line->setSpacing(view.spacing);
  return {};
}

Link BitsWorkspace::link() const {
  return m_bar->page() == PageBar::Page::Block ? blockLink(m_block, *m_blocks)
                                               : numberLink(m_state, {m_lens->tab(), m_line->spacing()});
}

void BitsWorkspace::refreshModel() {
  m_input->setModel(selection().model() != nullptr, selection().tensor().has_value());
}

void BitsWorkspace::resizeEvent(QResizeEvent* event) {
  Workspace::resizeEvent(event);
  arrange();
}

void BitsWorkspace::arrange() {
  const bool side = width() >= Theme::instance().px(kSideBySideWidth);
  if (side == m_lens->has(LensTab::Value)) {
    m_lens->setHas(LensTab::Value, !side);
    if (side) m_side->body()->addWidget(m_details);
    m_details->setVisible(true);
    m_side->setVisible(side);
  }
  m_details->setNarrow(side);
  m_lens->setMinimumHeight(1);  // labels that wrap ask for more than they need at this width
  if (m_splitterMoved) return;
  const int details = Theme::instance().px(kDetailsWidth);
  if (side) m_across->setSizes({std::max(1, m_across->width() - details - m_across->handleWidth()), details});
  // The lens gets what the shown tab needs, the table the rest.
  const int lens = std::min(m_lens->preferredHeight(), m_down->height() * 3 / 5);
  m_down->setSizes({std::max(1, m_down->height() - lens - m_down->handleWidth()), lens});
}

void BitsWorkspace::saveState(QSettings& settings) const {
  saveSetup(m_state, settings);
  settings.setValue(QStringLiteral("view"), lensName(m_lens->tab()));
  settings.setValue(QStringLiteral("spacing"), nameOf(m_line->spacing()));
}

void BitsWorkspace::restoreState(QSettings& settings) {
  restoreSetup(m_state, settings);
  m_lens->setTab(settings.value(QStringLiteral("view")).toString());
  m_line->setSpacing(findSpacing(settings.value(QStringLiteral("spacing")).toString()).value_or(Spacing::Linear));
}

}  // namespace app
