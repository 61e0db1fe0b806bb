// What a chat template can be told, set in the settings of the chat by mouse and keyboard.
#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QToolButton>

#include "app/widgets/fold_head.h"
#include "app/workspaces/chat/json_control.h"
#include "app/workspaces/chat/sampling_panel.h"
#include "app/workspaces/chat/template_panel.h"
#include "chat_hands.h"
#include "thinking_demo.h"

using namespace app;

class TestTemplateControls : public QObject {
  Q_OBJECT

  QTemporaryDir m_folder;
  QString m_model;

  struct Chat : WorkspaceWindow {
    explicit Chat(const QString& model) : WorkspaceWindow(QStringLiteral("chat"), model), hands(*this) {
      static_cast<void>(waitUntilIdle());
      QTest::mouseClick(find<QPushButton>(QStringLiteral("settings")), Qt::LeftButton);
    }
    TemplatePanel& panel() { return *find<TemplatePanel>(QStringLiteral("template-panel")); }
    template <class T>
    T* control(const char* name) {
      return panel().findChild<T*>(QString::fromLatin1(name));
    }
    const std::string prompt() { return selection().model()->tokenizer()->decode(hands.answer(0).prompt); }
    ChatHands hands;
  };
  static void replace(QPlainTextEdit* editor, const QString& text) {
    editor->setFocus();
    QTest::keyClick(editor, Qt::Key_A, Qt::ControlModifier);
    QTest::keyClicks(editor, text);
  }

 private Q_SLOTS:
  void initTestCase() {
    qputenv("VK_ICD_FILENAMES", "/dev/null");
    m_model = m_folder.filePath(QStringLiteral("thinking.gguf"));
    writeDemoWithTemplate(m_model.toStdString(), kThinkingTemplate);
  }

  void onlyATemplateWithVariablesHasTheGroup() {
    Chat plain(QStringLiteral("demo"));
    QVERIFY(!plain.panel().isVisible());
    Chat chat(m_model);
    QTRY_VERIFY(chat.panel().isVisible());
    QVERIFY(chat.control<QCheckBox>("template-enable_thinking")->isChecked());
    QVERIFY(!chat.control<QToolButton>("undo-enable_thinking")->isVisible());
    auto* effort = chat.control<QComboBox>("template-reasoning_effort");
    QVERIFY(effort != nullptr && effort->findText(QStringLiteral("high")) >= 0);
    QCOMPARE(effort->lineEdit()->placeholderText(), QStringLiteral("medium"));
    QCOMPARE(chat.control<FoldHead>("template-tools")->text(), QStringLiteral("tools · none"));
  }

  void aSwitchCountsFromTheNextMessageAndCanBeTakenBack() {
    Chat chat(m_model);
    QTRY_VERIFY(chat.panel().isVisible());
    QVERIFY(chat.hands.ask(kThoughtQuestion));
    QVERIFY(chat.hands.answer(0).thought.has_value());
    QVERIFY(chat.hands.answer(0).source.templateValues.empty());
    auto* thinking = chat.control<QCheckBox>("template-enable_thinking");
    thinking->setFocus();
    QTest::keyClick(thinking, Qt::Key_Space);
    QVERIFY(chat.hands.answer(0).thought.has_value());  // what was said stays
    QVERIFY(chat.hands.ask(QStringLiteral("What is INT8?")));
    QVERIFY(!chat.hands.answer(0).thought.has_value());
    QVERIFY(QString::fromStdString(chat.prompt()).endsWith(QStringLiteral("Well: ")));
    QCOMPARE(chat.hands.answer(0).source.templateValues, (TemplateValues{{"enable_thinking", "false"}}));
    auto* undo = chat.control<QToolButton>("undo-enable_thinking");
    QVERIFY(undo->isVisible());
    QTest::mouseClick(undo, Qt::LeftButton);
    QVERIFY(thinking->isChecked() && !undo->isVisible());
    QVERIFY(chat.hands.ask(kThoughtQuestion));
    QVERIFY(chat.hands.answer(0).thought.has_value());
  }

  void textsAndListsReachTheTemplate() {
    Chat chat(m_model);
    QTRY_VERIFY(chat.panel().isVisible());
    auto* effort = chat.control<QComboBox>("template-reasoning_effort");
    effort->setFocus();
    QTest::keyClicks(effort->lineEdit(), QStringLiteral("high"));
    auto* head = chat.control<FoldHead>("template-tools");
    QTest::mouseClick(head, Qt::LeftButton);
    auto* editor = chat.control<QPlainTextEdit>("json-tools");
    QVERIFY(editor->isVisible());
    auto* problem = chat.control<QLabel>("problem-tools");
    replace(editor, QStringLiteral("[{\"name\": \"add\""));
    QVERIFY2(problem->isVisible() && problem->text().startsWith(QStringLiteral("tools: ")),
             qPrintable(problem->text()));
    QVERIFY(problem->text().endsWith(QStringLiteral("Until it is right the model is given none.")));
    replace(editor, QStringLiteral("7"));
    QVERIFY2(problem->text().contains(QStringLiteral("a list or an object")), qPrintable(problem->text()));
    QVERIFY(chat.hands.ask(QStringLiteral("What is INT8?")));
    QVERIFY2(chat.prompt().find("Think hard.") != std::string::npos, chat.prompt().c_str());
    QVERIFY(chat.prompt().find("tools.") == std::string::npos);

    QFile file(m_folder.filePath(QStringLiteral("tools.json")));
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write("[{\"name\": \"add\"}, {\"name\": \"sub\"}]") > 0);
    file.close();
    chat.panel().findChild<JsonControl*>()->openFile(file.fileName());
    QVERIFY(!problem->isVisible());
    QCOMPARE(head->text(), QStringLiteral("tools · 2 entries"));
    QVERIFY(chat.hands.ask(QStringLiteral("What is INT4?")));
    QVERIFY2(chat.prompt().find("2 tools.") != std::string::npos, chat.prompt().c_str());
    chat.panel().findChild<JsonControl*>()->openFile(m_folder.path());
    QVERIFY(problem->isVisible());

    // Remembered with the conversation.
    chat.restart(QStringLiteral("chat"), m_model);
    QVERIFY(chat.waitUntilIdle());
    QTRY_COMPARE(chat.hands.conversation().turns().size(), std::size_t{2});
    QTRY_COMPARE(chat.panel().values().size(), std::size_t{2});
    QCOMPARE(chat.panel().values(), chat.hands.answer(0).source.templateValues);
    QCOMPARE(chat.control<QComboBox>("template-reasoning_effort")->currentText(), QStringLiteral("high"));
    QCOMPARE(chat.control<FoldHead>("template-tools")->text(), QStringLiteral("tools · 2 entries"));
    // Another model has nothing of it.
    QVERIFY(chat.replaceModel(QStringLiteral("demo")));
    QVERIFY(chat.waitUntilIdle());
    QVERIFY(!chat.panel().isVisible() && chat.panel().values().empty());
  }
};

QTEST_MAIN(TestTemplateControls)
#include "tst_template_controls.moc"
