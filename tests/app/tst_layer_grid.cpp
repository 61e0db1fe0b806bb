// Blocks × kinds of matrix, and what the colours of the maps stand for.
#include <QTest>
#include <cmath>

#include "app/pictures/cell_marks.h"
#include "app/pictures/layer_grid.h"
#include "app/pictures/layer_scale.h"

using namespace app;
using core::metrics::Metric;

class TestLayerGrid : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void ggufNames() {
    const auto grid = LayerGrid::arrange({"blk.0.attn_q.weight", "blk.0.ffn_down.weight", "blk.11.attn_q.weight"});
    QCOMPARE(grid.kinds, (QStringList{"attn_q", "ffn_down"}));
    QCOMPARE(grid.blocks, 12);
    QVERIFY(grid.places == (std::vector<LayerGrid::Place>{{0, 0}, {1, 0}, {0, 11}}));
  }

  void huggingFaceNames() {
    const auto grid =
        LayerGrid::arrange({"model.layers.3.self_attn.q_proj.weight", "model.layers.4.mlp.up_proj.weight"});
    QCOMPARE(grid.kinds, (QStringList{"self_attn.q_proj", "mlp.up_proj"}));
    QVERIFY(grid.places == (std::vector<LayerGrid::Place>{{0, 3}, {1, 4}}));
  }

  void expertsShareAPlace() {
    const auto grid =
        LayerGrid::arrange({"model.layers.1.mlp.experts.0.w1.weight", "model.layers.1.mlp.experts.17.w1.weight"});
    QCOMPARE(grid.kinds, (QStringList{"mlp.experts.w1"}));
    QVERIFY(grid.places[0] == grid.places[1]);
  }

  void severalStacksAreToldApart() {
    const auto grid = LayerGrid::arrange({"blk.0.attn_q.weight", "v.blk.0.attn_q.weight"});
    QCOMPARE(grid.kinds, (QStringList{"blk attn_q", "v.blk attn_q"}));
  }

  void matricesOutsideOfBlocksHaveRowsBelowThem() {
    const auto grid = LayerGrid::arrange({"token_embd.weight", "blk.1.attn_q.weight", "output.weight"});
    QCOMPARE(grid.kinds, (QStringList{"attn_q", "token_embd", "output"}));
    QCOMPARE(grid.outside, 2);
    QVERIFY(!grid.isOutside(0) && grid.isOutside(1) && grid.isOutside(2));
    QVERIFY(grid.places == (std::vector<LayerGrid::Place>{{1, 0}, {0, 1}, {2, 0}}));
  }

  void manyOfThemShareOneRow() {
    std::vector<std::string> names{"blk.1.attn_q.weight"};
    for (const char* name : {"a", "b", "c", "d", "e", "f", "g"}) names.emplace_back(name);
    const auto grid = LayerGrid::arrange(names);
    QCOMPARE(grid.kinds.size(), 2);
    QCOMPARE(grid.outside, 0);
    QVERIFY(grid.places[1].kind == grid.places[7].kind && grid.places[1].block != grid.places[7].block);
  }

  void aRectangleOfMarksIsOfBlocksAndKinds() {
    const auto grid = LayerGrid::arrange(
        {"blk.0.q.weight", "blk.0.k.weight", "blk.2.q.weight", "blk.2.k.weight", "output.weight"});  // 2 × 3, and a row
    CellMarks marks;
    marks.begin({0, 1}, CellMarks::Before::Dropped);
    marks.stretch({1, 2}, grid);
    for (const auto& [place, isIn] : std::vector<std::pair<LayerGrid::Place, bool>>{
             {{0, 0}, false}, {{0, 1}, true}, {{0, 2}, true}, {{1, 1}, true}, {{1, 2}, true}, {{2, 0}, false}})
      QCOMPARE(marks.contains(place), isIn);
    marks.stretch({2, 0}, grid);  // down into the row of the output: the block stays
    QVERIFY(marks.contains({2, 0}) && marks.contains({0, 1}) && !marks.contains({0, 0}) && !marks.contains({0, 2}));
    marks.begin({0, 0}, CellMarks::Before::Kept);
    QVERIFY(marks.contains({0, 0}) && marks.contains({0, 1}));
    marks.toggle({0, 0});
    QVERIFY(!marks.contains({0, 0}) && marks.contains({0, 1}));
  }

  void everyNameHasAPlaceInsideTheMap() {
    const auto grid = LayerGrid::arrange({"", ".", "7", "blk.-1.x", "blk.99999999999.y", "a.5", "5.5.5.weight"});
    QCOMPARE(grid.places.size(), std::size_t{7});
    for (const auto& place : grid.places) {
      QVERIFY(place.kind >= 0 && place.kind < grid.kinds.size());
      QVERIFY(place.block >= 0 && place.block < grid.blocks);
    }
  }

  void eachSchemeHasItsOwnScale() {
    const LayerScale scale(Metric::SqnrDb, LayerShading::PerScheme, {{40, 30}, {20, 10}});
    QCOMPARE(scale.color(0, 40), scale.color(1, 20));
    QCOMPARE(scale.color(0, 30), scale.color(1, 10));
    QVERIFY(scale.color(0, 40) != scale.color(0, 30));
  }

  void oneScaleForAllSchemes() {
    const LayerScale scale(Metric::RelativeError, LayerShading::Shared, {{0.001, 0.01}, {0.01, 0.1}});
    QCOMPARE(scale.color(0, 0.01), scale.color(1, 0.01));
    QCOMPARE(scale.color(0, 0.01), scale.colorAt(0.5));  // logarithmic
    QCOMPARE(scale.labels().size(), 5);
  }

  void distanceFromTheMedianIsNeutralAtTheMedian() {
    const LayerScale scale(Metric::SqnrDb, LayerShading::FromMedian, {{30, 20, 10}, {50, 49, 48}});
    QCOMPARE(scale.color(0, 20), scale.colorAt(0.5));
    QCOMPARE(scale.color(1, 49), scale.colorAt(0.5));
    QCOMPARE(scale.color(0, 10), scale.colorAt(1));  // the largest distance of all
    QVERIFY(scale.color(1, 48) != scale.colorAt(1));
    QCOMPARE(scale.figure(0, 10), QString(QChar(0x2212)) + QLocale().toString(10.0, 'f', 1));
  }

  void noErrorAndNoFiniteErrorHaveColours() {
    const LayerScale scale(Metric::SqnrDb, LayerShading::PerScheme, {{40, 30}});
    QCOMPARE(scale.color(0, INFINITY), scale.colorAt(0));
    QCOMPARE(scale.color(0, -INFINITY), scale.colorAt(1));
    QVERIFY(LayerScale::badness(Metric::Cosine, 1) < LayerScale::badness(Metric::Cosine, 0.9999));
  }
};

QTEST_MAIN(TestLayerGrid)
#include "tst_layer_grid.moc"
