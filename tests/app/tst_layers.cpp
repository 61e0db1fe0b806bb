// The layers workspace on the demo model, driven with mouse and keyboard.
#include <QClipboard>
#include <QComboBox>
#include <QGuiApplication>
#include <QLabel>
#include <QListView>
#include <QTabBar>
#include <QTabWidget>
#include <QTest>
#include <cmath>

#include "app/pictures/error_dots.h"
#include "app/pictures/layer_maps.h"
#include "app/pictures/metric_text.h"
#include "app/plots/readout.h"
#include "app/plots/text_layer.h"
#include "app/shell/scheme_list_model.h"
#include "app/shell/side_panel.h"
#include "app/workspaces/layers/kept_tensors.h"
#include "app/workspaces/layers/layer_errors.h"
#include "changed_demo.h"
#include "core/model/recipe/recipe_plan.h"
#include "core/model/recipe/recipe_text.h"
#include "workspace_window.h"

using namespace app;

class TestLayers : public QObject {
  Q_OBJECT
 private:
  static QString selectedName(WorkspaceWindow& shown) {
    return QString::fromStdString(shown.selection().tensorInfo()->name).chopped(7);
  }

 private Q_SLOTS:
  void theMapsHaveACellForEveryMatrixAndCheckedScheme() {
    WorkspaceWindow shown(QStringLiteral("layers"));
    QVERIFY(shown.waitUntilIdle());
    auto* maps = shown.find<LayerMaps>();
    const ChartTable table = maps->table();
    QCOMPARE(table.rows.size(), std::size_t{43});  // 6 blocks of 7 matrices, and the embedding
    QCOMPARE(table.columns.size(), static_cast<qsizetype>(shown.selection().checkedRecipes().size()) + 1);
    const auto embedding = static_cast<std::size_t>(table.rowLabels.indexOf(QStringLiteral("token_embd")));
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
      for (const double value : table.rows[i])  // dB: every scheme keeps the signal
        QVERIFY(i == embedding ? std::isnan(value) : value > 5);
    }
    QCOMPARE(maps->content().grid.kinds.size(), 8);
    QCOMPARE(maps->content().grid.kinds.last(), QStringLiteral("token_embd"));
    QCOMPARE(maps->content().grid.blocks, 6);
    // The summary over a map is that of its cells.
    double sum = 0, worst = 1e9;
    for (const auto& row : table.rows) {
      if (std::isnan(row[1])) continue;
      sum += row[1];
      worst = std::min(worst, row[1]);
    }
    const QString summary = maps->summary(1);
    for (const QString& part : {QStringLiteral("14 as stored"),
                                QStringLiteral("mean %1").arg(metricFigure(core::metrics::Metric::SqnrDb, sum / 42)),
                                QStringLiteral("worst %1").arg(metricFigure(core::metrics::Metric::SqnrDb, worst))})
      QVERIFY2(summary.contains(part), qPrintable(summary));
  }

  // The schemes panel and the maps say the same, and of what.
  void theSizeIsThatOfTheWholeModelAsInTheSchemesPanel() {
    WorkspaceWindow shown(QStringLiteral("layers"));
    QVERIFY(shown.waitUntilIdle());
    const auto* panel = shown.find<QListView>(QStringLiteral("scheme-list"))->model();
    auto* maps = shown.find<LayerMaps>();
    for (const LayerMaps::SchemeMap& map : maps->content().schemes) {
      QStringList found;
      for (int row = 0; row < panel->rowCount(); ++row) {
        const QModelIndex scheme = panel->index(row, 0);
        if (scheme.data().toString() == map.title)
          found = {scheme.data(SchemeListModel::SizeRole).toString(),
                   scheme.data(SchemeListModel::BitsRole).toString()};
      }
      QCOMPARE(found.size(), 2);
      QCOMPARE(map.size, QStringLiteral("model %1 · %2 bits/weight").arg(found[0], found[1]));
    }
    // Over a map's head, the pointer reads all of it.
    maps->replot();
    const QPoint head =
        maps->centerOf(static_cast<int>(maps->content().names.indexOf(QStringLiteral("blk.0.attn_q"))), 0) -
        QPoint(0, 30);
    QTest::mouseMove(maps, head - QPoint(0, 1));
    QTest::mouseMove(maps, head);
    auto* readout = shown.find<Readout>();
    for (Readout* candidate : maps->findChildren<Readout*>()) readout = candidate;
    QTRY_VERIFY(readout->isVisible());
    QVERIFY2(readout->text().contains(maps->content().schemes[0].size), qPrintable(readout->text()));
  }

  // A second model is one more map, and its norms are spoken of: the smooth twin has others.
  void aComparedModelIsMeasuredLikeAScheme() {
    WorkspaceWindow shown(QStringLiteral("layers"));
    QVERIFY(shown.waitUntilIdle());
    const auto* summary = shown.find<QLabel>(QStringLiteral("layers-summary"));
    const auto before = shown.find<LayerMaps>()->csv();
    const auto schemes = shown.find<LayerMaps>()->content().schemes.size();
    QVERIFY(shown.compareWith(QStringLiteral("demo-smooth")));
    QVERIFY(shown.waitUntilIdle());
    const QString name = QString::fromStdString(shown.selection().comparedModel()->checkpoint().name());
    const auto& content = shown.find<LayerMaps>()->content();
    QCOMPARE(content.schemes.size(), schemes + 1);
    const LayerMaps::SchemeMap& map = content.schemes.back();
    QCOMPARE(map.title, name);
    QCOMPARE(map.color, shown.selection().color(*shown.selection().comparedRecipe()));
    const auto differs = std::count_if(map.cells.begin(), map.cells.end(), [](const LayerMaps::Cell& cell) {
      return cell.known && std::isfinite(cell.value);
    });
    QVERIFY(differs > 0);
    QVERIFY2(summary->text().contains(QStringLiteral("differ, too")), qPrintable(summary->text()));
    QVERIFY(shown.endComparison());
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(!summary->text().contains(QStringLiteral("differ, too")));
    QCOMPARE(shown.find<LayerMaps>()->csv(), before);
  }

  void aClickSelectsTensorAndSchemeAndADoubleClickOpensIt() {
    WorkspaceWindow shown(QStringLiteral("layers"));
    QVERIFY(shown.waitUntilIdle());
    auto* maps = shown.find<LayerMaps>();
    maps->replot();
    QTest::mouseClick(maps, Qt::LeftButton, {}, maps->centerOf(10, 1));
    QCOMPARE(selectedName(shown), maps->table().rowLabels[10]);
    QCOMPARE(*shown.selection().currentRecipe(), shown.selection().checkedRecipes()[1]);
    const auto& place = maps->content().grid.places[10];
    QTest::keyClick(maps, Qt::Key_Right);  // the same matrix of the next block
    const auto now = static_cast<std::size_t>(maps->table().rowLabels.indexOf(selectedName(shown)));
    QVERIFY(maps->content().grid.places[now] == (LayerGrid::Place{place.kind, place.block + 1}));
    QTest::keyClick(maps, Qt::Key_PageDown);
    QCOMPARE(*shown.selection().currentRecipe(), shown.selection().checkedRecipes()[2]);
    QTest::mouseDClick(maps, Qt::LeftButton, {}, maps->centerOf(17, 0));
    QCOMPARE(shown.selection().workspace(), QStringLiteral("inspect"));
    QCOMPARE(selectedName(shown), maps->table().rowLabels[17]);
    QCOMPARE(*shown.selection().currentRecipe(), shown.selection().checkedRecipes()[0]);
  }

  void dotsAreSortedFromTheWorstAndStartAtZero() {
    WorkspaceWindow shown(QStringLiteral("layers"));
    QVERIFY(shown.waitUntilIdle());
    auto* dots = shown.find<ErrorDots>();
    auto* metric = shown.find<QComboBox>(QStringLiteral("metric"));
    for (int i = 0; i < metric->count(); ++i) {
      metric->setCurrentIndex(i);
      QVERIFY(shown.waitUntilIdle());  // the error of outputs reads a text first
      const bool ascending = largerIsBetter(static_cast<core::metrics::Metric>(metric->itemData(i).toInt()));
      const auto rows = dots->table().rows;
      QCOMPARE(rows.size(), std::size_t{42});
      for (std::size_t k = 1; k < rows.size(); ++k)
        QVERIFY(ascending ? rows[k - 1][0] <= rows[k][0] : rows[k - 1][0] >= rows[k][0]);
      QCOMPARE(dots->xAxis->range().lower, 0.0);
    }
    dots->replot();
    const QString worst = dots->table().rowLabels[0];
    QTest::mouseClick(dots, Qt::LeftButton, {}, dots->centerOf(0));
    QCOMPARE(selectedName(shown), worst);
    QTest::keyClick(dots, Qt::Key_Return);
    QCOMPARE(shown.selection().workspace(), QStringLiteral("inspect"));
  }

  // In the narrowest list, too, the figure behind the longest line is whole.
  void everyFigureBesideADotIsWhole() {
    WorkspaceWindow shown(QStringLiteral("layers"));
    QVERIFY(shown.waitUntilIdle());
    auto* dots = shown.find<ErrorDots>();
    const QFontMetricsF metrics(TextLayer::font());
    auto* panel = shown.find<SidePanel>();
    for (const QSize size : {QSize(1280, 800), QSize(1024, 640), QSize(1920, 1080)}) {
      shown.window().resize(size);
      if (!panel->isVisible()) shown.window().togglePanel();
      QTest::qWait(50);
      const QTabBar* tabs = shown.find<QTabWidget>(QStringLiteral("layer-lists"))->tabBar();
      QVERIFY(tabs->tabRect(1).right() <= tabs->width());
      dots->replot();
      for (const auto& row : dots->table().rows) {
        const double end = dots->xAxis->coordToPixel(row[0]) +
                           metrics.horizontalAdvance(metricFigure(core::metrics::Metric::SqnrDb, row[0])) + 10;
        QVERIFY2(end <= dots->axisRect()->right() + 1, qPrintable(QStringLiteral("%1 of %2 pixels in a window of %3")
                                                                      .arg(end)
                                                                      .arg(dots->width())
                                                                      .arg(shown.window().width())));
      }
    }
  }

  void aNewlyCheckedSchemeGetsItsMap() {
    WorkspaceWindow shown(QStringLiteral("layers"));
    QVERIFY(shown.waitUntilIdle());
    const auto before = shown.find<LayerMaps>()->content().schemes.size();
    const auto scheme = core::quant::Scheme::parse("int3");
    QVERIFY(!shown.selection().isChecked(scheme));
    shown.selection().setChecked(scheme, true);
    QVERIFY(shown.waitUntilIdle());
    QCOMPARE(shown.find<LayerMaps>()->content().schemes.size(), before + 1);
    shown.selection().setChecked(scheme, false);
    QTRY_COMPARE(shown.find<LayerMaps>()->content().schemes.size(), before);
  }

  // The next run of the program measures nothing of it again.
  void whatWasMeasuredOutlivesTheProgram() {
    WorkspaceWindow shown(QStringLiteral("layers"));
    QVERIFY(shown.waitUntilIdle());
    const auto recipes = shown.selection().checkedRecipes();
    const auto tensors = shown.find<LayerErrors>()->tensors();
    const auto before = *shown.find<LayerErrors>()->find(recipes[0]);
    shown.restart(QStringLiteral("inspect"));
    const OpenModel& model = *shown.selection().model();
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      if (!before.kept[i].empty()) continue;
      const auto kept = model.errors().find(tensors[i], *recipes[0].asScheme());
      QVERIFY(kept && kept->stats.sqnrDb() == before.matrices[i].stats.sqnrDb());
    }
    QVERIFY(!model.errors().find(tensors[1], core::quant::Scheme::parse("int2")));
  }

  // A recipe that was never asked for takes what its schemes were found to do.
  void aRecipeIsMeasuredFromItsSchemes() {
    WorkspaceWindow shown(QStringLiteral("layers"));
    const core::model::Recipe recipe(core::model::FileType::Q4_0);
    shown.selection().setChecked(recipe, true);
    QVERIFY(shown.waitUntilIdle());
    const auto *errors = shown.find<LayerErrors>()->find(recipe),
               *q4 = shown.find<LayerErrors>()->find(core::quant::Scheme::parse("q4_0"));
    QVERIFY(errors && q4);
    const auto plan = core::model::planRecipe(recipe, shown.selection().model()->checkpoint());
    int same = 0;
    for (std::size_t i = 0; i < errors->matrices.size(); ++i) {
      const auto& planned = plan.tensors[shown.find<LayerErrors>()->tensors()[i]].scheme;
      QVERIFY(planned.has_value());
      if (*planned != core::quant::Scheme::parse("q4_0")) continue;
      QCOMPARE(errors->matrices[i].stats.sqnrDb(), q4->matrices[i].stats.sqnrDb());
      ++same;
    }
    QVERIFY(same > 30);
    QVERIFY(errors->size.bytes < q4->size.bytes);  // the embedding, too
    QCOMPARE(errors->keptTensors, std::size_t{13});
    QCOMPARE(q4->keptTensors, std::size_t{14});
  }

  // What a recipe keeps is no refusal, and what it changes outside of the blocks has its place and its error.
  void keptTensorsAreSaidToBeKept() {
    WorkspaceWindow shown(QStringLiteral("layers"));
    const core::model::Recipe q4k(core::model::FileType::Q4_K_M),
        own = core::model::parseRecipe("base = nf4\nattn_v = keep\ntoken_embd = q8_0\n", "test");
    shown.selection().setChecked(q4k, true);
    shown.selection().addOwn(own, QStringLiteral("mine"));
    shown.selection().setCurrentRecipe(own);
    QVERIFY(shown.waitUntilIdle());
    auto* maps = shown.find<LayerMaps>();
    const auto& content = maps->content();
    const auto columnOf = [&](const QString& title) {
      for (std::size_t i = 0; i < content.schemes.size(); ++i)
        if (content.schemes[i].title == title) return static_cast<int>(i);
      return -1;
    };
    const int nf4 = columnOf(QStringLiteral("NF4 · 64")), k = columnOf(QStringLiteral("Q4_K_M")),
              mine = columnOf(QStringLiteral("mine"));
    QVERIFY(nf4 >= 0 && k >= 0 && mine >= 0);
    const auto cell = [&](int scheme, const char* name) {
      const auto row = static_cast<std::size_t>(content.names.indexOf(QLatin1String(name)));
      return content.schemes[static_cast<std::size_t>(scheme)].cells[row];
    };
    QVERIFY(cell(nf4, "token_embd").isKept && !cell(nf4, "token_embd").known);
    QCOMPARE(cell(nf4, "token_embd").made, QStringLiteral("BF16"));
    QVERIFY(cell(k, "token_embd").known && cell(k, "token_embd").value > 20);
    QCOMPARE(cell(k, "token_embd").made, QStringLiteral("Q6_K"));
    QVERIFY(cell(mine, "token_embd").known && cell(mine, "blk.0.attn_v").isKept);
    for (const auto& [scheme, kept] : {std::pair(nf4, 14), std::pair(k, 13), std::pair(mine, 19)}) {
      const QString summary = maps->summary(scheme);
      QVERIFY2(summary.contains(QStringLiteral("%1 as stored").arg(kept)), qPrintable(summary));
      QVERIFY2(!summary.contains(QStringLiteral("refused")), qPrintable(summary));
    }
    // The mean is of what changes: 36 matrices and the embedding.
    const auto& map = content.schemes[static_cast<std::size_t>(mine)];
    double sum = 0;
    int count = 0;
    for (const auto& each : map.cells)
      if (each.known) sum += each.value, ++count;
    QCOMPARE(count, 37);
    QVERIFY(maps->summary(mine).contains(
        QStringLiteral("mean %1").arg(metricFigure(core::metrics::Metric::SqnrDb, sum / count))));
    // The list beside it is of the current recipe, with types.
    auto* kept = shown.find<KeptTensors>();
    QCOMPARE(kept->topLevelItemCount(), 19);
    const auto found = kept->findItems(QStringLiteral("blk.0.attn_v.weight"), Qt::MatchExactly);
    QCOMPARE(found.size(), 1);
    QVERIFY(found[0]->text(1).contains(QStringLiteral("attn_v=keep")));
    QCOMPARE(found[0]->text(2), QStringLiteral("BF16"));
    QVERIFY(kept->findItems(QStringLiteral("token_embd.weight"), Qt::MatchExactly).isEmpty());
  }

  // Whatever is shown is of the model that is open, from the first moment on, also for one who comes back later.
  void noErrorsOfAPreviousModel() {
    WorkspaceWindow shown(QStringLiteral("layers"));
    QVERIFY(shown.waitUntilIdle());
    auto* maps = shown.find<LayerMaps>();
    const auto known = [&] {
      std::size_t count = 0;
      for (const auto& scheme : maps->content().schemes)
        for (const auto& cell : scheme.cells) count += cell.known ? 1 : 0;
      return count;
    };
    QVERIFY(known() > 0);
    std::size_t stale = 0;
    const auto look = [&] { stale += known() + shown.find<ErrorDots>()->table().rows.size(); };
    connect(&shown.selection(), &Selection::modelChanged, &shown.window(), look);
    QVERIFY(shown.replaceModel(QStringLiteral("demo-smooth")));
    QCOMPARE(stale, std::size_t{0});
    QVERIFY(shown.waitUntilIdle());
    const double smooth = maps->table().rows[0][0];
    shown.window().showWorkspace(QStringLiteral("bits"));
    QVERIFY(shown.replaceModel(QStringLiteral("demo")));
    shown.window().showWorkspace(QStringLiteral("layers"));
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(maps->table().rows[0][0] != smooth);
  }

  void aSchemeHasOneColourEverywhere() {
    WorkspaceWindow shown(QStringLiteral("layers"));
    QVERIFY(shown.waitUntilIdle());
    const auto scheme = shown.selection().checkedRecipes().front();
    for (const ThemeMode mode : {ThemeMode::Dark, ThemeMode::Light}) {
      Theme::instance().setMode(mode);
      QCOMPARE(shown.find<LayerMaps>()->content().schemes.front().color, shown.selection().color(scheme));
    }
  }

  void everyRowIsReadableInTheSmallestWindowWithEightSchemes() {
    WorkspaceWindow shown(QStringLiteral("layers"));
    for (const char* scheme : {"int8", "nf4", "fp4", "q4_0", "q8_0", "int4", "int3", "int2"})
      shown.selection().addOwn(core::quant::Scheme::parse(scheme));
    shown.window().resize(1024, 640);
    QVERIFY(shown.waitUntilIdle());
    auto* maps = shown.find<LayerMaps>();
    maps->replot();
    QVERIFY(maps->content().schemes.size() >= 8);
    const QFontMetrics metrics(Theme::instance().textFont(-1.5));
    const auto& grid = maps->content().grid;
    for (std::size_t i = 0; i + 1 < grid.places.size(); ++i) {
      if (grid.places[i].block != grid.places[i + 1].block) continue;
      const int apart =
          std::abs(maps->centerOf(static_cast<int>(i), 0).y() - maps->centerOf(static_cast<int>(i + 1), 0).y());
      QVERIFY2(apart >= metrics.ascent(), qPrintable(QString::number(apart)));
    }
  }

  void aValueThatIsNoNumberIsMarked() {
    QTemporaryDir folder;
    const std::string name = "blk.2.ffn_up.weight";
    WorkspaceWindow shown(QStringLiteral("layers"), demoWithNan(folder.filePath(QStringLiteral("nan.gguf")), name));
    QVERIFY(shown.waitUntilIdle());
    const auto& content = shown.find<LayerMaps>()->content();
    const auto row = static_cast<std::size_t>(content.names.indexOf(QStringLiteral("blk.2.ffn_up")));
    for (std::size_t scheme = 0; scheme < content.schemes.size(); ++scheme) {
      for (std::size_t i = 0; i < content.schemes[scheme].cells.size(); ++i)
        QCOMPARE(content.schemes[scheme].cells[i].nonFinite, i == row);
      QVERIFY(!content.schemes[scheme].cells[row].note.isEmpty());
      QVERIFY(shown.find<LayerMaps>()->summary(static_cast<int>(scheme)).contains(QStringLiteral("1 not finite")));
    }
  }

  void whatNoSchemeTouchesIsNamed() {
    WorkspaceWindow shown(QStringLiteral("layers"));
    QVERIFY(shown.waitUntilIdle());
    auto* kept = shown.find<KeptTensors>();
    const auto& checkpoint = shown.selection().model()->checkpoint();
    QCOMPARE(kept->topLevelItemCount(), static_cast<int>(checkpoint.tensors().size()) - 42);
    QVERIFY(!kept->findItems(QStringLiteral("token_embd.weight"), Qt::MatchExactly).isEmpty());
    for (int i = 0; i < kept->topLevelItemCount(); ++i) QVERIFY(!kept->topLevelItem(i)->text(1).isEmpty());
    auto* tabs = shown.find<LayerMaps>()->window()->findChild<QWidget*>(QStringLiteral("layer-lists"));
    qobject_cast<QTabWidget*>(tabs)->setCurrentIndex(1);
    kept->setFocus();
    kept->setCurrentItem(kept->topLevelItem(0));
    QTest::keyClick(kept, Qt::Key_C, Qt::ControlModifier);
    QVERIFY(QGuiApplication::clipboard()->text().startsWith(kept->topLevelItem(0)->text(0) + u'\t'));
    const QString name = kept->topLevelItem(0)->text(0);
    QTest::keyClick(kept, Qt::Key_Return);
    QCOMPARE(shown.selection().workspace(), QStringLiteral("inspect"));
    QCOMPARE(QString::fromStdString(shown.selection().tensorInfo()->name), name);
  }
};

QTEST_MAIN(TestLayers)
#include "tst_layers.moc"
