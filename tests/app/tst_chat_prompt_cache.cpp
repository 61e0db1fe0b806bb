// Prompt caches of the chat: kept after an answer, read when the conversation goes on in another run of the program,
// switched off and removed by their settings.
#include <QCheckBox>
#include <QDir>
#include <QLabel>

#include "chat_hands.h"

using namespace app;

class TestChatPromptCache : public QObject {
  Q_OBJECT
 private:
  static QStringList keptFiles() {
    return QDir(qEnvironmentVariable("XDG_CACHE_HOME") + QStringLiteral("/quantscope"))
        .entryList({QStringLiteral("*.prompt")});
  }
  static QString detailsOf(ChatHands& hands, std::size_t pane) {
    return hands.pane(pane).newest()->findChild<QLabel*>(QStringLiteral("answer-details"))->toolTip() +
           hands.pane(pane).newest()->findChild<QLabel*>(QStringLiteral("answer-details"))->text();
  }

 private Q_SLOTS:
  /// On the CPU, where nothing has to be compiled first: what a device keeps is tst_gpu_kv_snapshot's.
  void initTestCase() {
    for (const char* list : {"VK_ICD_FILENAMES", "VK_DRIVER_FILES"}) qputenv(list, "/nonexistent");
  }

  void aConversationGoesOnFromTheDisk() {
    WorkspaceWindow shown(QStringLiteral("chat"));
    ChatHands hands(shown);
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(hands.ask(QStringLiteral("What is 20 + 30?")));
    QCOMPARE(hands.answer(0).result.restoredTokens, 0U);
    QTRY_COMPARE_WITH_TIMEOUT(keptFiles().size(), qsizetype{2}, 20000);  // one for each pane
    QVERIFY(shown.waitUntilIdle());

    shown.restart(QStringLiteral("chat"));
    QVERIFY(shown.waitUntilIdle());
    QTRY_VERIFY(!hands.conversation().isEmpty());
    const auto before = hands.answer(0).tokens.size();
    QVERIFY(hands.ask(QStringLiteral("And 2 + 3?")));
    for (const std::size_t pane : {0U, 1U}) {
      const auto& result = hands.answer(pane).result;
      QVERIFY2(result.restoredTokens > before, qPrintable(QString::number(result.restoredTokens)));
      QVERIFY(result.restoredTokens < result.promptTokens);
      const QString words =
          QStringLiteral("%1 of %2 tokens from the disk").arg(result.restoredTokens).arg(result.promptTokens);
      QVERIFY2(detailsOf(hands, pane).contains(words), qPrintable(detailsOf(hands, pane)));
    }

    // What is there is shown, and goes when somebody wants that.
    QTest::mouseClick(shown.find<QPushButton>(QStringLiteral("settings")), Qt::LeftButton);
    auto* clear = shown.find<QPushButton>(QStringLiteral("prompt-cache-clear"));
    auto* used = shown.find<QLabel>(QStringLiteral("prompt-cache-used"));
    QTRY_VERIFY(clear->isEnabled());
    QVERIFY2(used->text().endsWith(QStringLiteral(" on the disk")), qPrintable(used->text()));
    shown.find<QCheckBox>(QStringLiteral("prompt-cache"))->click();  // nothing more is kept, then
    clear->click();
    QTRY_VERIFY(!clear->isEnabled());
    QVERIFY(keptFiles().isEmpty());
    QVERIFY(hands.ask(QStringLiteral("And 1 + 1?")));
    QTest::qWait(1300);
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(keptFiles().isEmpty());
  }
};

QTEST_MAIN(TestChatPromptCache)
#include "tst_chat_prompt_cache.moc"
