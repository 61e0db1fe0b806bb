// A recipe painted on the layer maps, with mouse and keyboard, and the rules it is written in.
#include <QFileDialog>
#include <QLineEdit>
#include <QListView>
#include <QMenu>
#include <QPushButton>
#include <QTest>
#include <QToolButton>

#include "app/pictures/layer_maps.h"
#include "app/selection/painted_recipe.h"
#include "app/session/recipe_file.h"
#include "app/shell/scheme_list.h"
#include "app/widgets/label.h"
#include "app/workspaces/layers/layer_errors.h"
#include "core/model/recipe/recipe_plan.h"
#include "core/model/recipe/recipe_text.h"
#include "workspace_window.h"

using namespace app;
using core::model::Recipe;
using core::quant::Scheme;

class TestPainting : public QObject {
  Q_OBJECT
 private:
  static void drag(LayerMaps* maps, QPoint from, QPoint to, Qt::KeyboardModifiers modifiers = {}) {
    QTest::mousePress(maps, Qt::LeftButton, modifiers, from);
    for (const QPoint at : {(from + to) / 2, to}) {
      QMouseEvent move(QEvent::MouseMove, at, maps->mapToGlobal(at), Qt::NoButton, Qt::LeftButton, modifiers);
      QCoreApplication::sendEvent(maps, &move);
    }
    QTest::mouseRelease(maps, Qt::LeftButton, modifiers, to);
  }
  static int row(const LayerMaps* maps, const QString& name) {
    return static_cast<int>(maps->content().names.indexOf(name));
  }
  static int column(const LayerMaps* maps, const QString& title) {
    for (std::size_t i = 0; i < maps->content().schemes.size(); ++i)
      if (maps->content().schemes[i].title == title) return static_cast<int>(i);
    return -1;
  }
  static QStringList marked(const LayerMaps* maps) {
    QStringList names;
    for (const int matrix : maps->marked()) names << maps->content().names[matrix];
    return names;
  }
  /// Chooses from the menu of the button, by the keyboard.
  static bool give(WorkspaceWindow& shown, const QString& what) {
    auto* button = shown.find<QPushButton>(QStringLiteral("paint-give"));
    if (!button->isEnabled()) return false;
    bool chosen = false;
    QTimer::singleShot(0, button, [&] {
      QMenu* menu = button->menu();
      for (QAction* action : menu->actions()) {
        if (action->text() != what) continue;
        menu->setActiveAction(action);
        chosen = true;
      }
      chosen ? QTest::keyClick(menu, Qt::Key_Return) : QTest::keyClick(menu, Qt::Key_Escape);
    });
    button->setFocus();
    QTest::keyClick(button, Qt::Key_Space);  // opens it and returns when it is closed
    return QTest::qWaitFor([&] { return chosen; }, 2000);
  }
  static bool undoByKeyboard(WorkspaceWindow& shown) {
    auto* maps = shown.find<LayerMaps>();
    shown.window().activateWindow();  // a menu was open
    maps->setFocus();
    if (!QTest::qWaitFor([&] { return maps->hasFocus(); }, 5000)) return false;
    QTest::keyClick(maps, Qt::Key_Z, Qt::ControlModifier);
    return true;
  }
  static Scheme schemeOf(WorkspaceWindow& shown, const Recipe& recipe, const QString& name) {
    const auto index = shown.selection().model()->checkpoint().find(name.toStdString() + ".weight");
    return *shown.selection().schemeFor(recipe, *index);
  }

 private Q_SLOTS:
  void patternsNameWhatWasAskedForAndNothingElse() {
    const auto model = OpenModel::open("demo");
    std::vector<std::string> all;
    for (const auto& tensor : model->checkpoint().tensors()) all.push_back(tensor.name);
    all.insert(all.end(),
               {"model.layers.3.mlp.experts.12.w (1).weight", "blk.1.a=b#c.weight", "a+b", "v.blk.3.attn_q.weight"});
    std::uint32_t seed = 7;
    for (const unsigned share : {1u, 3u, 8u, 15u, 16u}) {
      std::vector<std::string> names;
      for (const std::string& name : all)
        if ((seed = seed * 1664525 + 1013904223) >> 28 < share) names.push_back(name);
      std::vector<std::string> found;
      std::string text = "base = nf4\n";
      for (const std::string& pattern : patternsFor(names, all)) text += pattern + " = q8_0\n";
      const Recipe recipe = core::model::parseRecipe(text, "test");  // as they are kept, too
      for (const std::string& name : all)
        if (std::any_of(recipe.rules.begin(), recipe.rules.end(),
                        [&](const auto& r) { return r.pattern.matches(name); }))
          found.push_back(name);
      QCOMPARE(found, names);
    }
  }

  void sameKindsOfTheSameBlocksShareARule() {
    const std::vector<std::string> all{"blk.0.attn_q.weight", "blk.0.attn_k.weight",  "blk.1.attn_q.weight",
                                       "blk.1.attn_k.weight", "blk.12.attn_q.weight", "blk.12.attn_k.weight",
                                       "out.weight"};
    QCOMPARE(patternsFor({all[0], all[1], all[4], all[5]}, all),
             (std::vector<std::string>{R"(^blk\.(0|12)(\.attn_k\.weight|\.attn_q\.weight)$)"}));
    QCOMPARE(patternsFor({all[0], all[2], all[4], all[6]}, all),
             (std::vector<std::string>{R"(^blk\.[0-9]+\.attn_q\.weight$)", R"(^out\.weight$)"}));
  }

  void longRulesAreParted() {
    std::vector<std::string> all;
    for (int block = 0; block < 400; ++block) {
      all.push_back("some.long.name.of.a.stack.of.layers." + std::to_string(block) + ".attention.query.weight");
      all.push_back("some.long.name.of.a.stack.of.layers." + std::to_string(block) + ".attention.key.weight");
    }
    std::vector<std::string> odd;
    for (std::size_t i = 2; i < all.size(); i += 4) odd.insert(odd.end(), {all[i], all[i + 1]});
    std::size_t found = 0;
    const auto patterns = patternsFor(odd, all);
    QVERIFY(patterns.size() > 3 && patterns.size() < 40);
    for (const std::string& text : patterns) {
      const core::model::TensorPattern pattern(text);
      found += static_cast<std::size_t>(
          std::count_if(all.begin(), all.end(), [&](const std::string& name) { return pattern.matches(name); }));
    }
    QCOMPARE(found, odd.size());
  }

  void paintingKeepsWhatElseTheRecipeSays() {
    const auto model = OpenModel::open("demo");
    const auto& checkpoint = model->checkpoint();
    const std::size_t v0 = *checkpoint.find("blk.0.attn_v.weight"), v1 = *checkpoint.find("blk.1.attn_v.weight"),
                      down = *checkpoint.find("blk.1.ffn_down.weight");
    const Recipe before = core::model::parseRecipe("base = nf4\nattn_v = q8_0\nffn_down = keep\n", "test");
    const std::size_t both[] = {v0, down}, one[] = {v0};
    const auto of = [&](const Recipe& recipe, std::size_t tensor) {
      const auto scheme = core::model::planRecipe(recipe, checkpoint).tensors[tensor].scheme;
      return scheme ? scheme->toString() : std::string("kept");
    };
    const Recipe painted = paintTensors(before, checkpoint, both, Scheme::parse("q6_k"));
    QCOMPARE(of(painted, v0), std::string("q6_k"));
    QCOMPARE(of(painted, down), std::string("q6_k"));
    QCOMPARE(of(painted, v1), std::string("q8_0"));
    const Recipe again = paintTensors(painted, checkpoint, one, std::nullopt);
    QCOMPARE(of(again, v0), std::string("kept"));
    QCOMPARE(of(again, down), std::string("q6_k"));
    QCOMPARE(again.rules.size(), std::size_t{4});
    const Recipe erased = eraseTensors(again, checkpoint, both);
    QVERIFY(erased == before);
  }

  void dragPaintUndo() {
    WorkspaceWindow shown(QStringLiteral("layers"));
    QVERIFY(shown.waitUntilIdle());
    auto* maps = shown.find<LayerMaps>();
    maps->replot();
    const int nf4 = column(maps, QStringLiteral("NF4 · 64"));
    drag(maps, maps->centerOf(row(maps, QStringLiteral("blk.1.attn_v")), nf4),
         maps->centerOf(row(maps, QStringLiteral("blk.2.attn_output")), nf4));
    QCOMPARE(marked(maps), (QStringList{"blk.1.attn_v", "blk.1.attn_output", "blk.2.attn_v", "blk.2.attn_output"}));
    // Ctrl adds a cell; and takes one away.
    QTest::mouseClick(maps, Qt::LeftButton, Qt::ControlModifier,
                      maps->centerOf(row(maps, QStringLiteral("token_embd")), nf4));
    QTest::mouseClick(maps, Qt::LeftButton, Qt::ControlModifier,
                      maps->centerOf(row(maps, QStringLiteral("blk.1.attn_output")), nf4));
    QCOMPARE(marked(maps).size(), 4);
    QVERIFY(shown.find<Label>(QStringLiteral("paint-text"))->text().contains(QStringLiteral("4 tensors in NF4 · 64")));
    QVERIFY(give(shown, QStringLiteral("INT8 · row")));
    const QString name = QStringLiteral("NF4 · 64, painted");
    const auto painted = [&]() -> const SchemeEntry* {
      for (const SchemeEntry& entry : shown.selection().schemes())
        if (entry.title == name) return &entry;
      return nullptr;
    };
    QVERIFY(painted() && painted()->checked && painted()->isOwn);
    const Recipe recipe = painted()->recipe;
    QCOMPARE(*shown.selection().currentRecipe(), recipe);
    QCOMPARE(schemeOf(shown, recipe, QStringLiteral("token_embd")), Scheme::parse("int8"));
    QCOMPARE(schemeOf(shown, recipe, QStringLiteral("blk.2.attn_v")), Scheme::parse("int8"));
    QCOMPARE(schemeOf(shown, recipe, QStringLiteral("blk.1.attn_output")), Scheme::parse("nf4"));
    QCOMPARE(schemeOf(shown, recipe, QStringLiteral("blk.3.attn_v")), Scheme::parse("nf4"));
    QVERIFY(shown.waitUntilIdle());
    // It has a map, in which the painted cells carry their scheme.
    const int mine = column(maps, name);
    QVERIFY(mine >= 0);
    const auto& content = maps->content();
    QCOMPARE(content.treatments.size(), std::size_t{1});
    QCOMPARE(content.treatments[0].title, QStringLiteral("INT8 · row"));
    QStringList carrying;
    for (qsizetype i = 0; i < content.names.size(); ++i)
      if (content.schemes[static_cast<std::size_t>(mine)].cells[static_cast<std::size_t>(i)].treatment == 0)
        carrying << content.names[i];
    QCOMPARE(carrying, marked(maps));
    // A second painting edits it; Ctrl+Z takes back one after the other.
    QVERIFY(give(shown, QStringLiteral("Keep as stored")));
    const Recipe second = *shown.selection().currentRecipe();
    QVERIFY(!(second == recipe) && painted()->recipe == second);
    // An answer of what it was before is not said to be of what it is now.
    QCOMPARE(shown.selection().title(recipe), name + QStringLiteral(" (earlier)"));
    QVERIFY(!shown.selection().schemeFor(second, *shown.selection().model()->checkpoint().find("token_embd.weight")));
    QVERIFY(undoByKeyboard(shown));
    QCOMPARE(*shown.selection().currentRecipe(), recipe);
    QCOMPARE(painted()->recipe, recipe);
    QTest::mouseClick(shown.find<QToolButton>(QStringLiteral("paint-undo")), Qt::LeftButton);
    QVERIFY(!painted());
    QCOMPARE(*shown.selection().currentRecipe(), Recipe(Scheme::parse("nf4")));
    QVERIFY(!shown.find<QToolButton>(QStringLiteral("paint-undo"))->isEnabled());
  }

  void byTheKeyboardAlone() {
    WorkspaceWindow shown(QStringLiteral("layers"));
    QVERIFY(shown.waitUntilIdle());
    auto* maps = shown.find<LayerMaps>();
    maps->replot();
    const auto nf4 = Recipe(Scheme::parse("nf4"));
    shown.selection().setTensorAndRecipe(*shown.selection().model()->checkpoint().find("blk.2.attn_q.weight"), nf4);
    maps->setFocus();
    QCOMPARE(marked(maps), QStringList{"blk.2.attn_q"});  // what is selected
    QTest::keyClick(maps, Qt::Key_Right, Qt::ShiftModifier);
    QTest::keyClick(maps, Qt::Key_Down, Qt::ShiftModifier);
    QCOMPARE(marked(maps), (QStringList{"blk.2.attn_q", "blk.2.attn_k", "blk.3.attn_q", "blk.3.attn_k"}));
    QTest::keyClick(maps, Qt::Key_Right, Qt::ControlModifier);
    QTest::keyClick(maps, Qt::Key_Right, Qt::ControlModifier);
    QTest::keyClick(maps, Qt::Key_Space);
    QVERIFY(marked(maps).contains(QStringLiteral("blk.5.attn_k")) && marked(maps).size() == 5);
    QVERIFY(give(shown, QStringLiteral("Q4_0")));
    const Recipe recipe = *shown.selection().currentRecipe();
    QCOMPARE(schemeOf(shown, recipe, QStringLiteral("blk.5.attn_k")), Scheme::parse("q4_0"));
    QCOMPARE(schemeOf(shown, recipe, QStringLiteral("blk.4.attn_k")), Scheme::parse("nf4"));
    maps->setFocus();
    // It is said what was done, until something else is marked.
    const auto* text = shown.find<Label>(QStringLiteral("paint-text"));
    QVERIFY(shown.waitUntilIdle());
    QCOMPARE(text->text(), QStringLiteral("5 tensors: Q4_0"));
    QTest::keyClick(maps, Qt::Key_Up);
    QVERIFY2(text->text().startsWith(QStringLiteral("blk.5.attn_q in NF4 · 64, painted")), qPrintable(text->text()));
    QTest::keyClick(maps, Qt::Key_Space);
    QTest::keyClick(maps, Qt::Key_Escape);
    QCOMPARE(marked(maps).size(), 1);
    QTest::keyClick(maps, Qt::Key_A, Qt::ControlModifier);
    QCOMPARE(marked(maps).size(), maps->content().names.size());
    QVERIFY(give(shown, QStringLiteral("As the rest of the recipe says")));
    // Nothing is painted any more: it is the scheme it was made over.
    QCOMPARE(*shown.selection().currentRecipe(), nf4);
    QVERIFY(!shown.selection().entry(recipe));
    QVERIFY(undoByKeyboard(shown));
    QCOMPARE(*shown.selection().currentRecipe(), recipe);
    QCOMPARE(shown.selection().title(recipe), QStringLiteral("NF4 · 64, painted"));
  }

  // Like any other recipe: kept, renamed, saved to a file, and of the same effect when it is read again.
  void itOutlivesTheProgramAndIsAFile() {
    QTemporaryDir folder;
    WorkspaceWindow shown(QStringLiteral("layers"));
    QVERIFY(shown.waitUntilIdle());
    auto* maps = shown.find<LayerMaps>();
    maps->replot();
    const int q4 = column(maps, QStringLiteral("Q4_0"));
    drag(maps, maps->centerOf(row(maps, QStringLiteral("blk.0.ffn_down")), q4),
         maps->centerOf(row(maps, QStringLiteral("blk.5.ffn_down")), q4));
    QVERIFY(give(shown, QStringLiteral("INT8 · row")));
    const Recipe recipe = *shown.selection().currentRecipe();
    QCOMPARE(recipe.rules.size(), std::size_t{1});
    auto* list = shown.find<QListView>(QStringLiteral("scheme-list"));
    shown.find<SchemeList>()->reveal(recipe);
    Q_EMIT list->customContextMenuRequested(list->visualRect(list->currentIndex()).center());
    QMenu* menu = nullptr;
    QTRY_VERIFY((menu = shown.find<QMenu>(QStringLiteral("scheme-menu"))) != nullptr && menu->isVisible());
    for (QAction* action : menu->actions())
      if (action->text() == QStringLiteral("Save as a recipe file…")) action->trigger();
    menu->close();
    QFileDialog* dialog = nullptr;
    QTRY_VERIFY((dialog = shown.find<QFileDialog>()) != nullptr && dialog->isVisible());
    const QString path = folder.filePath(QStringLiteral("mine.txt"));
    dialog->findChild<QLineEdit*>(QStringLiteral("fileNameEdit"))->setText(path);
    QMetaObject::invokeMethod(dialog, "accept");
    QTRY_VERIFY(QFileInfo(path).size() > 0);
    QVERIFY(openRecipe(path.toStdString()) == recipe);
    shown.restart(QStringLiteral("layers"));
    QVERIFY(shown.selection().isChecked(recipe));
    QCOMPARE(shown.selection().title(recipe), QStringLiteral("Q4_0, painted"));
  }
};

QTEST_MAIN(TestPainting)
#include "tst_painting.moc"
