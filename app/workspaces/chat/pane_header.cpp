#include "app/workspaces/chat/pane_header.h"

#include <QAbstractItemView>
#include <QActionGroup>
#include <QComboBox>
#include <QHBoxLayout>
#include <QMenu>
#include <QPainter>
#include <QPixmap>
#include <QScrollBar>
#include <QToolButton>
#include <algorithm>

#include "app/selection/selection.h"
#include "app/text/numbers.h"
#include "app/widgets/icon.h"
#include "app/widgets/kv_type_field.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"

namespace app {

namespace {

constexpr double kFactsFrom = 330;  ///< width of a header that has room for them, at 100 % zoom
constexpr int kSwatch = 10, kMostShown = 18, kLeastLetters = 12;

QPixmap emptySwatch() {
  QPixmap pixmap(kSwatch * 2, kSwatch * 2);
  pixmap.setDevicePixelRatio(2);
  pixmap.fill(Qt::transparent);
  return pixmap;
}

QIcon swatch(SeriesMark mark, const QColor& color) {
  QPixmap pixmap = emptySwatch();
  QPainter painter(&pixmap);
  painter.setRenderHint(QPainter::Antialiasing);
  paintMark(painter, mark, QRectF(0.5, 0.5, kSwatch - 1, kSwatch - 1), color);
  return QIcon(pixmap);
}

}  // namespace

PaneHeader::PaneHeader(std::size_t index, Selection& selection, QWidget* parent)
    : QWidget(parent), m_index(index), m_selection(selection) {
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(space::kOne);
  m_alias = new Label(Label::Style::Title);
  m_alias->setObjectName(QStringLiteral("pane-alias"));
  m_alias->hide();
  row->addWidget(m_alias);
  m_schemes = new QComboBox;
  m_schemes->setObjectName(QStringLiteral("pane-scheme"));
  m_schemes->setAccessibleName(index == 0   ? tr("Scheme of the reference pane")
                               : index == 1 ? tr("Scheme of the compared pane")
                                            : tr("Scheme of compared pane %1").arg(index));
  m_schemes->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  m_schemes->setMinimumContentsLength(kLeastLetters);
  m_schemes->setMaxVisibleItems(kMostShown);
  connect(m_schemes, &QComboBox::activated, this, [this](int item) {
    if (item == m_serverItem) {
      fillSchemes();  // nothing is chosen yet
      return Q_EMIT serverWanted();
    }
    if (m_variant.server && item == 1) return;
    PaneVariant chosen = m_variant;
    chosen.server.reset();
    chosen.recipe = m_listed[static_cast<std::size_t>(item)];
    choose(chosen);
  });
  row->addWidget(m_schemes);
  m_role = new Label(Label::Style::Hint, index == 0 ? tr("reference") : tr("compared"));
  m_role->setObjectName(QStringLiteral("pane-role"));
  row->addWidget(m_role);
  m_facts = new Label(Label::Style::Hint);
  m_facts->setObjectName(QStringLiteral("pane-facts"));
  m_facts->setElide(Qt::ElideRight);
  m_facts->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
  row->addWidget(m_facts, 1);
  addTools(row);
  connect(&m_selection, &Selection::schemesChanged, this, &PaneHeader::fillSchemes);
  connect(&m_selection, &Selection::modelChanged, this, &PaneHeader::fillSchemes);
  connect(&Theme::instance(), &Theme::changed, this, &PaneHeader::fillSchemes);
  fillSchemes();
}

void PaneHeader::addTools(QHBoxLayout* row) {
  const auto add = [row](const QString& name, const QString& help, const QString& objectName) {
    auto* button = new QToolButton;
    button->setIcon(icon(name));
    button->setToolTip(help);
    button->setAccessibleName(help);
    button->setAutoRaise(true);
    button->setObjectName(objectName);
    row->addWidget(button);
    return button;
  };
  m_menuButton = add(QStringLiteral("device"), tr("Device, keys and values of this pane; what its time goes to"),
                     QStringLiteral("pane-menu"));
  m_menuButton->setPopupMode(QToolButton::InstantPopup);
  m_menu = new QMenu(m_menuButton);
  m_menu->setObjectName(QStringLiteral("pane-menu-items"));
  m_menuButton->setMenu(m_menu);
  connect(m_menu, &QMenu::aboutToShow, this, &PaneHeader::fillMenu);
  m_remove = add(QStringLiteral("close"), tr("Take this pane away"), QStringLiteral("pane-remove"));
  m_remove->hide();
  connect(m_remove, &QToolButton::clicked, this, &PaneHeader::removeWanted);
}

void PaneHeader::choose(const PaneVariant& variant) {
  if (variant == m_variant) return;
  const PaneVariant chosen = variant;
  setVariant(chosen);
  // What is compared is checked, and has its colour by that.
  if (chosen.recipe) m_selection.setChecked(*chosen.recipe, true);
  Q_EMIT variantChosen();
}

void PaneHeader::setVariant(PaneVariant variant) {
  if (!(variant == m_variant)) setFacts(std::nullopt);
  m_variant = std::move(variant);
  fillSchemes();
}

void PaneHeader::setSettings(const DeviceChoice& device, core::model::KvType kv) {
  m_settingsDevice = device;
  m_settingsKv = kv;
}

void PaneHeader::fillSchemes() {
  const QSignalBlocker blocker(m_schemes);
  m_schemes->clear();
  m_listed.assign(1, std::nullopt);
  for (auto& recipe : m_selection.checkedRecipes()) m_listed.emplace_back(std::move(recipe));
  // It may still run, though no longer checked.
  if (std::find(m_listed.begin(), m_listed.end(), m_variant.recipe) == m_listed.end())
    m_listed.push_back(m_variant.recipe);
  m_schemes->addItem(swatch(SeriesMark::Circle, Theme::instance().colors().reference),
                     titleOf(PaneVariant(), m_selection), QString());
  if (m_variant.server) {
    m_listed.insert(m_listed.begin() + 1, std::nullopt);
    m_schemes->addItem(icon(QStringLiteral("device")), titleOf(*m_variant.server), QStringLiteral("server"));
  }
  for (std::size_t i = m_variant.server ? 2 : 1; i < m_listed.size(); ++i)
    m_schemes->addItem(swatch(m_selection.mark(*m_listed[i]), m_selection.color(*m_listed[i])),
                       m_selection.title(*m_listed[i]), QString::fromStdString(m_listed[i]->toString()));
  const auto current =
      m_variant.server ? 1 : std::find(m_listed.begin(), m_listed.end(), m_variant.recipe) - m_listed.begin();
  m_listed.push_back(std::nullopt);
  m_schemes->insertSeparator(m_schemes->count());
  const QIcon none(emptySwatch());  // so that all names stand in one column
  for (const SchemeEntry& entry : m_selection.schemes()) {
    if (std::find(m_listed.begin(), m_listed.end(), std::optional(entry.recipe)) != m_listed.end()) continue;
    m_schemes->addItem(none, entry.title, QString::fromStdString(entry.recipe.toString()));
    m_listed.emplace_back(entry.recipe);
  }
  m_serverItem = -1;
  if (m_index != 0) {  // what the others are measured against runs here
    m_serverItem = m_schemes->count();
    m_schemes->addItem(none, tr("Server…"), QStringLiteral("server…"));
    m_listed.push_back(std::nullopt);
  }
  m_schemes->setCurrentIndex(static_cast<int>(current));
  if (m_facts->text().isEmpty()) m_schemes->setToolTip(titleOf(m_variant, m_selection));
  QAbstractItemView* view = m_schemes->view();
  view->setMinimumWidth(view->sizeHintForColumn(0) + view->verticalScrollBar()->sizeHint().width());
  m_menuButton->setEnabled(!m_variant.server);
  m_menuButton->setToolButtonStyle(m_variant.server || m_variant.deviations().empty() ? Qt::ToolButtonIconOnly
                                                                                      : Qt::ToolButtonTextBesideIcon);
  QStringList own;
  if (m_variant.device) own << titleOf(*m_variant.device);
  if (m_variant.kv) own << tr("KV %1").arg(kvTitle(*m_variant.kv));
  m_menuButton->setText(own.join(QStringLiteral(" · ")));
}

void PaneHeader::fillMenu() {
  m_menu->clear();
  const auto addGroup = [this](const QString& heading) {
    m_menu->addSection(heading);
    return new QActionGroup(m_menu);
  };
  const auto add = [this](QActionGroup* group, const QString& text, bool isNow, const PaneVariant& variant) {
    QAction* action = m_menu->addAction(text, this, [this, variant] { choose(variant); });
    action->setCheckable(true);
    action->setChecked(isNow);
    group->addAction(action);
  };
  PaneVariant with = m_variant;
  QActionGroup* devices = addGroup(tr("Device of this pane"));
  with.device.reset();
  add(devices, tr("As the settings say (%1)").arg(titleOf(m_settingsDevice)), !m_variant.device, with);
  for (const auto& [choice, name] : m_devices) {
    with.device = DeviceChoice::parse(choice.toStdString());
    if (with.device->kind != DeviceChoice::Kind::Auto) add(devices, name, m_variant.device == with.device, with);
  }
  with = m_variant;
  QActionGroup* types = addGroup(tr("Its keys and values"));
  with.kv.reset();
  add(types, tr("As the settings say (%1)").arg(kvTitle(m_settingsKv)), !m_variant.kv, with);
  for (const auto format : offeredKvFormats()) {
    with.kv = core::model::KvType(format);
    add(types, kvTitle(*with.kv), m_variant.kv == with.kv, with);
  }
  addValuesApart();
}

/// Keys as they are now, values in something else.
void PaneHeader::addValuesApart() {
  QMenu* menu = m_menu->addMenu(tr("Values apart"));
  menu->setObjectName(QStringLiteral("pane-menu-values"));
  auto* group = new QActionGroup(menu);
  const auto keys = m_variant.kv.value_or(m_settingsKv).keys;
  for (const auto format : offeredKvFormats()) {
    PaneVariant with = m_variant;
    with.kv = core::model::KvType(keys, format);
    QAction* action = menu->addAction(kvTitle(*with.kv), this, [this, with] { choose(with); });
    action->setCheckable(true);
    action->setChecked(m_variant.kv.value_or(m_settingsKv).values == format);
    action->setToolTip(describe(format));
    group->addAction(action);
  }
  m_menu->addSeparator();
  QAction* time =
      m_menu->addAction(icon(QStringLiteral("clock")), tr("What the time goes to…"), this, &PaneHeader::timeWanted);
  time->setObjectName(QStringLiteral("pane-time"));
}

void PaneHeader::setFacts(const std::optional<PaneFacts>& made) {
  const std::optional<PaneFacts> facts = m_variant.server ? std::nullopt : made;
  m_facts->setText(facts ? tr("%1 + %2 KV").arg(text::bytes(facts->weightBytes), text::bytes(facts->kvBytes))
                         : QString());
  m_facts->setToolTip(facts ? tr("%1 weights, %2 KV cache for %3 tokens of context, on %4")
                                  .arg(text::bytes(facts->weightBytes), text::bytes(facts->kvBytes),
                                       text::count(facts->contextLength), QString::fromStdString(facts->device))
                            : QString());
  if (facts && facts->hostBytes != 0) {
    m_facts->setText(tr("%1, %2 in the computer's memory").arg(m_facts->text(), text::bytes(facts->hostBytes)));
    m_facts->setToolTip(
        tr("%1\n%2 of weights (%3) lie in the computer's memory, which this device reads more slowly.")
            .arg(m_facts->toolTip(), text::bytes(facts->hostBytes), QString::fromStdString(facts->hostParts)));
  }
  const QString title = titleOf(m_variant, m_selection);
  m_schemes->setToolTip(facts ? title + u'\n' + m_facts->toolTip() : title);
}

void PaneHeader::fitFacts() { m_facts->setVisible(!isHidden() && width() >= Theme::instance().px(kFactsFrom)); }

void PaneHeader::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  fitFacts();
}

// Among several that are compared, "compared" says nothing.
void PaneHeader::setRemovable(bool removable) {
  m_remove->setVisible(removable && m_index != 0);
  m_role->setVisible(!isHidden() && (m_index == 0 || !removable));
}

void PaneHeader::setChangeable(bool changeable) { m_remove->setEnabled(changeable); }

void PaneHeader::setAlias(const QString& letter) {
  m_aliasText = letter;
  m_alias->setText(letter);
  m_alias->setVisible(!letter.isEmpty());
  for (QWidget* part :
       {static_cast<QWidget*>(m_schemes), static_cast<QWidget*>(m_role), static_cast<QWidget*>(m_menuButton)})
    part->setVisible(letter.isEmpty());
  fitFacts();
}

}  // namespace app
