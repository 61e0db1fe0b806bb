// The list of schemes and recipes: found by words, folded, sorted, ticked, added and kept, with mouse and keyboard.
#include <QCompleter>
#include <QFile>
#include <QLineEdit>
#include <QListView>
#include <QLocale>
#include <QScrollBar>
#include <QToolButton>

#include "app/pictures/layer_maps.h"
#include "app/selection/scheme_completion.h"
#include "app/shell/own_scheme.h"
#include "app/shell/scheme_list.h"
#include "app/shell/scheme_list_model.h"
#include "app/widgets/label.h"
#include "core/quant/registry.h"
#include "workspace_window.h"

using namespace app;
using core::model::FileType;
using core::model::Recipe;
using core::quant::Scheme;

class TestSchemes : public QObject {
  Q_OBJECT
 private:
  QTemporaryDir m_folder;

  static QStringList headings(const QAbstractItemModel& model) {
    QStringList found;
    for (int row = 0; row < model.rowCount(); ++row)
      if (model.index(row, 0).data(SchemeListModel::HeadingRole).toBool())
        found << model.index(row, 0).data().toString();
    return found;
  }
  static QStringList names(const QAbstractItemModel& model) {
    QStringList found;
    for (int row = 0; row < model.rowCount(); ++row)
      if (!model.index(row, 0).data(SchemeListModel::HeadingRole).toBool())
        found << model.index(row, 0).data().toString();
    return found;
  }
  static int rowOf(const QAbstractItemModel& model, const QString& title, bool heading) {
    int found = -1;
    for (int row = 0; row < model.rowCount(); ++row)
      if (model.index(row, 0).data().toString() == title &&
          model.index(row, 0).data(SchemeListModel::HeadingRole).toBool() == heading)
        found = row;
    return found;
  }
  static QLineEdit* filter(WorkspaceWindow& shown) {
    return shown.find<SchemeList>()->findChild<QLineEdit*>(QStringLiteral("scheme-filter"));
  }

 private Q_SLOTS:
  void everyPresetAndFileTypeStandsUnderOneHeading() {
    Selection selection;
    JobRunner jobs(1);
    SchemeListModel model(selection, jobs);
    std::size_t counted = 0;
    for (int row = 0; row < model.rowCount(); ++row) {
      const QModelIndex index = model.index(row);
      if (index.data(SchemeListModel::HeadingRole).toBool() && index.data().toString() != QStringLiteral("Compared"))
        counted += static_cast<std::size_t>(index.data(SchemeListModel::CountRole).toInt());
    }
    QCOMPARE(counted, core::quant::presets().size() + core::model::allFileTypes().size());
    QCOMPARE(headings(model).size(), 10);  // the checked ones and nine groups; nothing is one's own yet
    QCOMPARE(names(model).size(), static_cast<qsizetype>(selection.checkedRecipes().size()));
  }

  void theSchemeListSaysWhatTheModelWouldWeigh() {
    Selection selection;
    JobRunner jobs(1);
    SchemeListModel model(selection, jobs);
    const int row = model.rowOf(core::quant::Scheme::parse("nf4"));  // it is checked
    QVERIFY(model.index(row).data(SchemeListModel::SizeRole).toString().isEmpty());
    selection.setModel(OpenModel::open("demo"));
    QTRY_VERIFY(!model.index(row).data(SchemeListModel::SizeRole).toString().isEmpty());
    const auto& checkpoint = selection.model()->checkpoint();
    const QString bits = model.index(row).data(SchemeListModel::BitsRole).toString();
    selection.setTensor(0);  // the figures are the model's: another tensor does not change them
    QCOMPARE(model.index(row).data(SchemeListModel::BitsRole).toString(), bits);
    const auto sizes = sizesUnder(checkpoint, std::vector<core::model::Recipe>{core::quant::Scheme::parse("nf4"),
                                                                               core::quant::Scheme::parse("bf16")});
    QVERIFY(sizes[0].bytes < sizes[1].bytes);
    QCOMPARE(bits,
             QLocale().toString(
                 8.0 * static_cast<double>(sizes[0].bytes) / static_cast<double>(checkpoint.parameters()), 'f', 2));
    selection.setModel(nullptr);
    QVERIFY(model.index(row).data(SchemeListModel::SizeRole).toString().isEmpty());
  }

  void wordsFindSchemesByNameTextAndWhatTheyDo() {
    WorkspaceWindow shown(QStringLiteral("inspect"));
    auto* list = shown.find<QListView>(QStringLiteral("scheme-list"));
    QLineEdit* field = filter(shown);
    const qsizetype unfiltered = list->model()->rowCount();
    field->setFocus();
    QTest::keyClicks(field, QStringLiteral("outlier"));  // only descriptions say it
    QVERIFY(!names(*list->model()).isEmpty());
    QTest::keyClick(field, Qt::Key_Escape);
    QVERIFY(field->text().isEmpty());
    QCOMPARE(list->model()->rowCount(), unfiltered);
    QTest::keyClicks(field, QStringLiteral("range=mse"));  // the text form
    for (const QString& name : names(*list->model()))
      QVERIFY2(name.contains(QStringLiteral("least MSE")), qPrintable(name));
    field->clear();
    QTest::keyClicks(field, QStringLiteral("k_m 4"));  // every word
    QVERIFY(names(*list->model()).contains(QStringLiteral("Q4_K_M")));
    QVERIFY(!names(*list->model()).contains(QStringLiteral("Q4_K_S")));
    field->clear();
    QTest::keyClicks(field, QStringLiteral("4 bits"));  // a number is found as a whole
    for (const char* found : {"INT4 · 32", "NF4 · 64", "Q4_K_M"})
      QVERIFY2(names(*list->model()).contains(QString::fromUtf8(found)), found);
    for (const char* other : {"FP16", "FP8 E4M3", "Q5_K_M", "INT8 · row"})  // whatever else is 4 in them
      QVERIFY2(!names(*list->model()).contains(QString::fromUtf8(other)), other);
    field->clear();
    QTest::keyClicks(field, QStringLiteral("8-bit row"));
    QVERIFY(names(*list->model()).contains(QStringLiteral("INT8 · row")));
    field->clear();
    QTest::keyClicks(field, QStringLiteral("nothing is called so"));
    QCOMPARE(list->model()->rowCount(), 0);
    bool said = false;
    for (const Label* label : shown.find<SchemeList>()->findChildren<Label*>())
      said = said || (label->isVisible() && label->text().startsWith(QStringLiteral("Nothing is called")));
    QVERIFY(said);
  }

  void theKeyboardGoesFromTheFilterToATick() {
    WorkspaceWindow shown(QStringLiteral("inspect"));
    QVERIFY(QTest::qWaitForWindowActive(&shown.window()));
    QTest::keyClick(&shown.window(), Qt::Key_L, Qt::ControlModifier);
    QLineEdit* field = filter(shown);
    QVERIFY(field->hasFocus());
    QTest::keyClicks(field, QStringLiteral("iq3_xs"));
    QTest::keyClick(field, Qt::Key_Return);  // ticks the first row found
    QVERIFY(shown.selection().isChecked(Recipe(FileType::IQ3_XS)));
    QTest::keyClick(field, Qt::Key_Escape);
    QTest::keyClick(field, Qt::Key_Down);
    auto* list = shown.find<QListView>(QStringLiteral("scheme-list"));
    QVERIFY(list->hasFocus());
    // A group is folded out, a scheme in it ticked and made the current one.
    list->setCurrentIndex(list->model()->index(rowOf(*list->model(), QStringLiteral("GGUF block types"), true), 0));
    QTest::keyClick(list, Qt::Key_Right);
    QTest::keyClick(list, Qt::Key_Down);
    const QString name = list->currentIndex().data().toString();
    const auto before = shown.selection().checkedRecipes().size();
    const bool checked = list->currentIndex().data(Qt::CheckStateRole).toInt() == Qt::Checked;
    QTest::keyClick(list, Qt::Key_Space);
    QCOMPARE(shown.selection().checkedRecipes().size(), checked ? before - 1 : before + 1);
    QCOMPARE(list->currentIndex().data().toString(), name);  // the keyboard stayed with it
    QTest::keyClick(list, Qt::Key_Return);
    QCOMPARE(shown.selection().title(*shown.selection().currentRecipe()), name);
    QTest::keyClicks(list, QStringLiteral("nf"));  // letters go to the filter
    QCOMPARE(field->text(), QStringLiteral("nf"));
  }

  // Also while a scheme of one's own is being typed below it.
  void theListKeepsItsRowsInTheSmallestWindow() {
    WorkspaceWindow shown(QStringLiteral("layers"));
    shown.window().resize(1024, 640);
    auto* list = shown.find<QListView>(QStringLiteral("scheme-list"));
    if (!list->isVisible()) shown.window().togglePanel();
    QTRY_VERIFY(list->isVisible());
    auto* own = shown.find<QLineEdit>(QStringLiteral("own-scheme"));
    own->setFocus();
    QTest::keyClicks(own, QStringLiteral("int4:group=48"));
    QTRY_VERIFY(shown.find<QLineEdit>(QStringLiteral("own-scheme-name"))->isVisible());
    const int row = list->sizeHintForRow(1);
    QVERIFY2(list->viewport()->height() >= 7 * row,
             qPrintable(QStringLiteral("%1 for rows of %2").arg(list->viewport()->height()).arg(row)));
  }

  // What is ticked comes to the top at once, and the row under the hand does not move.
  void tickingMovesNothingUnderTheHand() {
    WorkspaceWindow shown(QStringLiteral("inspect"));
    auto* list = shown.find<QListView>(QStringLiteral("scheme-list"));
    const auto& model = *list->model();
    QTest::mouseClick(
        list->viewport(), Qt::LeftButton, {},
        list->visualRect(model.index(rowOf(model, QStringLiteral("Uniform integers"), true), 0)).center());
    const QPersistentModelIndex row(model.index(rowOf(model, QStringLiteral("INT6 · 32"), false), 0));
    list->scrollTo(row, QAbstractItemView::PositionAtBottom);
    list->setCurrentIndex(row);
    const QRect before = list->visualRect(row);
    QTest::mouseClick(list->viewport(), Qt::LeftButton, {}, before.topLeft() + QPoint(20, before.height() / 2));
    QVERIFY(shown.selection().isChecked(Scheme::parse("int6")));
    QTRY_COMPARE(list->visualRect(row).top(), before.top());
    QCOMPARE(names(model).count(QStringLiteral("INT6 · 32")), 2);  // among the checked ones, and in its group
  }

  void theListIsSortedBySize() {
    WorkspaceWindow shown(QStringLiteral("inspect"));
    QVERIFY(shown.waitUntilIdle());
    auto* list = shown.find<QListView>(QStringLiteral("scheme-list"));
    QTest::mouseClick(shown.find<SchemeList>()->findChild<QToolButton*>(QStringLiteral("scheme-sort")), Qt::LeftButton);
    const auto& model = *list->model();
    double last = 0;
    int sized = 0;
    for (int row = rowOf(model, QStringLiteral("All, smallest first"), true) + 1; row < model.rowCount(); ++row) {
      const QString bits = model.index(row, 0).data(SchemeListModel::BitsRole).toString();
      if (bits.isEmpty()) continue;
      QVERIFY(QLocale().toDouble(bits) >= last);
      last = QLocale().toDouble(bits);
      ++sized;
    }
    QVERIFY(sized > 40);
    shown.restart(QStringLiteral("inspect"));
    QVERIFY(shown.find<SchemeList>()->order() == SchemeOrder::BySize);
  }

  void completionKnowsFormatsKeysAndValues() {
    QVERIFY(schemeCompletions(QStringLiteral("in")).contains(QStringLiteral("int4")));
    QVERIFY(schemeCompletions(QStringLiteral("q4_k_")).contains(QStringLiteral("Q4_K_M")));
    QVERIFY(schemeCompletions(QStringLiteral("int4:r")).contains(QStringLiteral("int4:range=")));
    QVERIFY(!schemeCompletions(QStringLiteral("nf4:")).contains(QStringLiteral("nf4:range=")));  // not its option
    QVERIFY(schemeCompletions(QStringLiteral("nf4:block=")).contains(QStringLiteral("nf4:block=128")));
    QVERIFY(!schemeCompletions(QStringLiteral("nf4:block=")).contains(QStringLiteral("nf4:block=99")));
    for (const char* typed : {"", "int4:group=", "log4:base=", "int4:range=mse,zero=", "fp8_e4m3:scale="})
      for (const QString& text : schemeCompletions(QLatin1String(typed)))
        QVERIFY2(core::model::recipeByName(text.toStdString()).has_value(), qPrintable(text));
    QVERIFY(schemeCompletions(QStringLiteral("no_such:")).isEmpty());
  }

  void oneOfOnesOwnIsKeptByName() {
    WorkspaceWindow shown(QStringLiteral("inspect"));
    auto* field = shown.find<QLineEdit>(QStringLiteral("own-scheme"));
    auto* name = shown.find<QLineEdit>(QStringLiteral("own-scheme-name"));
    auto* sentence = shown.find<Label>(QStringLiteral("own-scheme-sentence"));
    field->setFocus();
    QTest::keyClicks(field, QStringLiteral("int4:grp=48"));
    QVERIFY2(sentence->text().contains(QStringLiteral("grp")), qPrintable(sentence->text()));
    QVERIFY(!field->property("invalid").toBool());  // not yet: it is being typed
    field->completer()->popup()->hide();
    QTest::keyClick(field, Qt::Key_Return);
    QVERIFY(field->property("invalid").toBool());
    field->clear();
    QTest::keyClicks(field, QStringLiteral("int4:group=48"));
    QVERIFY(!field->property("invalid").toBool());
    QVERIFY(name->isVisible() && name->placeholderText().contains(QStringLiteral("48")));
    field->completer()->popup()->hide();
    QTest::keyClicks(name, QStringLiteral("My 48"));
    QTest::keyClick(name, Qt::Key_Return);
    const Recipe own = Scheme::parse("int4:group=48");
    QVERIFY(shown.selection().isChecked(own) && field->text().isEmpty());
    QCOMPARE(shown.selection().title(own), QStringLiteral("My 48"));
    shown.restart(QStringLiteral("inspect"));
    QCOMPARE(shown.selection().title(own), QStringLiteral("My 48"));
    QVERIFY(shown.selection().isChecked(own));
    // F2 renames it, Delete removes it, for good.
    auto* list = shown.find<QListView>(QStringLiteral("scheme-list"));
    list->setFocus();
    list->setCurrentIndex(list->model()->index(rowOf(*list->model(), QStringLiteral("My 48"), false), 0));
    QTest::keyClick(list, Qt::Key_F2);
    auto* editor = list->viewport()->findChild<QLineEdit*>();
    QVERIFY(editor);
    editor->selectAll();
    QTest::keyClicks(editor, QStringLiteral("Ours"));
    QTest::keyClick(editor, Qt::Key_Return);
    QTRY_COMPARE(shown.selection().title(own), QStringLiteral("Ours"));
    list->setCurrentIndex(list->model()->index(rowOf(*list->model(), QStringLiteral("Ours"), false), 0));
    QTest::keyClick(list, Qt::Key_Delete);
    QVERIFY(!shown.selection().entry(own));
    // What is the program's own is neither renamed nor removed.
    list->setCurrentIndex(list->model()->index(rowOf(*list->model(), QStringLiteral("NF4 · 64"), false), 0));
    QTest::keyClick(list, Qt::Key_Delete);
    QVERIFY(shown.selection().entry(Scheme::parse("nf4")));
    shown.restart(QStringLiteral("inspect"));
    QVERIFY(!shown.selection().entry(own));
  }

  void aRecipeFileIsTakenAndSurvives() {
    const QString path = m_folder.filePath(QStringLiteral("careful.txt"));
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("base = q4_0\nattn_v = q8_0\nffn_down = keep\n");
    file.close();
    WorkspaceWindow shown(QStringLiteral("layers"));
    shown.find<OwnScheme>()->openFile(path);
    const auto find = [&]() -> const SchemeEntry* {
      for (const SchemeEntry& entry : shown.selection().schemes())
        if (entry.title == QStringLiteral("careful")) return &entry;
      return nullptr;
    };
    QTRY_VERIFY(find());
    const Recipe recipe = find()->recipe;
    QVERIFY(find()->checked && find()->isOwn);
    QVERIFY(shown.waitUntilIdle());
    // It has a map in Layers, in which every matrix has the error its own scheme makes.
    const auto& content = shown.find<LayerMaps>()->content();
    const auto mapOf = [&](const QString& title) {
      for (const auto& map : content.schemes)
        if (map.title == title) return &map;
      return static_cast<const LayerMaps::SchemeMap*>(nullptr);
    };
    const auto *map = mapOf(QStringLiteral("careful")), *q4 = mapOf(QStringLiteral("Q4_0"));
    QVERIFY(map && q4);
    int same = 0, better = 0, kept = 0;
    for (qsizetype i = 0; i < content.names.size(); ++i) {
      const auto &cell = map->cells[static_cast<std::size_t>(i)], &plain = q4->cells[static_cast<std::size_t>(i)];
      if (content.names[i].contains(QStringLiteral("attn_v")))
        better += cell.value > plain.value ? 1 : 0;
      else if (content.names[i].contains(QStringLiteral("ffn_down")))
        kept += cell.known ? 0 : 1;
      else
        same += cell.known && cell.value == plain.value ? 1 : 0;
    }
    QCOMPARE(better, 6);
    QCOMPARE(kept, 6);
    QCOMPARE(same, 30);
    // Single-scheme views show what it makes of the selected tensor.
    shown.selection().setCurrentRecipe(recipe);
    const auto& checkpoint = shown.selection().model()->checkpoint();
    shown.selection().setTensor(checkpoint.find("blk.0.attn_v.weight"));
    QCOMPARE(*shown.selection().currentScheme(), Scheme::parse("q8_0"));
    QCOMPARE(shown.selection().currentTitle(), QStringLiteral("careful (Q8_0)"));
    shown.selection().setTensor(checkpoint.find("blk.0.ffn_down.weight"));
    QVERIFY(!shown.selection().currentScheme());
    shown.restart(QStringLiteral("layers"));
    QVERIFY(find() && find()->recipe == recipe);
    // A file without a rule, and one that is none, are said.
    const QString empty = m_folder.filePath(QStringLiteral("empty.txt"));
    QFile(empty).open(QIODevice::WriteOnly);
    shown.find<OwnScheme>()->openFile(empty);
    auto* sentence = shown.find<Label>(QStringLiteral("own-scheme-sentence"));
    QTRY_VERIFY(sentence->text().contains(QStringLiteral("changes nothing")));
  }
};

QTEST_MAIN(TestSchemes)
#include "tst_schemes.moc"
