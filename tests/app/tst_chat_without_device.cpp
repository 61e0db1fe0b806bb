// Without any Vulkan device: what is ticked answers on the CPU, whatever its scheme, and the window says so.
#include <QLabel>
#include <QStatusBar>

#include "chat_hands.h"
#include "core/model/recipe/recipe_text.h"

using namespace app;

class TestChatWithoutDevice : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() {
    for (const char* list : {"VK_ICD_FILENAMES", "VK_DRIVER_FILES"}) qputenv(list, "/nonexistent");
  }

  void everyKindOfSchemeAnswersOnTheCpu() {
    WorkspaceWindow shown(QStringLiteral("chat"));
    ChatHands hands(shown);
    QVERIFY(shown.waitUntilIdle());
    int asked = 0;
    for (const char* text : {"kmeans4", "log4", "dynamic8", "fp8_e4m3:scale=row", "mx_e2m1", "nv_e2m1",
                             "nf4:compute=fp16", "Q4_K_M", "base = nf4\n^token_embd\\.weight$ = q8_0\n"}) {
      const auto recipe = core::model::recipeFromText(text);
      shown.selection().addOwn(recipe);
      QVERIFY(shown.waitUntilIdle());
      QVERIFY2(hands.choose(1, QString::fromStdString(recipe.toString())), text);
      QVERIFY(hands.isDone());  // the last question is answered again
      QVERIFY(hands.ask(QStringLiteral("What is 20 + 30?")));
      QCOMPARE(hands.conversation().turns().size(), static_cast<std::size_t>(++asked));
      QCOMPARE(hands.answer(1).source.recipe, std::optional(recipe));
      QVERIFY2(!hands.answer(1).failure && !hands.answer(1).tokens.empty(), text);
      QVERIFY2(!hands.answer(0).tokens.empty(), text);
    }
    const QString facts = hands.pane(1).findChild<QLabel*>(QStringLiteral("pane-facts"))->toolTip();
    QVERIFY2(facts.contains(QStringLiteral("CPU")), qPrintable(facts));
    bool said = false;
    for (const QLabel* label : shown.window().statusBar()->findChildren<QLabel*>())
      said = said || label->text().contains(QStringLiteral("CPU"));
    QVERIFY(said);
  }
};

QTEST_MAIN(TestChatWithoutDevice)
#include "tst_chat_without_device.moc"
