#include "app/workspaces/bits/format_menu.h"

#include <QKeyEvent>
#include <QMouseEvent>

#include "app/selection/bits_state.h"
#include "app/widgets/icon.h"

namespace app {
namespace {

using core::numeric::FormatKind;
using core::numeric::NumberFormat;

/// Formats of a kind stand together: floats, exponents, code books, integers.
int groupOf(const NumberFormat& format) {
  switch (format.kind) {
    case FormatKind::Float:
    case FormatKind::PowerOfTwo:
      return 0;
    case FormatKind::CodeBook:
      return 1;
    case FormatKind::SignedInteger:
    case FormatKind::UnsignedInteger:
      return 2;
  }
  return 0;
}

}  // namespace

FormatMenu::FormatMenu(BitsState& state, QWidget* parent) : QMenu(parent), m_state(state) {
  setAccessibleName(tr("Formats"));
  connect(this, &QMenu::aboutToShow, this, &FormatMenu::refresh);
}

void FormatMenu::refresh() {
  clear();
  int group = 0;
  for (const NumberFormat& format : core::numeric::numberFormats()) {
    if (std::exchange(group, groupOf(format)) != groupOf(format)) addSeparator();
    addFormat(QString::fromStdString(format.name), titleOf(format));
  }
  addSeparator();
  for (const QString& name : m_state.setup().formats)
    if (core::numeric::findNumberFormat(name.toStdString()) == nullptr) addFormat(name, titleOf(*m_state.format(name)));
  addAction(app::icon(QStringLiteral("plus")), tr("A format of your own…"), this, &FormatMenu::customWanted);
  addSeparator();
  addAction(tr("All formats"), this, [this] {
    QStringList all = m_state.setup().formats;
    for (const NumberFormat& format : core::numeric::numberFormats()) all << QString::fromStdString(format.name);
    m_state.setFormats(all);
  });
  addAction(tr("The usual ones"), this, [this] { m_state.setFormats(BitsSetup::first().formats); });
}

void FormatMenu::addFormat(const QString& name, const QString& title) {
  QAction* action = addAction(title);
  action->setCheckable(true);
  action->setChecked(m_state.setup().formats.contains(name));
  connect(action, &QAction::toggled, this, [this, action, name](bool checked) {
    if (checked)
      static_cast<void>(m_state.addFormat(name));
    else
      m_state.removeFormat(name);
    const QSignalBlocker quiet(action);
    action->setChecked(m_state.setup().formats.contains(name));  // the last one stays
  });
}

bool FormatMenu::toggleActive() {
  QAction* action = activeAction();
  if (action == nullptr || !action->isCheckable()) return false;
  action->toggle();
  return true;
}

void FormatMenu::mouseReleaseEvent(QMouseEvent* event) {
  if (!toggleActive()) QMenu::mouseReleaseEvent(event);
}

void FormatMenu::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Space && toggleActive()) return;
  QMenu::keyPressEvent(event);
}

}  // namespace app
