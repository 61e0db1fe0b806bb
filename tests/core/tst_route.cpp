// Which experts tokens go through and how much each counts, against what transformers computes (tests/data/routes).
#include <QtTest>
#include <algorithm>
#include <cmath>
#include <set>

#include "core/model/ops/route.h"
#include "core/train/ops/experts.h"
#include "support/golden.h"

using namespace core;

namespace {

std::filesystem::path goldens() { return std::filesystem::path(QS_TEST_DATA) / "routes" / "routes.json"; }

/// One of the goldens.
struct Case {
  explicit Case(const nlohmann::json& json)
      : experts(json.at("experts")),
        logits(json.at("logits")),
        bias(json.at("bias")),
        weight(json.at("weight")),
        chosen(json.at("chosen")),
        weights(json.at("weights")) {
    route.used = json.at("used");
    route.isNormed = json.at("is_normed");
    route.isSigmoid = route.areGroupsOfTwo = json.at("is_sigmoid");
    route.groups = json.at("groups");
    route.usedGroups = json.at("used_groups");
    route.sumEpsilon = json.at("epsilon");
    route.scale = json.at("scale");
  }
  std::size_t tokens() const { return logits.size() / experts; }

  model::Route route;
  std::size_t experts;
  std::vector<float> logits, bias, weight;
  std::vector<std::size_t> chosen;
  std::vector<double> weights;
};

/// A vector as a pass has it.
std::optional<train::PassWeight> passWeight(const std::vector<float>& values) {
  if (values.empty()) return std::nullopt;
  class Source final : public train::WeightSource {
   public:
    explicit Source(const std::vector<float>& all) : m_values(all) {}
    void rows(std::uint64_t, std::span<float> out) const override { std::ranges::copy(m_values, out.begin()); }

   private:
    std::vector<float> m_values;
  };
  return train::PassWeight{"", 1, values.size(), {}, std::make_shared<Source>(values), nullptr};
}

/// [tokens, 2 · used] in float64
std::vector<double> inDoubles(const Case& of) {
  const std::vector<double> logits(of.logits.begin(), of.logits.end());
  const auto weight = passWeight(of.weight), bias = passWeight(of.bias);
  std::vector<double> routes(of.tokens() * 2 * of.route.used);
  train::ops::route<double>(of.route, weight ? &*weight : nullptr, bias ? &*bias : nullptr,
                            {1, of.tokens(), std::vector<double>{0.0}}, of.experts, logits.data(), routes.data());
  return routes;
}

}  // namespace

class TestRoute : public QObject {
  Q_OBJECT

 private slots:
  void rulesAreThoseOfTransformers_data() {
    QTest::addColumn<int>("index");
    const auto all = support::readJson(goldens());
    for (int i = 0; i < static_cast<int>(all.size()); ++i)
      QTest::newRow(all[static_cast<std::size_t>(i)].at("name").get<std::string>().c_str()) << i;
  }
  void rulesAreThoseOfTransformers() {
    QFETCH(int, index);
    const Case golden(support::readJson(goldens())[static_cast<std::size_t>(index)]);
    const std::size_t used = golden.route.used;
    std::vector<float> routes(golden.tokens() * 2 * used);
    model::ops::route(golden.route, golden.weight, golden.bias, golden.logits.data(), golden.experts, golden.tokens(),
                      routes.data());
    const std::vector<double> doubles = inDoubles(golden);
    for (std::size_t t = 0; t < golden.tokens(); ++t)
      for (std::size_t k = 0; k < used; ++k) {
        const std::size_t number = 2 * t * used + k, at = t * used + k;
        QCOMPARE(static_cast<std::size_t>(routes[number]), golden.chosen[at]);
        QCOMPARE(static_cast<std::size_t>(doubles[number]), golden.chosen[at]);
        const double expected = golden.weights[at];
        QVERIFY(std::abs(static_cast<double>(routes[number + used]) - expected) <= 1e-6 * std::abs(expected));
        // What is added to a sum is a float.
        QVERIFY(std::abs(doubles[number + used] - expected) <= 1e-9 * std::abs(expected));
      }
  }

  // However odd the logits are, numbers of experts are in range and differ, and the chosen groups hold them.
  void oddLogitsChooseExperts() {
    const float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
    model::Route route;
    route.used = 4;
    route.groups = 4;
    route.usedGroups = 2;
    for (const bool isSigmoid : {false, true}) {
      route.isSigmoid = route.areGroupsOfTwo = isSigmoid;
      for (const float odd : {nan, infinity, -infinity}) {
        std::vector<float> logits(12, odd), bias(12, 0.5F), routes(8);
        for (int some = 0; some < 2; ++some) {
          model::ops::route(route, {}, bias, logits.data(), 12, 1, routes.data());
          const std::set<float> numbers(routes.begin(), routes.begin() + 4);
          QCOMPARE(numbers.size(), std::size_t{4});
          QVERIFY(*numbers.begin() >= 0 && *numbers.rbegin() < 12);
          logits[5] = logits[7] = 1.0F;
        }
      }
    }
  }
};

QTEST_GUILESS_MAIN(TestRoute)
#include "tst_route.moc"
