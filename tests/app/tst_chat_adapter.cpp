// The adapter of a pane: switched off and on, and scaled in the middle of a conversation, by mouse and keyboard.
#include <QCheckBox>
#include <QSlider>
#include <QTemporaryDir>
#include <QTest>
#include <algorithm>

#include "app/session/recipe_file.h"
#include "app/workspaces/chat/adapter_bar.h"
#include "chat_hands.h"
#include "support/adapter_folder.h"
#include "workspace_window.h"

using namespace app;

class TestChatAdapter : public QObject {
  Q_OBJECT

  QTemporaryDir m_folder;
  std::string m_adapter;

  /// A chat whose second pane runs NF4 with the adapter.
  struct Chat : WorkspaceWindow {
    explicit Chat(const std::string& adapter) : WorkspaceWindow(QStringLiteral("chat")), hands(*this) {
      if (!waitUntilIdle()) return;
      selection().addOwn(openRecipe("nf4+adapter:" + adapter), QStringLiteral("Tuned"));
      Link link{QStringLiteral("chat"), {}, {}};
      link.set(QStringLiteral("panes"), QStringLiteral("stored|Tuned"));
      problem = hands.workspace().openLink(link);
      static_cast<void>(waitUntilIdle());
    }
    QSlider* slider(std::size_t pane) {
      return hands.pane(pane).findChild<QSlider*>(QStringLiteral("adapter-strength"));
    }
    QCheckBox* toggle(std::size_t pane) {
      return hands.pane(pane).findChild<QCheckBox*>(QStringLiteral("adapter-switch"));
    }
    double strength() { return adapterStrength(hands.pane(1).scheme()).value_or(-1); }
    bool settle(double percent) {
      return QTest::qWaitFor([&] { return strength() == percent; }, 30000) && hands.isDone();
    }

    ChatHands hands;
    QString problem;
  };

 private Q_SLOTS:
  void initTestCase() {
    qputenv("VK_ICD_FILENAMES", "/dev/null");
    m_adapter = m_folder.filePath(QStringLiteral("tuned")).toStdString();
    const auto demo = OpenModel::open("demo");
    const auto query = demo->checkpoint().view("blk.2.attn_q.weight").shape;
    const auto up = demo->checkpoint().view("blk.2.ffn_up.weight").shape;
    support::writeAdapterFolder(m_adapter,
                                {{"model.layers.2.self_attn.q_proj", query.rows(), query.rowValues()},
                                 {"model.layers.2.mlp.up_proj", up.rows(), up.rowValues()}},
                                0.1F);
  }

  void theStrengthIsChangedInTheMiddleOfAConversation() {
    Chat chat(m_adapter);
    QCOMPARE(chat.problem, QString());
    QVERIFY2(!chat.slider(0)->isVisible(), "the reference has no adapter");
    QVERIFY(chat.slider(1)->isVisible() && chat.toggle(1)->isChecked());
    QCOMPARE(chat.slider(1)->value(), 100);
    QVERIFY(chat.hands.ask(QStringLiteral("What is NF4?")));
    QCOMPARE(chat.hands.conversation().turns().size(), std::size_t{1});
    const QString before = chat.hands.titleOf(chat.hands.pane(1).newest());
    QTRY_VERIFY_WITH_TIMEOUT(chat.slider(1)->isEnabled(), 30000);
    // Twice as strong, by keyboard: page up four times is one change.
    chat.slider(1)->setFocus();
    for (int i = 0; i < 4; ++i) QTest::keyClick(chat.slider(1), Qt::Key_PageUp);
    QCOMPARE(chat.slider(1)->value(), 200);
    QVERIFY2(chat.settle(200), qPrintable(QString::number(chat.strength())));
    // The conversation is there, and what was said before keeps the name of what said it.
    QCOMPARE(chat.hands.conversation().turns().size(), std::size_t{1});
    const auto& answers = chat.hands.conversation().turns().front().answers[1];
    QCOMPARE(answers.size(), std::size_t{2});
    QCOMPARE(answers.front().source.title, before);
    QVERIFY2(answers.back().source.title.contains(QStringLiteral("200")), qPrintable(answers.back().source.title));
    // The next question is read behind the same conversation.
    QVERIFY(chat.hands.ask(QStringLiteral("What is INT8?")));
    QCOMPARE(chat.hands.conversation().turns().size(), std::size_t{2});
    QVERIFY(chat.hands.answer(1).source.messages.size() >= 3);
    // Off, and on again at what it was.
    QTest::mouseClick(chat.toggle(1), Qt::LeftButton, {}, QPoint(8, chat.toggle(1)->height() / 2));
    QVERIFY(chat.settle(0));
    QVERIFY(!chat.toggle(1)->isChecked());
    QTest::mouseClick(chat.toggle(1), Qt::LeftButton, {}, QPoint(8, chat.toggle(1)->height() / 2));
    QVERIFY(chat.settle(200));
    // One row of the list went through all of it.
    const auto& schemes = chat.selection().schemes();
    QCOMPARE(std::ranges::count_if(schemes, [](const SchemeEntry& entry) { return entry.recipe.adapter != nullptr; }),
             1);
  }

  void withoutItsStrengthTheAdapterChangesNothing() {
    Chat chat(m_adapter);
    chat.slider(1)->setFocus();
    QTest::keyClick(chat.slider(1), Qt::Key_Home);
    QVERIFY(chat.settle(0));
    Link link{QStringLiteral("chat"), {}, {}};
    for (const SchemeEntry& entry : chat.selection().schemes())
      if (entry.recipe.adapter) link.set(QStringLiteral("panes"), QStringLiteral("nf4|") + entry.title);
    QCOMPARE(chat.hands.workspace().openLink(link), QString());
    QVERIFY(chat.waitUntilIdle());
    QVERIFY(chat.hands.ask(QStringLiteral("What is NF4?")));
    QCOMPARE(chat.hands.answer(0).text(), chat.hands.answer(1).text());
  }
};

QTEST_MAIN(TestChatAdapter)
#include "tst_chat_adapter.moc"
