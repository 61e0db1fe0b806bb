#include <QtTest>
#include <cmath>

#include "core/base/error.h"
#include "core/classic/decision_tree.h"
#include "core/classic/digit_images.h"
#include "core/classic/experiments.h"
#include "core/classic/linear_regression.h"
#include "core/classic/scores.h"
#include "support/golden.h"

using namespace core;
using classic::AffineGrid;
using classic::ColumnScale;
using classic::DecisionTree;
using classic::LinearRegression;
using classic::QuantizedRegression;
using classic::QuantizedTree;
using classic::Table;

namespace {

bool isClose(double a, double b, double relative) { return std::abs(a - b) <= relative * std::max(1.0, std::abs(b)); }

std::optional<classic::TableQuantization> integers(std::uint32_t bits, ColumnScale sharing = ColumnScale::Own) {
  return classic::TableQuantization{bits, sharing};
}

ColumnScale sharingOf(const nlohmann::json& golden) {
  return golden["shared"].get<bool>() ? ColumnScale::Shared : ColumnScale::Own;
}

/// The regression that numpy fitted, so that codes and predictions are compared bit by bit.
LinearRegression fittedByNumpy(const nlohmann::json& golden) {
  return {golden["weights"].get<std::vector<float>>(), golden["intercept"].get<float>()};
}

std::vector<classic::TreeNode> nodesOf(const nlohmann::json& golden) {
  std::vector<classic::TreeNode> nodes;
  for (const auto& node : golden)
    nodes.push_back({node[0].get<std::int32_t>(), node[1].get<float>(), node[2].get<std::uint32_t>(),
                     node[3].get<std::uint32_t>(), node[4].get<float>()});
  return nodes;
}

}  // namespace

/// Regression and tree against numpy, as fitted and in integers.
class TestClassicTables : public QObject {
  Q_OBJECT

 private:
  nlohmann::json m_golden = support::readJson(std::filesystem::path(QS_TEST_DATA) / "classic" / "classic.json");
  Table m_houses = classic::houses(classic::kTrainingSeed, 0, 500);
  Table m_heldOutHouses = classic::houses(classic::kHeldOutSeed, 0, 20);

 private slots:
  void regressionIsLeastSquares() {
    const LinearRegression model = LinearRegression::fit(m_houses);
    const LinearRegression golden = fittedByNumpy(m_golden["regression"]);
    for (std::size_t c = 0; c < golden.weights.size(); ++c)
      QVERIFY2(isClose(model.weights[c], golden.weights[c], 1e-6), qPrintable(QString::number(c)));
    QVERIFY(isClose(model.intercept, golden.intercept, 1e-6));
    const auto expected = m_golden["regression"]["predictions"].get<std::vector<double>>();
    for (std::size_t r = 0; r < expected.size(); ++r) QCOMPARE(golden.predict(m_heldOutHouses.row(r)), expected[r]);
  }

  void regressionInIntegersIsThatOfNumpy() {
    const LinearRegression model = fittedByNumpy(m_golden["regression"]);
    for (const auto& golden : m_golden["regression"]["integer"]) {
      const QuantizedRegression quantized(model, m_houses, golden["bits"].get<std::uint32_t>(), sharingOf(golden));
      QCOMPARE(quantized.weights(), golden["weights"].get<std::vector<std::int32_t>>());
      QCOMPARE(quantized.intercept(), golden["intercept"].get<std::int64_t>());
      QCOMPARE(quantized.scale(), golden["scale"].get<float>());
      const auto expected = golden["predictions"].get<std::vector<double>>();
      for (std::size_t r = 0; r < expected.size(); ++r)
        QVERIFY(quantized.predict(m_heldOutHouses.row(r)) == expected[r]);
    }
  }

  void aRegressionWithoutAnAnswerIsRefused() {
    Table table{{"a", "twice a"}, {1, 2, 2, 4, 3, 6, 4, 8}, {1, 2, 3, 4}, {}};
    QVERIFY_THROWS_EXCEPTION(Error, LinearRegression::fit(table));
    QVERIFY_THROWS_EXCEPTION(Error, LinearRegression::fit(Table{{"a"}, {1}, {1}, {}}));
  }

  void aConstantRegressionSurvives() {
    const Table table{{"a"}, {1, 2, 3}, {7, 7, 7}, {}};
    const QuantizedRegression quantized({{0.0F}, 7.0F}, table, 8, ColumnScale::Own);
    QCOMPARE(quantized.predict(table.row(1)), 7.0);
  }

  void treesAreThoseOfNumpy() {
    QCOMPARE(DecisionTree::fit(classic::fruit(classic::kTrainingSeed, 0, 600)).nodes,
             nodesOf(m_golden["tree"]["classes"]));
    QCOMPARE(DecisionTree::fit(classic::houses(classic::kTrainingSeed, 0, 200)).nodes,
             nodesOf(m_golden["tree"]["numbers"]));
  }

  void treesInIntegersAreThoseOfNumpy() {
    const Table fruit = classic::fruit(classic::kTrainingSeed, 0, 600),
                houses = classic::houses(classic::kTrainingSeed, 0, 200),
                heldOut = classic::fruit(classic::kHeldOutSeed, 0, 100);
    const DecisionTree classes{nodesOf(m_golden["tree"]["classes"])}, numbers{nodesOf(m_golden["tree"]["numbers"])};
    for (const auto& golden : m_golden["tree"]["integer"]) {
      const auto bits = golden["bits"].get<std::uint32_t>();
      const QuantizedTree quantized(classes, fruit, bits, sharingOf(golden));
      const auto said = golden["classes"].get<std::vector<float>>();
      for (std::size_t r = 0; r < said.size(); ++r) QCOMPARE(quantized.predict(heldOut.row(r)), said[r]);
      const QuantizedTree means(numbers, houses, bits, sharingOf(golden));
      const auto prices = golden["numbers"].get<std::vector<float>>();
      for (std::size_t r = 0; r < prices.size(); ++r) QVERIFY(means.predict(houses.row(r)) == prices[r]);
    }
  }

  void aTreeKeepsItsLimits() {
    const Table fruit = classic::fruit(3, 0, 300);
    const DecisionTree stump = DecisionTree::fit(fruit, {.depth = 1, .leafRows = 1});
    QCOMPARE(stump.nodes.size(), std::size_t{3});
    QCOMPARE(stump.leaves(), std::size_t{2});
    QCOMPARE(DecisionTree::fit(fruit, {.depth = 9, .leafRows = 151}).nodes.size(), std::size_t{1});
    QVERIFY_THROWS_EXCEPTION(Error, DecisionTree::fit(classic::fruit(3, 0, 0)));
    // Without limits it knows its own data by heart.
    const DecisionTree whole = DecisionTree::fit(fruit, {.depth = 30, .leafRows = 1});
    for (std::size_t r = 0; r < fruit.rows(); ++r) QCOMPARE(whole.predict(fruit.row(r)), fruit.targets[r]);
  }

  void gridsRoundAsTheIntegerFamilyDoes() {
    const AffineGrid grid = AffineGrid::spanning(8, quant::ZeroPoint::On, {1.0F, 1.0F});
    QCOMPARE(grid.scale, 2.0F / 255.0F);
    QCOMPARE(grid.zeroPoint, -1);  // −128 + 1/S, and 1/S is just below 127.5 in float32
    QCOMPARE(grid.code(1.0F), 126);
    QCOMPARE(grid.code(-9.0F), -128);
    QCOMPARE(grid.level(std::nanf("")), 0);
    const AffineGrid nothing = AffineGrid::spanning(16, quant::ZeroPoint::On, {});
    QCOMPARE(nothing.level(3.0F), 0);
    QVERIFY_THROWS_EXCEPTION(Error, AffineGrid::spanning(1, quant::ZeroPoint::On, {1.0F, 1.0F}));
    QVERIFY_THROWS_EXCEPTION(Error, AffineGrid::spanning(17, quant::ZeroPoint::On, {1.0F, 1.0F}));
  }

  void scoresOfKnownPredictions() {
    const std::vector<float> targets = {1, 2, 3};
    QCOMPARE(classic::rSquared(targets, std::vector<double>{1, 2, 3}), 1.0);
    QCOMPARE(classic::rSquared(targets, std::vector<double>{2, 2, 2}), 0.0);
    QCOMPARE(classic::meanAbsoluteError(targets, std::vector<double>{2, 2, 5}), 1.0);
    QCOMPARE(classic::accuracy(targets, std::vector<double>{1, 2, 2}), 2.0 / 3.0);
    QVERIFY(std::isnan(classic::rSquared(std::vector<float>{4, 4}, std::vector<double>{4, 4})));
  }

  void experimentsAreThoseOfNumpy() {
    const auto& regression = m_golden["scores"]["regression"];
    const auto check = [&](const char* name, const std::optional<classic::TableQuantization>& quantization) {
      const classic::RegressionScore score = classic::houseRegression(quantization);
      QVERIFY2(isClose(score.rSquared, regression[name][0].get<double>(), 1e-6), name);
      QVERIFY2(isClose(score.meanError, regression[name][1].get<double>(), 1e-5), name);
    };
    check("fp32", {});
    check("int16", integers(16));
    check("int8", integers(8));
    check("int4", integers(4));
    check("int8_shared", integers(8, ColumnScale::Shared));
    const auto& tree = m_golden["scores"]["tree"];
    QCOMPARE(classic::fruitTree({}), tree["fp32"].get<double>());
    QCOMPARE(classic::fruitTree(integers(16)), tree["int16"].get<double>());
    QCOMPARE(classic::fruitTree(integers(8)), tree["int8"].get<double>());
    QCOMPARE(classic::fruitTree(integers(4, ColumnScale::Shared)), tree["int4_shared"].get<double>());
  }
};

QTEST_APPLESS_MAIN(TestClassicTables)
#include "tst_classic_tables.moc"
