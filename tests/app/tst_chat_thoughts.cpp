// What a model thinks before it answers: folded in the pane, apart in copies and exports, given back to its template.
#include <QClipboard>
#include <QGuiApplication>
#include <QToolButton>

#include "app/widgets/fold_head.h"
#include "app/workspaces/chat/conversation_json.h"
#include "app/workspaces/chat/token_strip.h"
#include "chat_hands.h"
#include "thinking_demo.h"

using namespace app;

class TestChatThoughts : public QObject {
  Q_OBJECT

  QTemporaryDir m_folder;
  QString m_model;

  struct Chat : WorkspaceWindow {
    explicit Chat(const QString& model) : WorkspaceWindow(QStringLiteral("chat"), model), hands(*this) {
      static_cast<void>(waitUntilIdle());
    }
    FoldHead* head(std::size_t pane) {
      return hands.pane(pane).newest()->findChild<FoldHead*>(QStringLiteral("thought-head"));
    }
    ChatHands hands;
  };

 private Q_SLOTS:
  void initTestCase() {
    qputenv("VK_ICD_FILENAMES", "/dev/null");
    m_model = m_folder.filePath(QStringLiteral("thinking.gguf"));
    writeDemoWithTemplate(m_model.toStdString(), kThinkingTemplate);
  }

  void thoughtsAreFoldedAndOpenByMouseAndKeyboard() {
    Chat chat(m_model);
    QStringList seen;
    connect(&chat.hands.workspace().dialogue(), &ChatDialogue::tokensTaken, this,
            [&] { seen << chat.head(0)->text(); });
    QVERIFY(chat.hands.ask(kThoughtQuestion));
    QVERIFY2(seen.front().startsWith(QStringLiteral("Thinking: ")), qPrintable(seen.front()));

    const Answer& answer = chat.hands.answer(0);
    QVERIFY(answer.thought && !answer.thought->isOpen);
    QVERIFY2(answer.thoughtText().startsWith(QStringLiteral("NF4 is a 4-bit code")), qPrintable(answer.thoughtText()));
    QVERIFY(answer.thoughtText().endsWith(QStringLiteral("a normal")));
    QVERIFY2(answer.text().startsWith(QStringLiteral("Weights look like")), qPrintable(answer.text()));
    QCOMPARE(chat.head(0)->text(), QStringLiteral("Thought for %1 tokens").arg(answer.thought->tokens));
    TokenText* text = chat.hands.text(0);
    // Every token counts, whether or not it is in sight.
    QCOMPARE(text->count(), static_cast<int>(answer.tokens.size()));
    QCOMPARE(chat.find<TokenStrip>()->count(), answer.tokens.size());
    QVERIFY(text->isFolded());
    QVERIFY(text->text().startsWith(QStringLiteral("Weights look like")));

    QTest::qWait(50);
    const int folded = text->height();
    QTest::mouseClick(chat.head(0), Qt::LeftButton);
    QVERIFY(!text->isFolded());
    QTRY_VERIFY(text->height() > folded);
    chat.head(0)->setFocus();
    QTest::keyClick(chat.head(0), Qt::Key_Space);
    QVERIFY(text->isFolded());
    QTRY_COMPARE(text->height(), folded);
    QTest::keyClick(chat.head(0), Qt::Key_Return);
    QVERIFY(!text->isFolded());
    // A click on a word still chooses that word, in the thought and behind it.
    QTest::qWait(50);
    const int last = text->count() - 2;
    for (const int token : {1, last}) {
      QTest::mouseClick(text, Qt::LeftButton, {}, text->centerOf(token));
      QCOMPARE(chat.selection().chatToken()->index, token);
    }
    QTest::mouseClick(chat.head(0), Qt::LeftButton);
    QTest::qWait(50);
    QTest::mouseClick(text, Qt::LeftButton, {}, text->centerOf(last));
    QCOMPARE(chat.selection().chatToken()->index, last);
  }

  void aTokenOfTheStripOpensTheThoughtItIsIn() {
    Chat chat(m_model);
    QVERIFY(chat.hands.ask(kThoughtQuestion));
    auto* strip = chat.find<TokenStrip>();
    strip->replot();
    QVERIFY(!chat.head(0)->isChecked());
    QTest::mouseClick(strip, Qt::LeftButton, {}, strip->centerOf(static_cast<int>(strip->count()) - 1));
    QVERIFY(!chat.head(0)->isChecked());
    QTest::mouseClick(strip, Qt::LeftButton, {}, strip->centerOf(2));
    QVERIFY(chat.head(0)->isChecked());
    QCOMPARE(chat.hands.text(0)->selected(), std::optional<int>(2));
  }

  void copiesAndExportsKeepThemApart() {
    Chat chat(m_model);
    QVERIFY(chat.hands.ask(kThoughtQuestion));
    const Answer& answer = chat.hands.answer(0);
    chat.hands.text(0)->setFocus();
    QTest::keyClick(chat.hands.text(0), Qt::Key_C, Qt::ControlModifier);
    QCOMPARE(QGuiApplication::clipboard()->text(), answer.text());
    QTest::mouseClick(chat.find<QToolButton>(QStringLiteral("copy-transcript")), Qt::LeftButton);
    const QString text = QGuiApplication::clipboard()->text();
    const QString expected = QStringLiteral("> *Thought for %1 tokens*\n>\n> %2\n\n%3")
                                 .arg(QString::number(answer.thought->tokens), answer.thoughtText(), answer.text());
    QVERIFY2(text.contains(expected), qPrintable(text));
    // And as it is remembered.
    const auto recalled = conversationFromJson(toJson(chat.hands.conversation()));
    QVERIFY(recalled.has_value());
    QCOMPARE(recalled->newest(0, 0)->thought, answer.thought);
    QCOMPARE(recalled->newest(0, 0)->text(), answer.text());
    chat.restart(QStringLiteral("chat"), m_model);
    QVERIFY(chat.waitUntilIdle());
    QTRY_COMPARE(chat.hands.conversation().turns().size(), std::size_t{1});
    QVERIFY(chat.head(0)->isVisible() && chat.hands.text(0)->isFolded());
    QVERIFY(chat.hands.text(0)->text().startsWith(QStringLiteral("Weights look like")));
  }

  void theTemplateIsGivenEarlierThoughts() {
    Chat chat(m_model);
    QVERIFY(chat.hands.ask(kThoughtQuestion));
    const std::string thought = chat.hands.answer(0).thoughtText().toStdString();
    const std::string said = chat.hands.answer(0).text().toStdString();
    QVERIFY(chat.hands.ask(QStringLiteral("What is 20 + 30?")));
    const auto& messages = chat.hands.answer(0).source.messages;
    QCOMPARE(messages[1].content, said);
    QCOMPARE(messages[1].reasoning, thought);
    const auto prompt = chat.selection().model()->tokenizer()->decode(chat.hands.answer(0).prompt);
    QVERIFY2(prompt.find(thought + " distribution.\n" + said) != std::string::npos, prompt.c_str());
    // It never came to an end: nothing was answered, and the pane says so.
    QVERIFY(chat.hands.answer(0).thought->isOpen);
    QVERIFY(chat.hands.answer(0).text().isEmpty());
    QVERIFY2(chat.head(0)->text().endsWith(QStringLiteral("cut off")), qPrintable(chat.head(0)->text()));
    QVERIFY(!chat.hands.text(0)->isVisible());
    const auto recalled = conversationFromJson(toJson(chat.hands.conversation()));
    QCOMPARE(recalled->newest(1, 0)->source.messages[1].reasoning, thought);
  }

  void aModelWithoutThoughtsHasNoHead() {
    Chat chat(QStringLiteral("demo"));
    QVERIFY(chat.hands.ask(kThoughtQuestion));
    QVERIFY(!chat.hands.answer(0).thought);
    QVERIFY(!chat.head(0)->isVisible());
    QVERIFY(chat.hands.text(0)->text().startsWith(QStringLiteral("NF4 is")));
  }
};

QTEST_MAIN(TestChatThoughts)
#include "tst_chat_thoughts.moc"
