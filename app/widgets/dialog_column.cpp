#include "app/widgets/dialog_column.h"

#include <QDialog>
#include <QPushButton>
#include <QVBoxLayout>

#include "app/widgets/label.h"
#include "app/widgets/theme.h"

namespace app {

QVBoxLayout* dialogColumn(QDialog& dialog, const DialogHead& head) {
  dialog.setWindowTitle(head.title);
  dialog.setObjectName(head.name);
  dialog.setAttribute(Qt::WA_DeleteOnClose);
  dialog.setMinimumWidth(Theme::instance().px(head.width));
  auto* column = new QVBoxLayout(&dialog);
  column->setContentsMargins(space::kTwo, space::kTwo, space::kTwo, space::kOneHalf);
  column->setSpacing(space::kOneHalf);
  if (head.sentence.isEmpty()) return column;
  auto* what = new Label(Label::Style::Muted, head.sentence);
  what->setWrapping();
  column->addWidget(what);
  return column;
}

DialogFoot addDialogFoot(QDialog& dialog, QVBoxLayout& column, const QString& text, const QString& name,
                         QDialogButtonBox::ButtonRole role) {
  auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel);
  QPushButton* const primary = buttons->addButton(text, role);
  primary->setProperty("kind", QStringLiteral("primary"));
  primary->setObjectName(name);
  column.addWidget(buttons);
  QObject::connect(buttons, &QDialogButtonBox::rejected, &dialog, &QDialog::reject);
  return {buttons, primary};
}

}  // namespace app
