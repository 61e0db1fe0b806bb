#include "app/widgets/copy_as_menu.h"

#include <QClipboard>
#include <QCoreApplication>
#include <QGuiApplication>

namespace app {

namespace {

QString fromView(std::string_view text) { return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size())); }

/// As it is written, in a face whose columns stand under each other.
QString preview(const Copied& copied) {
  QString notes;
  for (const std::string& note : copied.notes)
    notes += QStringLiteral("<p>%1</p>").arg(QString::fromStdString(note).toHtmlEscaped());
  if (!copied.isPossible()) return notes;
  return QStringLiteral("<pre>%1</pre>%2").arg(QString::fromStdString(copied.text).trimmed().toHtmlEscaped(), notes);
}

}  // namespace

QMenu* createCopyAsMenu(const core::model::Recipe& recipe, QWidget* parent) {
  auto* menu = new QMenu(QCoreApplication::translate("CopyAsMenu", "Copy as"), parent);
  fillCopyAsMenu(*menu, recipe);
  return menu;
}

void fillCopyAsMenu(QMenu& menu, const core::model::Recipe& recipe) {
  menu.clear();
  menu.setObjectName(QStringLiteral("copy-as"));
  menu.setToolTipsVisible(true);
  const auto copies = copyAs(recipe);
  const auto add = [&](bool possible) {
    for (const Copied& copied : copies) {
      if (copied.isPossible() != possible) continue;
      QAction* action = menu.addAction(fromView(info(copied.target).title), &menu, [text = copied.withNotes()] {
        QGuiApplication::clipboard()->setText(QString::fromStdString(text));
      });
      action->setEnabled(possible);
      action->setToolTip(preview(copied));
      action->setData(fromView(info(copied.target).id));
    }
  };
  add(true);
  menu.addSeparator();
  add(false);
}

}  // namespace app
