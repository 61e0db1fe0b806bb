// The recipe designer in Layers on the demo model, driven with mouse and keyboard: few tokens, roles instead of
// tensors.
#include <QClipboard>
#include <QComboBox>
#include <QFileDialog>
#include <QGuiApplication>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QTabBar>
#include <QTabWidget>
#include <QTableView>
#include <QTest>
#include <cmath>

#include "app/session/recipe_size.h"
#include "app/widgets/text_table.h"
#include "app/workspaces/layers/design_chart.h"
#include "app/workspaces/layers/design_items_model.h"
#include "app/workspaces/layers/design_page.h"
#include "core/model/recipe/recipe_text.h"
#include "workspace_window.h"

using namespace app;
using core::quant::Scheme;

class TestDesign : public QObject {
  Q_OBJECT
 private:
  static constexpr int kTokens = 120;

  /// Layers with the designer in front, under a small question.
  struct Designer : WorkspaceWindow {
    Designer() : WorkspaceWindow(QStringLiteral("layers")) {
      if (!waitUntilIdle()) return;
      QTest::mouseClick(find<QPushButton>(QStringLiteral("design-open")), Qt::LeftButton);
      choose("design-grouping", QStringLiteral("role"));
      for (const char* tokens : {"design-tokens", "design-check-tokens"})
        find<QSpinBox>(QLatin1String(tokens))->setValue(kTokens);
    }
    /// Fewer candidates than usual.
    void use(const QStringList& schemes) {
      for (const auto& recipe : selection().checkedRecipes()) selection().setChecked(recipe, false);
      for (const QString& scheme : schemes) selection().setChecked(Scheme::parse(scheme.toStdString()), true);
      choose("design-candidates", QStringLiteral("Ticked schemes"));
    }
    /// Nothing of a size has to be made and measured before.
    void askForKl(double most) {
      choose("design-goal", QStringLiteral("Smallest, KL at most"));
      type(QLocale().toString(most));
    }
    /// Stops as soon as this many single measurements are drawn.
    bool designUntil(int singles) {
      QTest::mouseClick(start(), Qt::LeftButton);
      const auto isKnown = [&] { return chart().rowLabels.count(QStringLiteral("single")) >= singles; };
      const bool came = QTest::qWaitFor(isKnown, 120000);
      QTest::mouseClick(start(), Qt::LeftButton);
      return waitUntilIdle() && came;
    }
    void choose(const char* box, const QString& entry) {
      auto* combo = find<QComboBox>(QLatin1String(box));
      combo->setCurrentIndex(combo->findText(entry));
      Q_EMIT combo->activated(combo->currentIndex());
    }
    void type(const QString& limit) {
      auto* edit = find<QLineEdit>(QStringLiteral("design-limit"));
      edit->setFocus();
      edit->selectAll();
      QTest::keyClicks(edit, limit);
    }
    QPushButton* start() { return find<QPushButton>(QStringLiteral("design-start")); }
    QString text(const char* label) { return find<QLabel>(QLatin1String(label))->text(); }
    bool design() {
      QTest::mouseClick(start(), Qt::LeftButton);
      return waitUntilIdle();
    }
    ChartTable chart() { return find<DesignChart>()->table(); }
    DesignItemsModel* items() { return find<DesignPage>()->findChild<DesignItemsModel*>(); }
  };

 private Q_SLOTS:
  // Hundreds of runs over a hundred tokens: the CPU is through before a software GPU has its pipelines.
  void initTestCase() { qputenv("VK_ICD_FILENAMES", "/dev/null"); }

  void theQuestionSaysWhatIsPossibleBeforeAnythingIsMeasured() {
    Designer shown;
    QVERIFY(shown.find<DesignPage>()->isVisible());
    const auto& checkpoint = shown.selection().model()->checkpoint();
    const auto bytesOf = [&](const char* scheme) {
      return QLocale().toString(static_cast<qulonglong>(sizeUnder(checkpoint, Scheme::parse(scheme)).bytes));
    };
    const QString offer = shown.text("design-offer");
    QVERIFY2(offer.contains(QStringLiteral("7 roles")) && offer.contains(QStringLiteral("35 single")),
             qPrintable(offer));
    for (const char* scheme : {"int2", "int4", "int6"}) QVERIFY2(offer.contains(bytesOf(scheme)), qPrintable(offer));
    QVERIFY(shown.start()->isEnabled());
    // Bytes: what is too few is said with those that would do.
    shown.choose("design-goal", QStringLiteral("Best, bytes at most"));
    QVERIFY(!shown.start()->isEnabled());
    shown.type(QStringLiteral("1000"));
    QVERIFY(!shown.start()->isEnabled());
    QVERIFY2(shown.text("design-offer").contains(QString(bytesOf("int2")).remove(QLocale().groupSeparator())),
             qPrintable(shown.text("design-offer")));
    shown.type(bytesOf("int3"));
    QVERIFY2(shown.start()->isEnabled(), qPrintable(shown.text("design-offer")));
    for (const char* nonsense : {"-5", "1e9999", "many"}) {
      shown.type(QLatin1String(nonsense));
      QVERIFY(!shown.start()->isEnabled());
      QVERIFY(shown.text("design-offer").endsWith(u'.'));
    }
    shown.choose("design-goal", QStringLiteral("Best, bits/weight at most"));
    shown.type(QStringLiteral("65"));
    QVERIFY(!shown.start()->isEnabled());
    shown.type(QLocale().toString(6.5));
    QVERIFY2(shown.start()->isEnabled(), qPrintable(shown.text("design-offer")));
    // One scheme is no choice.
    shown.choose("design-candidates", QStringLiteral("Ticked schemes"));
    for (const auto& recipe : shown.selection().checkedRecipes()) shown.selection().setChecked(recipe, false);
    QVERIFY(!shown.start()->isEnabled());
    for (const char* scheme : {"int3", "q4_0"}) shown.selection().setChecked(Scheme::parse(scheme), true);
    QVERIFY2(shown.start()->isEnabled(), qPrintable(shown.text("design-offer")));
    QVERIFY(shown.text("design-offer").contains(QStringLiteral("14 single")));
  }

  void aRecipeIsDesignedCheckedAddedAndSaved() {
    Designer shown;
    shown.use({QStringLiteral("int3"), QStringLiteral("int4"), QStringLiteral("int5")});
    QVERIFY(shown.design());
    const QString verdict = shown.text("design-verdict");
    QVERIFY2(verdict.contains(QStringLiteral("INT4 · 32")), qPrintable(verdict));
    // The search: 21 single measurements, then ever better recipes, beside what they are to beat.
    const ChartTable table = shown.chart();
    double best = std::numeric_limits<double>::infinity(), like = 0;
    int singles = 0, steps = 0;
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
      const QString& what = table.rowLabels[static_cast<qsizetype>(i)];
      const double kl = table.rows[i][1];
      if (what == QStringLiteral("single")) ++singles;
      if (what == QStringLiteral("INT4 · 32")) like = kl;
      if (what != QStringLiteral("recipe")) continue;
      QVERIFY(kl < best);
      best = kl;
      ++steps;
    }
    QCOMPARE(singles, 21);
    QVERIFY(steps >= 1);
    QVERIFY2(best <= like,
             qPrintable(QStringLiteral("%1 %2").arg(best).arg(like)));  // uniform INT4 is one choice of many
    // The table sorts, and is copied.
    auto* view = shown.find<QTableView>(QStringLiteral("design-items"));
    QCOMPARE(view->model()->rowCount(), 7);
    view->sortByColumn(DesignItemsModel::Bytes, Qt::DescendingOrder);
    qulonglong last = ~qulonglong{0}, sum = 0;
    for (int row = 0; row < 7; ++row) {
      const auto bytes =
          view->model()->index(row, DesignItemsModel::Bytes).data(DesignItemsModel::kSortRole).toULongLong();
      QVERIFY(bytes <= last);
      last = bytes;
      sum += bytes;
    }
    view->setFocus();
    QTest::keyClick(view, Qt::Key_C, Qt::ControlModifier);
    QCOMPARE(QGuiApplication::clipboard()->text().split(u'\n', Qt::SkipEmptyParts).size(), 8);
    // Beside others, on the text that took no part.
    auto* rivals = shown.find<TextTable>(QStringLiteral("design-rivals"));
    QVERIFY(rivals->rowCount() >= 2);
    QCOMPARE(rivals->item(1, 0)->text(), QStringLiteral("INT4 · 32"));
    QVERIFY(!rivals->item(1, 3)->text().isEmpty());
    // Saved, it is read as the recipe that was added.
    QTemporaryDir folder;
    const QString file = folder.filePath(QStringLiteral("designed.txt"));
    QTest::mouseClick(shown.find<QPushButton>(QStringLiteral("design-save")), Qt::LeftButton);
    auto* dialog = shown.window().findChild<QFileDialog*>();
    QVERIFY(dialog != nullptr);
    Q_EMIT dialog->fileSelected(file);
    dialog->close();
    QFile saved(file);
    QVERIFY(saved.open(QIODevice::ReadOnly));
    const auto recipe = core::model::parseRecipe(saved.readAll().toStdString(), "saved");
    auto* add = shown.find<QPushButton>(QStringLiteral("design-add"));
    QTest::mouseClick(add, Qt::LeftButton);
    QVERIFY(!add->isEnabled());
    QVERIFY(shown.selection().isChecked(recipe));
    QCOMPARE(*shown.selection().currentRecipe(), recipe);
    QCOMPARE(shown.selection().title(recipe), QStringLiteral("Designed, INT4 · 32"));
    const auto& checkpoint = shown.selection().model()->checkpoint();
    const auto size = sizeUnder(checkpoint, recipe).bytes;
    QVERIFY(size <= sizeUnder(checkpoint, Scheme::parse("int4")).bytes && size > sum);
    QVERIFY(shown.text("design-verdict").contains(QLocale().toString(static_cast<qulonglong>(size))));
    // Back to the maps, where it is one of them.
    QTest::keyClick(shown.find<DesignPage>(), Qt::Key_Escape);
    QVERIFY(!shown.find<DesignPage>()->isVisible());
    QVERIFY(shown.waitUntilIdle());
  }

  void theSmallestUnderAKl() {
    Designer shown;
    shown.use({QStringLiteral("int4"), QStringLiteral("int6")});
    shown.askForKl(0.01);
    QVERIFY(shown.design());
    const ChartTable table = shown.chart();
    double kl = 1;
    for (std::size_t i = 0; i < table.rows.size(); ++i)
      if (table.rowLabels[static_cast<qsizetype>(i)] == QStringLiteral("recipe")) kl = table.rows[i][1];
    QVERIFY2(kl <= 0.01, qPrintable(shown.text("design-status")));
    QCOMPARE(shown.items()->rowCount(), 7);
    // What cannot be reached is said.
    shown.type(QLocale().toString(1e-9));
    QVERIFY(shown.design());
    QVERIFY2(shown.text("design-status").contains(QStringLiteral("KL")), qPrintable(shown.text("design-status")));
    QCOMPARE(shown.items()->rowCount(), 0);
  }

  void theFastestUnderAKl() {
    Designer shown;
    shown.use({QStringLiteral("int4"), QStringLiteral("int6")});
    shown.askForKl(1);
    shown.choose("design-goal", QStringLiteral("Fastest, KL at most"));
    QVERIFY(shown.design());
    QVERIFY2(shown.text("design-verdict").contains(QStringLiteral("tokens/s")),
             qPrintable(shown.text("design-status")));
    QCOMPARE(shown.items()->rowCount(), 7);
  }

  void stoppingKeepsWhatWasMeasured() {
    Designer shown;
    shown.choose("design-grouping", QStringLiteral("tensor"));
    shown.askForKl(0.01);
    QVERIFY(shown.designUntil(4));
    QCOMPARE(shown.start()->text(), QStringLiteral("Design again"));
    const QString status = shown.text("design-status");
    QVERIFY2(status.startsWith(QStringLiteral("Stopped after")) && status.contains(QStringLiteral("kept")),
             qPrintable(status));
    QVERIFY(shown.chart().rowLabels.count(QStringLiteral("single")) >= 4);
    QCOMPARE(shown.items()->rowCount(), 0);
    QVERIFY(!shown.find<QPushButton>(QStringLiteral("design-add"))->isEnabled());
  }

  void answersBelongToTheirQuestion() {
    Designer shown;
    shown.askForKl(0.01);
    QVERIFY(shown.designUntil(2));
    const auto isOld = [&] { return shown.text("design-status").startsWith(QStringLiteral("Old")); };
    QVERIFY(!isOld());
    shown.choose("design-grouping", QStringLiteral("layer"));
    QVERIFY2(isOld(), qPrintable(shown.text("design-status")));
    shown.choose("design-grouping", QStringLiteral("role"));
    QVERIFY(!isOld());
    shown.find<QSpinBox>(QStringLiteral("design-tokens"))->setValue(kTokens + 1);
    QVERIFY(isOld());
    shown.find<QSpinBox>(QStringLiteral("design-tokens"))->setValue(kTokens);
    QVERIFY(!isOld());
    shown.type(QLocale().toString(0.02));
    QVERIFY(isOld());
    shown.type(QLocale().toString(0.01));
    QVERIFY(!isOld());
    // Another model's answer does not stay at all.
    QVERIFY(shown.replaceModel(QStringLiteral("demo-smooth")));
    QVERIFY(shown.waitUntilIdle());
    QCOMPARE(shown.text("design-status"), QStringLiteral("Nothing was measured yet."));
    QCOMPARE(shown.items()->rowCount(), 0);
    QVERIFY(shown.chart().rows.empty());
  }
};

QTEST_MAIN(TestDesign)
#include "tst_design.moc"
