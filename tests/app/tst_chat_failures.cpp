// What goes wrong in the chat: the sentence stands where it belongs, a button leads on, and no prompt is ever lost.
#include <QSpinBox>
#include <QStatusBar>

#include "app/workspaces/chat/sampling_panel.h"
#include "changed_demo.h"
#include "chat_hands.h"

using namespace app;

class TestChatFailures : public QObject {
  Q_OBJECT
 private:
  QString withoutTemplate() const {
    return changedDemo(m_folder.filePath(QStringLiteral("base.gguf")),
                       [](QByteArray& bytes) { bytes.replace("tokenizer.chat_template", "tokenizer.chat_tomplate"); });
  }
  static QLabel* noticeOf(ChatHands& hands, std::size_t pane) {
    return hands.pane(pane).findChild<QLabel*>(QStringLiteral("pane-notice"));
  }
  static QPushButton* actionOf(ChatHands& hands, std::size_t pane) {
    return hands.pane(pane).findChild<QPushButton*>(QStringLiteral("pane-action"));
  }

  QTemporaryDir m_folder;

 private Q_SLOTS:
  void aModelWithoutATemplateSaysSoBeforehandAndContinuesTexts() {
    WorkspaceWindow shown(QStringLiteral("chat"), withoutTemplate());
    ChatHands hands(shown);
    QVERIFY(shown.waitUntilIdle());
    auto* mode = shown.find<QComboBox>(QStringLiteral("mode"));
    auto* note = shown.find<QLabel>(QStringLiteral("mode-note"));
    QCOMPARE(mode->currentData().toInt(), static_cast<int>(PromptMode::Completion));
    QVERIFY2(note->isVisible() && note->text().contains(QStringLiteral("chat template")), qPrintable(note->text()));
    mode->setFocus();
    QTest::keyClick(mode, Qt::Key_Up);  // there is no other mode to go to
    QCOMPARE(mode->currentData().toInt(), static_cast<int>(PromptMode::Completion));
    QVERIFY(hands.ask(QStringLiteral("The fox and the")));
    for (const std::size_t pane : {0U, 1U}) {
      QVERIFY(!hands.answer(pane).tokens.empty());
      QCOMPARE(hands.answer(pane).source.mode, PromptMode::Completion);
    }
    const auto tokens =
        shown.selection().model()->tokenizer()->encodePrompt("The fox and the", core::text::SpecialTokens::Parse);
    QVERIFY(hands.answer(0).prompt == tokens);
  }

  void textsAreContinuedByHandToo() {
    WorkspaceWindow shown(QStringLiteral("chat"));
    ChatHands hands(shown);
    QVERIFY(shown.waitUntilIdle());
    auto* note = shown.find<QLabel>(QStringLiteral("mode-note"));
    QVERIFY(!note->isVisible());
    auto* mode = shown.find<QComboBox>(QStringLiteral("mode"));
    mode->setFocus();
    QTest::keyClick(mode, Qt::Key_Down);
    QVERIFY(note->isVisible());
    QVERIFY(hands.ask(QStringLiteral("The fox and the")));
    QCOMPARE(hands.answer(0).source.mode, PromptMode::Completion);
    QString verdict = shown.find<QLabel>(QStringLiteral("verdict"))->text();
    QVERIFY(verdict.replace(QChar::Nbsp, u' ').contains(QStringLiteral("both continue the text")));
    mode->setFocus();
    QTest::keyClick(mode, Qt::Key_Up);
    QVERIFY(hands.ask(QStringLiteral("What is 20 + 30?")));
    QCOMPARE(hands.answer(0).source.messages.size(), std::size_t{1});  // a continued text is no part of a chat
  }

  void aPromptLongerThanTheContextComesBackAndTheContextCanGrow() {
    WorkspaceWindow shown(QStringLiteral("chat"));
    ChatHands hands(shown);
    QVERIFY(shown.waitUntilIdle());
    auto* context = shown.find<QSpinBox>(QStringLiteral("context"));
    QTest::mouseClick(shown.find<QPushButton>(QStringLiteral("settings")), Qt::LeftButton);
    QVERIFY(context->isVisible());
    QCOMPARE(context->maximum(), static_cast<int>(shown.selection().model()->config().contextLength));
    auto* cost = shown.find<QLabel>(QStringLiteral("context-cost"));
    const QString dear = cost->text();
    context->setFocus();
    context->selectAll();
    QTest::keyClicks(context, QStringLiteral("24"));
    QTest::keyClick(context, Qt::Key_Return);
    QVERIFY(cost->text() != dear && cost->text().contains(QStringLiteral("KV cache")));
    QVERIFY(shown.waitUntilIdle());
    QTest::mouseClick(shown.find<QPushButton>(QStringLiteral("settings")), Qt::LeftButton);
    QVERIFY(!context->isVisible());

    const QString prompt =
        QStringLiteral("Why are outliers a problem for a quantized model, and what is done about it?");
    QVERIFY(hands.ask(prompt));
    QVERIFY(hands.conversation().isEmpty());
    QCOMPARE(hands.prompt()->toPlainText(), prompt);
    QVERIFY2(noticeOf(hands, 0)->isVisible() && noticeOf(hands, 0)->text().contains(QStringLiteral("24")),
             qPrintable(noticeOf(hands, 0)->text()));
    QVERIFY(actionOf(hands, 0)->isVisible());
    QTest::mouseClick(actionOf(hands, 0), Qt::LeftButton);
    QVERIFY(context->isVisible() && context->hasFocus());
    QTest::keyClicks(context, QStringLiteral("512"));
    QTest::keyClick(context, Qt::Key_Return);
    QVERIFY(shown.waitUntilIdle());
    hands.prompt()->setFocus();
    QTest::keyClick(hands.prompt(), Qt::Key_Return);
    QVERIFY(hands.isDone());
    QVERIFY(!hands.answer(0).tokens.empty() && !hands.answer(1).tokens.empty());
    QCOMPARE(hands.answer(0).source.contextLength, 512U);
    QVERIFY(!noticeOf(hands, 0)->isVisible());
  }

  void aModelWithNanNamesTheTensorAndLeadsToIt() {
    const std::string name = "blk.2.ffn_up.weight";
    const QString path = demoWithNan(m_folder.filePath(QStringLiteral("nan.gguf")), name);
    WorkspaceWindow shown(QStringLiteral("chat"), path);
    ChatHands hands(shown);
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(hands.ask(QStringLiteral("What is NF4?")));
    // The scheme may have stored the NaN as a number: then the other pane answers, and the question stays.
    QVERIFY(!hands.conversation().isEmpty() || hands.prompt()->toPlainText() == QStringLiteral("What is NF4?"));
    QWidget* place = &hands.pane(0);
    if (!hands.conversation().isEmpty()) place = hands.pane(0).newest();
    const QString kind = hands.conversation().isEmpty() ? QStringLiteral("pane-") : QStringLiteral("answer-");
    auto* notice = place->findChild<QLabel*>(kind + QStringLiteral("notice"));
    QVERIFY2(notice->isVisible() && notice->text().contains(QString::fromStdString(name)), qPrintable(notice->text()));
    shown.selection().setTensor(0);
    QTest::mouseClick(place->findChild<QPushButton*>(kind + QStringLiteral("action")), Qt::LeftButton);
    QCOMPARE(shown.selection().workspace(), QStringLiteral("inspect"));
    QCOMPARE(shown.selection().tensorInfo()->name, name);
  }

  // The same where products are computed in FP16.
  void aNanUnderComputeFp16IsNamed() {
    const std::string name = "blk.2.ffn_up.weight";
    const QString path = demoWithNan(m_folder.filePath(QStringLiteral("nan16.gguf")), name);
    WorkspaceWindow shown(QStringLiteral("chat"), path);
    ChatHands hands(shown);
    QVERIFY(shown.waitUntilIdle());
    for (const char* text : {"bf16:compute=fp16", "nf4:compute=fp16", "q4_k:compute=fp16"}) {
      shown.selection().addOwn(core::quant::Scheme::parse(text));
      QVERIFY(shown.waitUntilIdle());
      QVERIFY2(hands.choose(1, QString::fromLatin1(text)), text);
      QVERIFY(hands.isDone());
      hands.prompt()->clear();
      QVERIFY(hands.ask(QStringLiteral("What is NF4?")));
      QStringList notices;
      for (std::size_t pane : {0, 1}) {
        const bool isEmpty = hands.conversation().isEmpty();
        const QWidget* place = &hands.pane(pane);
        if (!isEmpty) place = hands.pane(pane).newest();
        const QString kind = isEmpty ? QStringLiteral("pane-notice") : QStringLiteral("answer-notice");
        const auto* notice = place->findChild<QLabel*>(kind);
        if (notice->isVisible()) notices << notice->text();
      }
      QVERIFY2(!notices.isEmpty(), text);
      for (const QString& notice : notices)
        QVERIFY2(notice.contains(QString::fromStdString(name)), qPrintable(QLatin1String(text) + u' ' + notice));
    }
  }

  void theStatusLineNamesWhatThePanesRunOn() {
    WorkspaceWindow shown(QStringLiteral("chat"));
    ChatHands hands(shown);
    QVERIFY(shown.waitUntilIdle());
    const QString facts = hands.pane(0).findChild<QLabel*>(QStringLiteral("pane-facts"))->toolTip();
    QStringList said;
    for (const QLabel* label : shown.window().statusBar()->findChildren<QLabel*>()) said << label->text();
    const auto names = [&](const QString& start) {
      return std::ranges::any_of(said, [&](const QString& text) { return text.startsWith(start); });
    };
    const bool isCpu = facts.contains(QStringLiteral("CPU ("));
    QCOMPARE(names(QStringLiteral("CPU")), isCpu);
    QCOMPARE(names(QStringLiteral("GPU")), !isCpu);
  }

  void aLostDeviceIsSaidAndTheCpuIsOffered() {
    WorkspaceWindow shown(QStringLiteral("chat"));
    ChatHands hands(shown);
    QVERIFY(shown.waitUntilIdle());
    auto* sampling = shown.find<SamplingPanel>();
    if (!hands.chooseVulkan()) QSKIP("There is no Vulkan device here.");
    loseDevice(shown, hands);
    QVERIFY(hands.ask(QStringLiteral("What is 20 + 30?")));
    QVERIFY(hands.conversation().isEmpty());
    QCOMPARE(hands.prompt()->toPlainText(), QStringLiteral("What is 20 + 30?"));
    QVERIFY(noticeOf(hands, 1)->isVisible());
    QVERIFY2(actionOf(hands, 1)->isVisible(), qPrintable(noticeOf(hands, 1)->text()));
    // Without a choice the next message opens the device anew.
    QTest::keyClick(hands.prompt(), Qt::Key_Return);
    QVERIFY(hands.isDone());
    QVERIFY2(hands.answer(0).text().contains(QStringLiteral("50")), qPrintable(hands.answer(0).text()));
    QCOMPARE(hands.answer(0).source.device, QStringLiteral("vulkan:0"));

    loseDevice(shown, hands);
    QVERIFY(hands.ask(QStringLiteral("What is 1 + 2?")));
    QCOMPARE(hands.conversation().turns().size(), std::size_t{1});
    QTest::mouseClick(actionOf(hands, 1), Qt::LeftButton);
    QCOMPARE(sampling->device().toString(), std::string("cpu"));
    hands.prompt()->setFocus();
    QTest::keyClick(hands.prompt(), Qt::Key_Return);
    QVERIFY(hands.isDone());
    QCOMPARE(hands.answer(0).source.device, QStringLiteral("cpu"));
    QVERIFY(!hands.answer(1).tokens.empty());
  }

  // Lost in the middle of an answer: what was said stays, under the sentence.
  void aDeviceLostInTheMiddleKeepsWhatWasSaid() {
    WorkspaceWindow shown(QStringLiteral("chat"));
    ChatHands hands(shown);
    QVERIFY(shown.waitUntilIdle());
    if (!hands.chooseVulkan()) QSKIP("There is no Vulkan device here.");
    loseDevice(shown, hands, 40);
    QVERIFY(hands.ask(QStringLiteral("Tell me a story about a fox.")));
    QCOMPARE(hands.conversation().turns().size(), std::size_t{1});
    QVERIFY(!hands.answer(0).tokens.empty());
    QVERIFY(hands.answer(0).failure.has_value() || hands.answer(1).failure.has_value());
    const std::size_t lost = hands.answer(0).failure ? 0 : 1;
    auto* notice = hands.pane(lost).newest()->findChild<QLabel*>(QStringLiteral("answer-notice"));
    QVERIFY(notice->isVisible() && !notice->text().isEmpty());
    QVERIFY(hands.ask(QStringLiteral("What is 20 + 30?")));
    QVERIFY2(hands.answer(0).text().contains(QStringLiteral("50")), qPrintable(hands.answer(0).text()));
  }

 private:
  static void loseDevice(WorkspaceWindow& shown, ChatHands& hands, std::uint32_t after = 0) {
    shown.window().jobs().run(
        &shown.window(), {QStringLiteral("test.lose"), {}, Lane::Inference},
        [engine = &hands.workspace().dialogue().runner().engine().engine(), after](const core::JobContext&) {
          engine->injectDeviceLoss(after);
        },
        [] {});
    QVERIFY(shown.waitUntilIdle());
  }
};

QTEST_MAIN(TestChatFailures)
#include "tst_chat_failures.moc"
