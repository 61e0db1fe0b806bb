#include "app/widgets/accessible_parts.h"

#include <QAccessibleWidget>
#include <QPointer>
#include <QWidget>
#include <vector>

namespace app {
namespace {

AccessibleParts* partsOf(const QObject* object) { return dynamic_cast<AccessibleParts*>(const_cast<QObject*>(object)); }

/// A part as a child. It asks the widget whenever it is asked, so that it is never out of date.
class PartInterface final : public QAccessibleInterface, public QAccessibleActionInterface {
 public:
  PartInterface(QWidget* widget, int index) : m_widget(widget), m_index(index) {}

  bool isValid() const override { return m_widget != nullptr && m_index < partsOf(m_widget)->partCount(); }
  QObject* object() const override { return nullptr; }
  QWindow* window() const override { return m_widget ? m_widget->window()->windowHandle() : nullptr; }
  QAccessibleInterface* parent() const override { return QAccessible::queryAccessibleInterface(m_widget); }
  QAccessibleInterface* child(int) const override { return nullptr; }
  QAccessibleInterface* childAt(int, int) const override { return nullptr; }
  int childCount() const override { return 0; }
  int indexOfChild(const QAccessibleInterface*) const override { return -1; }
  QAccessible::Role role() const override { return isValid() ? part().role : QAccessible::NoRole; }

  QString text(QAccessible::Text kind) const override {
    if (!isValid()) return {};
    switch (kind) {
      case QAccessible::Name:
        return part().name;
      case QAccessible::Description:
        return part().description;
      case QAccessible::Value:
        return part().value;
      default:
        return {};
    }
  }
  void setText(QAccessible::Text, const QString&) override {}

  QRect rect() const override {
    if (!isValid()) return {};
    const QRect inside = part().rect;
    return {m_widget->mapToGlobal(inside.topLeft()), inside.size()};
  }

  QAccessible::State state() const override {
    QAccessible::State state;
    if (!isValid()) {
      state.invalid = true;
      return state;
    }
    const AccessiblePart shown = part();
    state.focusable = true;
    state.focused = m_widget->hasFocus() && partsOf(m_widget)->focusedPart() == m_index;
    state.checkable = shown.checkable;
    state.checked = shown.checked;
    state.selectable = state.selected = shown.selected;
    state.invisible = !m_widget->isVisible();
    return state;
  }

  void* interface_cast(QAccessible::InterfaceType type) override {
    const bool acts = type == QAccessible::ActionInterface && isValid() && part().pressable;
    return acts ? static_cast<QAccessibleActionInterface*>(this) : nullptr;
  }
  QStringList actionNames() const override { return {part().checkable ? toggleAction() : pressAction()}; }
  void doAction(const QString& action) override {
    if (isValid() && actionNames().contains(action)) partsOf(m_widget)->pressPart(m_index);
  }
  QStringList keyBindingsForAction(const QString&) const override { return {}; }

 private:
  AccessiblePart part() const { return partsOf(m_widget)->part(m_index); }

  QPointer<QWidget> m_widget;
  int m_index;
};

/// The widget itself, with its parts as children.
class PartsInterface final : public QAccessibleWidget {
 public:
  explicit PartsInterface(QWidget* widget) : QAccessibleWidget(widget, partsOf(widget)->partsRole()) {}
  ~PartsInterface() override {
    for (const QAccessible::Id id : m_children) QAccessible::deleteAccessibleInterface(id);
  }
  PartsInterface(const PartsInterface&) = delete;
  PartsInterface& operator=(const PartsInterface&) = delete;

  int childCount() const override { return parts() ? parts()->partCount() : 0; }
  QAccessibleInterface* child(int index) const override {
    if (index < 0 || index >= childCount()) return nullptr;
    while (static_cast<int>(m_children.size()) <= index) {
      auto* made = new PartInterface(widget(), static_cast<int>(m_children.size()));
      m_children.push_back(QAccessible::registerAccessibleInterface(made));
    }
    return QAccessible::accessibleInterface(m_children[static_cast<std::size_t>(index)]);
  }
  int indexOfChild(const QAccessibleInterface* wanted) const override {
    for (int i = 0; i < std::min(childCount(), static_cast<int>(m_children.size())); ++i)
      if (child(i) == wanted) return i;
    return -1;
  }
  QAccessibleInterface* childAt(int x, int y) const override {
    const QPoint place = widget()->mapFromGlobal(QPoint(x, y));
    for (int i = 0; i < childCount(); ++i)
      if (parts()->part(i).rect.contains(place)) return child(i);
    return nullptr;
  }
  QAccessibleInterface* focusChild() const override {
    return parts() && widget()->hasFocus() ? child(parts()->focusedPart()) : QAccessibleWidget::focusChild();
  }

 private:
  AccessibleParts* parts() const { return partsOf(object()); }

  mutable std::vector<QAccessible::Id> m_children;
};

QAccessibleInterface* makeInterface(const QString&, QObject* object) {
  auto* widget = qobject_cast<QWidget*>(object);
  return widget != nullptr && partsOf(widget) != nullptr ? new PartsInterface(widget) : nullptr;
}

}  // namespace

AccessibleParts::AccessibleParts() {
  static const bool installed = [] {
    QAccessible::installFactory(makeInterface);
    return true;
  }();
  Q_UNUSED(installed)
}

void AccessibleParts::announce(QWidget& widget, QAccessible::Event event, int index) {
  if (!QAccessible::isActive()) return;
  QAccessibleEvent said(&widget, event);
  said.setChild(index);
  QAccessible::updateAccessibility(&said);
}

}  // namespace app
