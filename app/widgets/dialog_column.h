#pragma once
#include <QDialogButtonBox>
#include <QString>

class QDialog;
class QPushButton;
class QVBoxLayout;

namespace app {

/// What a small dialog begins with.
struct DialogHead {
  QString title;
  QString name;      ///< as an object
  QString sentence;  ///< at its top: what it is for; empty: none
  int width = 520;
};
/// The column of a dialog that is deleted when it closes, behind its head.
QVBoxLayout* dialogColumn(QDialog& dialog, const DialogHead& head);

/// What it ends with: Cancel, which closes it, and the button that does what it is for.
struct DialogFoot {
  QDialogButtonBox* buttons;
  QPushButton* primary;
};
/// @param name of the primary button, as an object
DialogFoot addDialogFoot(QDialog& dialog, QVBoxLayout& column, const QString& text, const QString& name,
                         QDialogButtonBox::ButtonRole role = QDialogButtonBox::AcceptRole);

}  // namespace app
