// Copy as, by mouse and keyboard: from a row of the list of schemes and in the Quantize builder.
#include <QClipboard>
#include <QGuiApplication>
#include <QLineEdit>
#include <QListView>
#include <QMenu>
#include <QTest>
#include <QToolButton>

#include "app/session/copy_as.h"
#include "app/shell/scheme_list_model.h"
#include "workspace_window.h"

using namespace app;

namespace {

QAction* actionOf(const QMenu& menu, const char* id) {
  for (QAction* action : menu.actions())
    if (action->data().toString() == QLatin1String(id)) return action;
  return nullptr;
}

}  // namespace

class TestCopyAsMenu : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void aRowOfTheListIsCopied() {
    WorkspaceWindow shown(QStringLiteral("inspect"));
    QVERIFY(shown.waitUntilIdle());
    auto* list = shown.window().findChild<QListView*>(QStringLiteral("scheme-list"));
    const core::model::Recipe nf4 = core::quant::Scheme::parse("nf4");
    QModelIndex row;
    for (int i = 0; i < list->model()->rowCount() && !row.isValid(); ++i)
      if (list->model()->index(i, 0).data().toString() == shown.selection().title(nf4))
        row = list->model()->index(i, 0);
    QVERIFY(row.isValid());
    const QPoint place = list->visualRect(row).center();
    QContextMenuEvent event(QContextMenuEvent::Mouse, place, list->viewport()->mapToGlobal(place));
    QCoreApplication::sendEvent(list->viewport(), &event);
    QMenu* menu = nullptr;
    QTRY_VERIFY((menu = shown.window().findChild<QMenu*>(QStringLiteral("scheme-menu"))) != nullptr &&
                menu->isVisible());
    auto* copy = menu->findChild<QMenu*>(QStringLiteral("copy-as"));
    QVERIFY(copy != nullptr);
    QCOMPARE(copy->title(), QStringLiteral("Copy as"));
    menu->setActiveAction(copy->menuAction());
    QTest::keyClick(menu, Qt::Key_Right);
    QTRY_VERIFY(copy->isVisible());
    QAction* first = copy->actions().front();
    QCOMPARE(first->data().toString(), QStringLiteral("bitsandbytes"));
    QVERIFY(first->toolTip().contains(QStringLiteral("bnb_4bit_quant_type")));
    QAction* gguf = actionOf(*copy, "llama-quantize");
    QVERIFY(gguf && !gguf->isEnabled() && gguf->toolTip().contains(QStringLiteral("GGUF has no type")));
    copy->setActiveAction(first);
    QTest::keyClick(copy, Qt::Key_Return);
    QCOMPARE(QGuiApplication::clipboard()->text().toStdString(), copyAs(nf4, CopyTarget::BitsAndBytes).withNotes());
  }

  void theBuilderCopiesWhatItShows() {
    WorkspaceWindow shown(QStringLiteral("quantize"));
    QVERIFY(shown.waitUntilIdle());
    auto* text = shown.find<QLineEdit>(QStringLiteral("lab-scheme"));
    text->selectAll();
    QTest::keyClicks(text, QStringLiteral("q4_0"));
    QTest::keyClick(text, Qt::Key_Return);
    QVERIFY(shown.waitUntilIdle());
    auto* button = shown.find<QToolButton>(QStringLiteral("lab-copy"));
    QVERIFY(button && button->isVisible());
    bool copied = false;
    // The menu has its own loop while it is open.
    QTimer::singleShot(200, this, [&] {
      QAction* action = actionOf(*button->menu(), "llama-quantize");
      if (action != nullptr && action->isEnabled()) {
        action->trigger();
        copied = true;
      }
      button->menu()->close();
    });
    QTest::mouseClick(button, Qt::LeftButton);
    QTRY_VERIFY(copied);
    QVERIFY2(QGuiApplication::clipboard()->text().contains(QStringLiteral("model-Q4_0.gguf Q4_0")),
             qPrintable(QGuiApplication::clipboard()->text()));
  }
};

QTEST_MAIN(TestCopyAsMenu)
#include "tst_copy_as_menu.moc"
