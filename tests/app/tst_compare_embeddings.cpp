// Compare's page of embeddings on a small encoder, driven with mouse and keyboard.
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTabBar>
#include <QTabWidget>
#include <QTest>

#include "app/widgets/text_table.h"
#include "workspace_window.h"

using namespace app;

class TestCompareEmbeddings : public QObject {
  Q_OBJECT

  static inline const QString kBert = QStringLiteral(QS_TEST_DATA "/encoders/bert.gguf");

  static QString status(WorkspaceWindow& shown) {
    return shown.find<QLabel>(QStringLiteral("embedding-status"))->text();
  }
  static QPushButton* button(WorkspaceWindow& shown) {
    return shown.find<QPushButton>(QStringLiteral("embedding-compute"));
  }
  static TextTable* table(WorkspaceWindow& shown, const char* name) {
    return shown.find<TextTable>(QString::fromUtf8(name));
  }
  static void type(WorkspaceWindow& shown, const QString& texts) {
    auto* edit = shown.find<QPlainTextEdit>(QStringLiteral("embedding-texts"));
    QTest::mouseClick(edit->viewport(), Qt::LeftButton);
    QTest::keyClick(edit, Qt::Key_A, Qt::ControlModifier);
    QTest::keyClick(edit, Qt::Key_Delete);
    const QStringList lines = texts.split(u'\n');
    for (qsizetype i = 0; i < lines.size(); ++i) {
      if (i > 0) QTest::keyClick(edit, Qt::Key_Return);
      QTest::keyClicks(edit, lines[i]);
    }
  }
  static void tick(WorkspaceWindow& shown, const std::vector<const char*>& schemes) {
    for (const auto& recipe : shown.selection().checkedRecipes()) shown.selection().setChecked(recipe, false);
    for (const char* const scheme : schemes) shown.selection().setChecked(core::quant::Scheme::parse(scheme), true);
  }
  static int indexOf(WorkspaceWindow& shown) {
    return shown.find<QTabWidget>(QStringLiteral("compare-pages"))->currentIndex();
  }

 private slots:
  void textsAreComparedUnderSchemes() {
    WorkspaceWindow shown(QStringLiteral("compare"), kBert);
    tick(shown, {"int8", "int2"});
    auto* pages = shown.find<QTabWidget>(QStringLiteral("compare-pages"));
    QCOMPARE(pages->tabText(pages->currentIndex()), QStringLiteral("Embeddings"));
    type(shown, QStringLiteral("the cat sat\n\na dog sat on the mat\nriver bank"));
    QVERIFY(button(shown)->isEnabled());
    QTest::mouseClick(button(shown), Qt::LeftButton);
    QVERIFY(shown.waitUntilIdle());
    auto* schemes = table(shown, "embedding-schemes");
    QTRY_COMPARE(schemes->rowCount(), 3);
    QVERIFY2(status(shown).startsWith(QStringLiteral("3 texts")), qPrintable(status(shown)));
    const double int8 = schemes->item(1, 1)->text().toDouble(), int2 = schemes->item(2, 1)->text().toDouble();
    QVERIFY(int8 > 0.99 && int8 < 1.0 && int2 < int8);
    // A row that is clicked is the one whose pairs are shown.
    auto* pairs = table(shown, "embedding-pairs");
    QCOMPARE(pairs->rowCount(), 3);
    const QString before = pairs->item(0, 2)->text();
    QTest::mouseClick(schemes->viewport(), Qt::LeftButton, {}, schemes->visualItemRect(schemes->item(2, 0)).center());
    QVERIFY(pairs->item(0, 2)->text() != before);
    QCOMPARE(pairs->item(1, 2)->text(), QStringLiteral("1.0000"));
    // Other texts and other schemes make it old; the same make it new again.
    type(shown, QStringLiteral("the cat"));
    QVERIFY2(status(shown).startsWith(QStringLiteral("Old: of other texts")), qPrintable(status(shown)));
    tick(shown, {"int8"});
    type(shown, QStringLiteral("the cat sat\na dog sat on the mat\nriver bank"));
    QVERIFY2(status(shown).startsWith(QStringLiteral("Old: of other schemes")), qPrintable(status(shown)));
    type(shown, QString());
    QVERIFY(!button(shown)->isEnabled());
    QVERIFY(status(shown).contains(QStringLiteral("at least one text")));
    // What is too long is a sentence, and nothing is lost.
    type(shown, QStringLiteral("cat ").repeated(120));
    QTest::mouseClick(button(shown), Qt::LeftButton);
    QVERIFY(shown.waitUntilIdle());
    QTRY_VERIFY2(status(shown).contains(QStringLiteral("122 tokens")), qPrintable(status(shown)));
    QCOMPARE(schemes->rowCount(), 3);
  }

  void aDecoderSaysWhatItLacks() {
    WorkspaceWindow shown(QStringLiteral("compare"));
    QVERIFY(indexOf(shown) == 0);
    QTabBar* bar = shown.find<QTabWidget>(QStringLiteral("compare-pages"))->tabBar();
    QTest::mouseClick(bar, Qt::LeftButton, {}, bar->tabRect(3).center());
    QVERIFY(!button(shown)->isEnabled());
    QVERIFY2(status(shown).contains(QStringLiteral("encoders")), qPrintable(status(shown)));
    // An encoder in its place brings the page forward, and nothing else of it can chat.
    QVERIFY(shown.replaceModel(kBert));
    QTRY_VERIFY(button(shown)->isEnabled());
    QCOMPARE(indexOf(shown), 3);
  }
};

QTEST_MAIN(TestCompareEmbeddings)
#include "tst_compare_embeddings.moc"
