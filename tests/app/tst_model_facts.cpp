// What lessons 11 and 12 say about whole models, computed by the facts they name.
#include <QTest>
#include <algorithm>
#include <cmath>
#include <ranges>

#include "app/lessons/facts/lesson_models.h"
#include "core/base/error.h"
#include "core/classic/digit_images.h"
#include "fact_values.h"
#include "support/golden.h"

using namespace app;

class TestModelFacts : public QObject {
  Q_OBJECT

 private:
  nlohmann::json m_scores =
      support::readJson(std::filesystem::path(QS_TEST_DATA) / "classic" / "classic.json").at("scores");

 private slots:
  /// Against numpy's restatement (tests/peer/reference_classic.py).
  void smallModelsAreThoseOfNumpy_data() {
    addFactColumns();
    const auto row = [](const char* json, double figure) { addFactRow(json, figure, 1e-5 * std::abs(figure)); };
    const auto& regression = m_scores["regression"];
    row(R"({"fact": "regression_r2"})", regression["fp32"][0]);
    row(R"({"fact": "regression_r2", "bits": 16})", regression["int16"][0]);
    row(R"({"fact": "regression_r2", "bits": 8})", regression["int8"][0]);
    row(R"({"fact": "regression_r2", "bits": 8, "scales": "shared"})", regression["int8_shared"][0]);
    row(R"({"fact": "regression_error"})", regression["fp32"][1]);
    row(R"({"fact": "regression_error", "bits": 4})", regression["int4"][1]);
    const double percent = 100;
    row(R"({"fact": "tree_accuracy"})", percent * m_scores["tree"]["fp32"].get<double>());
    row(R"({"fact": "tree_accuracy", "bits": 16})", percent * m_scores["tree"]["int16"].get<double>());
    row(R"({"fact": "tree_accuracy", "bits": 4})", percent * m_scores["tree"]["int4"].get<double>());
    const auto network = [](const char* rule) {
      const auto golden = support::readJson(std::filesystem::path(QS_TEST_DATA) / "classic" / "classic.json");
      for (const auto& entry : golden["network"]["integer"])
        if (entry["rule"] == rule && entry["scheme"] == "int8:group=row") return 100 * entry["accuracy"].get<double>();
      throw std::runtime_error(rule);
    };
    row(R"({"fact": "digit_accuracy"})", percent * m_scores["network"]["fp32"].get<double>());
    row(R"({"fact": "digit_accuracy", "ranges": "calibrated"})", network("minmax"));
    row(R"({"fact": "digit_accuracy", "ranges": "percentile"})", network("percentile"));
    row(R"({"fact": "digit_accuracy", "ranges": "dynamic"})", network("dynamic"));
    row(R"({"fact": "digit_accuracy", "ranges": "guess"})", network("fixed1"));
    row(R"({"fact": "digit_accuracy", "ranges": "guess", "reach": 256})", network("fixed256"));
    row(R"({"fact": "digit_weights"})", 3818);
    row(R"({"fact": "digit_size", "scheme": "fp32"})", 3818 * 4 / 1000.0);
    row(R"({"fact": "digit_size", "scheme": "int8"})", (3784 + 34 * 4 + 34 * 4) / 1000.0);  // codes, scales, biases
  }

  void smallModelsAreThoseOfNumpy() { checkFactRow(); }

  void theChatModelBreaksBetweenFourAndTwoBits() {
    QCOMPARE(factNumber(R"({"fact": "chat_answers"})"), 24.0);
    QCOMPARE(factNumber(R"({"fact": "chat_kl"})"), 0.0);
    QVERIFY(factNumber(R"({"fact": "chat_exact_answers", "scheme": "int8"})") > 95);
    QVERIFY(factNumber(R"({"fact": "chat_exact_answers", "scheme": "int2"})") < 5);
    QVERIFY(factNumber(R"({"fact": "chat_perplexity", "scheme": "int3"})") >
            factNumber(R"({"fact": "chat_perplexity", "scheme": "int4"})"));
    QVERIFY(factNumber(R"({"fact": "chat_same_favourite", "scheme": "int4"})") > 90);
    const char* broken = R"({"fact": "chat_first_to_break", "schemes": ["int8", "int4", "int3", "int2"], "below": 50})";
    QCOMPARE(factText(broken), std::string("int3"));
    const char* never = R"({"fact": "chat_first_to_break", "schemes": ["int8"], "below": 50})";
    QCOMPARE(factText(never), std::string("none"));
    const auto curve = std::get<Curve>(factValue(R"({"fact": "chat_curve", "schemes": ["int2", "int4"]})"));
    QCOMPARE(curve.x, (std::vector<double>{2.5, 4.5}));
    QVERIFY(curve.y[0] < curve.y[1]);
  }

  void whatTheChatModelSays() {
    QCOMPARE(factNumber(R"({"fact": "chat_number", "question": "What is 47 + 38?"})"), 85.0);
    QVERIFY(std::isnan(factNumber(R"({"fact": "chat_number", "question": "What is a mantissa?"})")));
    const auto point = std::get<Interval>(
        factValue(R"({"fact": "chat_breaking_point", "schemes": ["int8", "int4", "int3"], "below": 50})"));
    QCOMPARE(point.low, 3.5);  // three bits and half a bit of scale
    QCOMPARE(point.high, 4.5);
    const char* best = R"({"fact": "chat_best_scheme", "schemes": ["int2", "int8"], "names": ["two", "eight"]})";
    QCOMPARE(factText(best), std::string("eight"));
  }

  void theChatModelLosesMostAtThreeBitsAndTheTreeAtFour() {
    QCOMPARE(factText(R"({"fact": "most_hurt", "bits": 3})"), std::string("chat"));
    QCOMPARE(factText(R"({"fact": "most_hurt", "bits": 4})"), std::string("tree"));
  }

  void digitsAreNamedOneByOne() {
    const auto labels = factText(R"({"fact": "digit_names", "count": 200, "labels": "yes"})");
    const auto count = [&](const char* json) {
      const auto names = factText(json);
      return std::ranges::count_if(std::views::iota(std::size_t{0}, labels.size()),
                                   [&](std::size_t i) { return names[i] == labels[i]; });
    };
    const auto before = count(R"({"fact": "digit_names", "count": 200})");
    QVERIFY(before > 180);
    QVERIFY(count(R"({"fact": "digit_names", "count": 200, "ranges": "guess"})") < before);
    const auto part = factText(R"({"fact": "digit_names", "first": 5, "count": 3, "labels": "yes"})");
    QCOMPARE(part, labels.substr(5, 3));
  }

  void rangesThatWorkAreFound() {
    const auto good =
        std::get<Interval>(factValue(R"({"fact": "digit_good_reaches", "reaches": [1, 2, 6, 8, 200], "within": 1})"));
    QCOMPARE(good.low, 6.0);
    QCOMPARE(good.high, 8.0);
  }

  void whatCannotBeSaidIsRefused() {
    for (const char* json :
         {R"({"fact": "regression_r2", "bits": 40})", R"({"fact": "regression_r2", "bits": 1})",
          R"({"fact": "tree_accuracy", "scales": "none"})", R"({"fact": "digit_accuracy", "ranges": "lucky"})",
          R"({"fact": "digit_accuracy", "ranges": "guess", "reach": 0})", R"({"fact": "chat_kl", "scheme": "int1"})",
          R"({"fact": "digit_accuracy", "ranges": "calibrated", "scheme": "nf4"})",
          R"({"fact": "most_hurt", "bits": 9})", R"({"fact": "digit_good_reaches", "reaches": [0.01], "within": 1})",
          R"({"fact": "chat_best_scheme", "schemes": ["int8"], "names": []})",
          R"({"fact": "chat_breaking_point", "schemes": ["int8", "int4"], "below": 50})"})
      QVERIFY_THROWS_EXCEPTION(core::Error, factValue(json));
  }

  void theCompiledInNetworkIsTheTrainedOne() {
    QCOMPARE(digitNetwork().side, core::classic::kDigitSide);
    QCOMPARE(lessonExchanges().size(), std::size_t{24});
  }
};

QTEST_MAIN(TestModelFacts)
#include "tst_model_facts.moc"
