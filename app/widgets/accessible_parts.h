#pragma once
#include <QAccessible>
#include <QRect>
#include <QString>

class QWidget;

namespace app {

/// One thing inside a painted widget (a bit, a row), as assistive programs are told of it.
struct AccessiblePart {
  QString name;         ///< "FP32, bit 31, sign"
  QString description;  ///< what pressing it does, what it stands for
  QString value;        ///< "0.1"
  QRect rect;           ///< in widget coordinates
  QAccessible::Role role = QAccessible::StaticText;
  bool pressable = false, checkable = false, checked = false, selected = false;
};

/// What a painted widget implements (beside QWidget) so that each of its parts is an accessible child of its own.
/// The order of the parts is the order of reading.
class AccessibleParts {
 public:
  AccessibleParts();
  virtual ~AccessibleParts() = default;
  AccessibleParts(const AccessibleParts&) = delete;
  AccessibleParts& operator=(const AccessibleParts&) = delete;

  virtual int partCount() const = 0;
  /// @param index 0 … partCount() − 1
  virtual AccessiblePart part(int index) const = 0;
  /// The part under the keyboard; −1 for none.
  virtual int focusedPart() const { return -1; }
  virtual void pressPart(int index) { Q_UNUSED(index) }
  /// Of the whole.
  virtual QAccessible::Role partsRole() const { return QAccessible::List; }

 protected:
  /// Tells assistive programs that the keyboard is on another part, or that a part changed.
  static void announce(QWidget& widget, QAccessible::Event event, int index);
};

}  // namespace app
