#include "app/workspaces/bits/page_bar.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QPushButton>
#include <QRandomGenerator>
#include <QTabBar>
#include <QToolButton>

#include "app/selection/bits_state.h"
#include "app/widgets/icon.h"
#include "app/widgets/theme.h"
#include "app/workspaces/bits/format_editor.h"
#include "app/workspaces/bits/format_menu.h"
#include "app/workspaces/bits/range_editor.h"
#include "app/workspaces/bits/rounding_text.h"

namespace app {

PageBar::PageBar(BitsState& state, QWidget* parent)
    : QWidget(parent),
      m_state(state),
      m_pages(new QTabBar),
      m_numberTools(new QWidget),
      m_formats(new QPushButton(tr("Formats"))),
      m_range(new QPushButton),
      m_rounding(new QComboBox),
      m_roll(new QToolButton),
      m_formatEditor(new FormatEditor(state, this)),
      m_rangeEditor(new RangeEditor(state, this)) {
  m_pages->addTab(tr("Number"));
  m_pages->addTab(tr("Block"));
  m_pages->setUsesScrollButtons(false);  // so that their names have room, whatever stands beside them
  m_pages->setElideMode(Qt::ElideNone);
  m_pages->setAccessibleName(tr("What is looked at"));
  m_pages->setObjectName(QStringLiteral("bits-page"));
  m_pages->setTabToolTip(0, tr("One number in every format"));
  m_pages->setTabToolTip(1, tr("A block of weights as a scheme stores it, byte by byte"));
  auto* layout = new QHBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(m_pages);
  layout->addStretch(1);
  buildNumberTools();
  layout->addWidget(m_numberTools);
  connect(m_pages, &QTabBar::currentChanged, this, [this] {
    m_numberTools->setVisible(page() == Page::Number);
    Q_EMIT pageChanged();
  });
  connect(&state, &BitsState::changed, this, &PageBar::refresh);
  connect(&state, &BitsState::selectedRowChanged, this, &PageBar::refresh);
  refresh();
}

void PageBar::buildNumberTools() {
  auto* row = new QHBoxLayout(m_numberTools);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(space::kOne);
  auto* menu = new FormatMenu(m_state, m_formats);
  connect(menu, &FormatMenu::customWanted, this, [this] { m_formatEditor->openUnder(*m_formats); });
  m_formats->setMenu(menu);
  m_formats->setProperty("kind", QStringLiteral("menu"));
  m_formats->setToolTip(tr("Which formats have a row; make one of your own"));
  m_formats->setObjectName(QStringLiteral("bits-formats"));
  m_range->setToolTip(tr("The range that NF4, FP4 and integers are scaled to; scale and zero-point"));
  m_range->setObjectName(QStringLiteral("bits-range"));
  connect(m_range, &QPushButton::clicked, this, [this] { m_rangeEditor->openUnder(*m_range); });
  for (const core::numeric::Rounding mode : kRoundings) m_rounding->addItem(roundingName(mode), static_cast<int>(mode));
  m_rounding->setAccessibleName(tr("Rounding"));
  m_rounding->setObjectName(QStringLiteral("bits-rounding"));
  connect(m_rounding, &QComboBox::currentIndexChanged, this, [this](int index) {
    m_state.setRounding(static_cast<core::numeric::Rounding>(m_rounding->itemData(index).toInt()));
  });
  m_roll->setText(tr("Roll"));
  m_roll->setIcon(icon(QStringLiteral("refresh")));
  m_roll->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
  m_roll->setToolTip(tr("Draw again: stochastic rounding goes up or down by chance"));
  m_roll->setObjectName(QStringLiteral("bits-roll"));
  connect(m_roll, &QToolButton::clicked, this, &PageBar::roll);
  for (QWidget* widget : std::initializer_list<QWidget*>{m_formats, m_range, m_rounding, m_roll})
    row->addWidget(widget);
}

PageBar::Page PageBar::page() const { return m_pages->currentIndex() == 1 ? Page::Block : Page::Number; }
void PageBar::setPage(Page page) { m_pages->setCurrentIndex(page == Page::Block ? 1 : 0); }

void PageBar::roll() {
  m_state.setRule({core::numeric::Rounding::Stochastic, QRandomGenerator::global()->generateDouble()});
}

void PageBar::refresh() {
  m_range->setText(rangeText(m_state));
  const QSignalBlocker quiet(m_rounding);
  m_rounding->setCurrentIndex(m_rounding->findData(static_cast<int>(m_state.rounding())));
  m_roll->setVisible(m_state.rounding() == core::numeric::Rounding::Stochastic);
}

}  // namespace app
