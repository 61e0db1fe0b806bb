#include "app/workspaces/bits/chain_view.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QMenu>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

#include "app/selection/bits_state.h"
#include "app/text/numbers.h"
#include "app/widgets/icon.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "app/workspaces/bits/bit_rows.h"
#include "app/workspaces/bits/chain_text.h"
#include "app/workspaces/bits/rounding_text.h"

namespace app {
namespace {

constexpr std::size_t kMostStops = 8;
const char* const kIndex = "chain-index";

QString stopText(BitsState& state, const ChainStop& stop) {
  const QString title = titleOf(*state.format(stop.format));
  if (stop.rounding == core::numeric::Rounding::NearestEven) return title;
  return title + QStringLiteral(" · ") + roundingName(stop.rounding).section(u',', 0, 0).toLower();
}

}  // namespace

ChainView::ChainView(BitsState& state, QWidget* parent)
    : QWidget(parent),
      m_state(state),
      m_buttons(new QHBoxLayout),
      m_rows(new BitRows),
      m_verdict(new Label(Label::Style::Body)) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, space::kHalf, 0, 0);
  layout->setSpacing(space::kOne);
  m_buttons->setSpacing(space::kHalf);
  layout->addLayout(m_buttons);
  m_rows->setObjectName(QStringLiteral("chain-bits"));
  m_rows->setAccessibleName(tr("The number after every conversion"));
  layout->addWidget(m_rows);
  m_verdict->setWrapping();
  m_verdict->setObjectName(QStringLiteral("chain-verdict"));
  layout->addWidget(m_verdict);
  layout->addStretch(1);
  connect(&state, &BitsState::chainChanged, this, &ChainView::rebuildButtons);
  connect(&state, &BitsState::changed, this, &ChainView::refresh);
  rebuildButtons();
  refresh();
}

void ChainView::rebuildButtons() {
  const QWidget* focused = focusWidget();
  const int focus = focused != nullptr && focused->hasFocus() ? focused->property(kIndex).toInt() : -1;
  while (QLayoutItem* item = m_buttons->takeAt(0)) {
    // One of them may be the sender: it goes later, but is neither seen nor found any more.
    if (QWidget* gone = item->widget()) {
      gone->hide();
      gone->setParent(nullptr);
      gone->deleteLater();
    }
    delete item;
  }
  m_buttons->addWidget(new Label(Label::Style::Hint, tr("The number")));
  const auto& chain = m_state.setup().chain;
  for (int i = 0; i < static_cast<int>(chain.size()); ++i) {
    m_buttons->addWidget(new Label(Label::Style::Hint, QStringLiteral("→")));
    QPushButton* button = formatButton(i);
    m_buttons->addWidget(button);
    if (i == focus) button->setFocus();
  }
  auto* more = new QToolButton;
  more->setIcon(icon(QStringLiteral("plus")));
  more->setToolTip(tr("Another conversion at the end"));
  more->setAccessibleName(tr("Add a conversion"));
  more->setObjectName(QStringLiteral("chain-add"));
  more->setPopupMode(QToolButton::InstantPopup);
  more->setEnabled(chain.size() < kMostStops);
  auto* menu = new QMenu(more);
  connect(menu, &QMenu::aboutToShow, this, [this, menu] {
    menu->clear();
    fillFormats(menu, [this](const QString& format) { add(format); });
  });
  more->setMenu(menu);
  m_buttons->addWidget(more);
  m_buttons->addStretch(1);
}

QPushButton* ChainView::formatButton(int index) {
  const ChainStop& stop = m_state.setup().chain[static_cast<std::size_t>(index)];
  auto* button = new QPushButton;
  button->setText(stopText(m_state, stop));
  button->setObjectName(QStringLiteral("chain-stop-%1").arg(index));
  button->setProperty(kIndex, index);
  button->setAccessibleName(tr("Conversion %1: %2").arg(index + 1).arg(button->text()));
  button->setToolTip(
      tr("What to convert to, how to round, where in the chain. Ctrl+Left and Ctrl+Right move it, Delete "
         "removes it."));
  button->setProperty("kind", QStringLiteral("menu"));
  auto* menu = new QMenu(button);
  connect(menu, &QMenu::aboutToShow, this, [this, menu, index] { fillMenu(menu, index); });
  button->setMenu(menu);
  button->installEventFilter(this);
  return button;
}

void ChainView::fillMenu(QMenu* menu, int index) {
  menu->clear();
  const auto& chain = m_state.setup().chain;
  if (index >= static_cast<int>(chain.size())) return;
  fillFormats(menu->addMenu(tr("Convert to")), [this, index](const QString& format) { replace(index, format); });
  QMenu* rounding = menu->addMenu(tr("Round"));
  for (const core::numeric::Rounding mode : kRoundings) {
    QAction* action = rounding->addAction(roundingName(mode), this, [this, index, mode] {
      auto changed = m_state.setup().chain;
      changed[static_cast<std::size_t>(index)].rounding = mode;
      m_state.setChain(std::move(changed));
    });
    action->setCheckable(true);
    action->setChecked(chain[static_cast<std::size_t>(index)].rounding == mode);
  }
  menu->addSeparator();
  menu->addAction(tr("Earlier"), this, [this, index] { move(index, -1); })->setEnabled(index > 0);
  menu->addAction(tr("Later"), this, [this, index] { move(index, 1); })
      ->setEnabled(index + 1 < static_cast<int>(chain.size()));
  menu->addAction(icon(QStringLiteral("close")), tr("Remove"), this, [this, index] { remove(index); })
      ->setEnabled(chain.size() > 1);
}

// The rows' formats first, then all others of the table.
void ChainView::fillFormats(QMenu* menu, const std::function<void(const QString&)>& choose) {
  const auto addFormat = [&](const core::numeric::NumberFormat& format) {
    menu->addAction(titleOf(format), this, [choose, name = QString::fromStdString(format.name)] { choose(name); });
  };
  for (const FormatRow& row : m_state.rows()) addFormat(*row.format);
  menu->addSeparator();
  for (const core::numeric::NumberFormat& format : core::numeric::numberFormats())
    if (m_state.rowOf(format) < 0) addFormat(format);
}

void ChainView::add(const QString& format) {
  auto chain = m_state.setup().chain;
  if (chain.size() >= kMostStops) return;
  chain.push_back({format});
  m_state.setChain(std::move(chain));
}

void ChainView::replace(int index, const QString& format) {
  auto chain = m_state.setup().chain;
  chain[static_cast<std::size_t>(index)].format = format;
  m_state.setChain(std::move(chain));
}

void ChainView::move(int index, int direction) {
  auto chain = m_state.setup().chain;
  const int other = index + direction;
  if (other < 0 || other >= static_cast<int>(chain.size())) return;
  std::swap(chain[static_cast<std::size_t>(index)], chain[static_cast<std::size_t>(other)]);
  m_state.setChain(std::move(chain));
  if (auto* moved = findChild<QPushButton*>(QStringLiteral("chain-stop-%1").arg(other))) moved->setFocus();
}

void ChainView::remove(int index) {
  auto chain = m_state.setup().chain;
  if (chain.size() <= 1) return;
  chain.erase(chain.begin() + index);
  m_state.setChain(std::move(chain));
}

bool ChainView::eventFilter(QObject* watched, QEvent* event) {
  const QVariant index = watched->property(kIndex);
  if (event->type() != QEvent::KeyPress || !index.isValid()) return QWidget::eventFilter(watched, event);
  const auto* key = static_cast<QKeyEvent*>(event);
  if (key->key() == Qt::Key_Delete || key->key() == Qt::Key_Backspace) return remove(index.toInt()), true;
  if (!key->modifiers().testFlag(Qt::ControlModifier)) return false;
  if (key->key() == Qt::Key_Left) return move(index.toInt(), -1), true;
  if (key->key() == Qt::Key_Right) return move(index.toInt(), 1), true;
  return false;
}

void ChainView::refresh() {
  const ChainResult result = convert(m_state);
  m_rows->setRows(chainRows(result));
  m_verdict->setText(chainSentence(result));
}

}  // namespace app
