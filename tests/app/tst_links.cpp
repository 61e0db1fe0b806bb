// Links into the program: their text, what they select, where the window goes, and what is said about wrong ones.
#include <QClipboard>
#include <QGuiApplication>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QTest>

#include "app/selection/link.h"
#include "app/shell/arguments.h"
#include "workspace_window.h"

using namespace app;

class TestLinks : public QObject {
  Q_OBJECT

  static QString currentScheme(Selection& selection) {
    const auto& recipe = selection.currentRecipe();
    return recipe ? QString::fromStdString(recipe->toString()) : QString();
  }

 private Q_SLOTS:
  void aLinkIsItsText_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("workspace");
    QTest::addColumn<QStringList>("path");
    QTest::addColumn<QString>("key");
    QTest::addColumn<QString>("value");
    QTest::newRow("bits") << "quantscope://bits/fp32/0x3eeaf790"
                          << "bits" << QStringList{"fp32", "0x3eeaf790"} << ""
                          << "";
    QTest::newRow("query") << "quantscope://bits/e4m3:bias=8?text=0.1%2B0.2"
                           << "bits" << QStringList{"e4m3:bias=8"} << "text"
                           << "0.1+0.2";
    QTest::newRow("list") << "quantscope://quantize?values=0.45892,1,-0.3"
                          << "quantize" << QStringList() << "values"
                          << "0.45892,1,-0.3";
    QTest::newRow("scheme") << "quantscope://quantize?scheme=int8:group=32"
                            << "quantize" << QStringList() << "scheme"
                            << "int8:group=32";
    QTest::newRow("letters") << "quantscope://chat?prompt=Wie%20hei%C3%9Ft%20du%3F%20a%26b%23c"
                             << "chat" << QStringList() << "prompt" << QStringLiteral("Wie heißt du? a&b#c");
    QTest::newRow("slash") << "quantscope://learn/a%2Fb"
                           << "learn" << QStringList{"a/b"} << ""
                           << "";
  }
  void aLinkIsItsText() {
    QFETCH(QString, text);
    QFETCH(QString, workspace);
    QFETCH(QStringList, path);
    QFETCH(QString, key);
    QFETCH(QString, value);
    const auto link = Link::parse(text);
    QVERIFY(link);
    QCOMPARE(link->workspace, workspace);
    QCOMPARE(link->path, path);
    if (!key.isEmpty()) QCOMPARE(link->value(key), value);
    Link made{workspace, path, {}};
    if (!key.isEmpty()) made.set(key, value);
    const auto again = Link::parse(made.toString());
    QVERIFY(again);
    QCOMPARE(again->path, path);
    QCOMPARE(again->value(key), key.isEmpty() ? QString() : value);
    QCOMPARE(again->toString(), made.toString());
  }

  void otherTextsAreNoLinks() {
    for (const char* text :
         {"", "quantscope://", "quantscope:///", "https://bits/fp32", "bits/fp32", "quantscope:bits"})
      QVERIFY2(!Link::parse(QString::fromLatin1(text)), text);
    QVERIFY(!Link::parse(QStringLiteral("quantscope://bits/") + QString(9000, u'1')));
    QVERIFY(Link::parse(QStringLiteral("  QUANTSCOPE://Bits \n")));
  }

  void theCommandLineTakesOne() {
    WindowOptions options;
    QVERIFY(!readArguments({"quantscope", "demo", "quantscope://inspect?weight=7"}, options));
    QCOMPARE(options.model, QStringLiteral("demo"));
    QVERIFY(options.link);
    QCOMPARE(options.link->value(QStringLiteral("weight")), QStringLiteral("7"));
    QCOMPARE(readArguments({"quantscope", "quantscope://nowhere/1"}, options), std::optional(2));
    QCOMPARE(readArguments({"quantscope", "quantscope://"}, options), std::optional(2));
  }

  void aLinkSelectsTensorWeightAndScheme() {
    WorkspaceWindow window(QStringLiteral("layers"));
    Selection& selection = window.selection();
    const auto& info = selection.model()->checkpoint().tensors()[3];
    window.window().openLink(
        QStringLiteral("quantscope://inspect?tensor=%1&weight=1,2&scheme=nf4").arg(QString::fromStdString(info.name)));
    QCOMPARE(window.window().errorText(), QString());
    QCOMPARE(selection.workspace(), QStringLiteral("inspect"));
    QCOMPARE(selection.tensor(), std::optional<std::size_t>(3));
    QCOMPARE(selection.weight(), std::optional<std::uint64_t>(info.shape.rowValues() + 2));
    QCOMPARE(currentScheme(selection), QStringLiteral("nf4"));
    QVERIFY(selection.isChecked(*selection.currentRecipe()));
    // And the link of what is shown leads back there.
    QTest::keyClick(&window.window(), Qt::Key_C, Qt::ControlModifier | Qt::ShiftModifier);
    const QString copied = QGuiApplication::clipboard()->text();
    selection.setTensor(5);
    window.window().openLink(copied);
    QCOMPARE(selection.tensor(), std::optional<std::size_t>(3));
    QCOMPARE(selection.weight(), std::optional<std::uint64_t>(info.shape.rowValues() + 2));
    // A scheme that the list does not have becomes one's own.
    window.window().openLink(QStringLiteral("quantscope://layers?scheme=int5:group=96"));
    QCOMPARE(currentScheme(selection), QStringLiteral("int5:group=96"));
  }

  void wrongOnesAreSentencesAndChangeNothing_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("said");
    QTest::newRow("no link") << "hello"
                             << "is no link";
    QTest::newRow("workspace") << "quantscope://nowhere"
                               << "no workspace \"nowhere\"";
    QTest::newRow("tensor") << "quantscope://inspect?tensor=blk.99.none"
                            << "no tensor \"blk.99.none\"";
    QTest::newRow("row") << "quantscope://inspect?weight=999999,0"
                         << "ROW,COLUMN";
    QTest::newRow("column") << "quantscope://inspect?weight=0,-1"
                            << "ROW,COLUMN";
    QTest::newRow("words") << "quantscope://inspect?weight=1,2,3"
                           << "ROW,COLUMN";
    QTest::newRow("scheme") << "quantscope://layers?scheme=int99"
                            << "int99";
    QTest::newRow("key") << "quantscope://layers?wight=3"
                         << "names nothing";
    QTest::newRow("path") << "quantscope://inspect/here"
                          << "names nothing";
  }
  void wrongOnesAreSentencesAndChangeNothing() {
    QFETCH(QString, text);
    QFETCH(QString, said);
    WorkspaceWindow window(QStringLiteral("inspect"));
    const auto tensor = window.selection().tensor();
    const auto scheme = window.selection().currentRecipe();
    window.window().openLink(text);
    QVERIFY2(window.window().errorText().contains(said), qPrintable(window.window().errorText()));
    QCOMPARE(window.selection().tensor(), tensor);
    QVERIFY(!window.selection().weight());
    QVERIFY(window.selection().currentRecipe() == scheme);
  }

  void aWorkspaceThatNeedsAModelGetsTheDemo() {
    QTemporaryDir settings;
    QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, settings.path());
    MainWindow window;
    window.show();
    window.openLink(QStringLiteral("quantscope://chat?prompt=Who%20are%20you%3F&scheme=int2"));
    QTRY_VERIFY_WITH_TIMEOUT(window.selection().model() != nullptr, 30000);
    QTRY_COMPARE(window.selection().workspace(), QStringLiteral("chat"));
    auto* prompt = window.findChild<QWidget*>(QStringLiteral("workspace-chat"))->findChild<QPlainTextEdit*>();
    QTRY_COMPARE(prompt->toPlainText(), QStringLiteral("Who are you?"));
    QCOMPARE(currentScheme(window.selection()), QStringLiteral("int2"));
  }

  void thePaletteFollowsAPastedLink() {
    WorkspaceWindow window(QStringLiteral("inspect"));
    QTest::keyClick(&window.window(), Qt::Key_K, Qt::ControlModifier);
    auto* field = window.window().findChild<QWidget*>(QStringLiteral("command-palette"))->findChild<QLineEdit*>();
    QGuiApplication::clipboard()->setText(QStringLiteral("quantscope://layers?scheme=int3"));
    QTest::keyClick(field, Qt::Key_V, Qt::ControlModifier);
    QTest::keyClick(field, Qt::Key_Return);
    QCOMPARE(window.selection().workspace(), QStringLiteral("layers"));
    QCOMPARE(currentScheme(window.selection()), QStringLiteral("int3"));
  }
};

QTEST_MAIN(TestLinks)
#include "tst_links.moc"
