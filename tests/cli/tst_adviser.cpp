// What the adviser says, against what the introductions say, and against itself; the size claims.
#include <QtTest>
#include <cmath>

#include "app/session/adviser.h"
#include "app/session/known_shapes.h"
#include "app/session/size_claims.h"

using namespace app;

namespace {

std::vector<AdviceOption> usualOptions(const char* shape) {
  const KnownShape& known = knownShape(shape);
  std::vector<AdviceOption> options;
  for (const auto& recipe : usualAdviceRecipes()) options.push_back({planShape(known.shape, known.kv(), recipe), {}});
  return options;
}

AdviceOption optionOf(double bits, double kl, double error, double speed) {
  AdviceOption option;
  option.plan.scheme = option.plan.title = std::to_string(bits);
  option.plan.parameters = 1e9;
  option.plan.weightBytes = bits / 8 * 1e9;
  option.plan.kv = {.layers = 1, .heads = 1, .kvHeads = 1, .headSize = 64, .valueHeadSize = 64};
  option.measured = SchemeMeasurement{kl, error, 1e-5, speed, "a text"};
  return option;
}

const AdvicePreset& presetOf(const std::string& id) {
  for (const AdvicePreset& preset : advicePresets())
    if (preset.id == id) return preset;
  qFatal("no preset %s", id.c_str());
}

bool mentions(const Candidate& candidate, const char* words) {
  for (const std::string& reason : candidate.reasons)
    if (reason.find(words) != std::string::npos) return true;
  return false;
}

}  // namespace

class TestAdviser : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  /// reference.md, "When to quantize": agreed with, or the preset says why not.
  void whenToQuantize_data() {
    QTest::addColumn<QString>("preset");
    QTest::addColumn<QString>("model");
    QTest::addColumn<QList<int>>("widths");
    const auto list = [](std::initializer_list<WidthClass> widths) {
      QList<int> result;
      for (const WidthClass width : widths) result << static_cast<int>(width);
      return result;
    };
    using enum WidthClass;
    QTest::newRow("cloud") << "cloud"
                           << "llama-3.1-8b" << list({Half});
    QTest::newRow("consumer") << "consumer"
                              << "llama-3.1-8b" << list({Eight, Four});
    QTest::newRow("consumer, 7B of one head per head") << "consumer"
                                                       << "llama-2-7b" << list({Eight, Five, Four});
    QTest::newRow("apple") << "apple"
                           << "llama-3.1-8b" << list({Half, Four});
    QTest::newRow("edge") << "edge"
                          << "llama-3.2-1b" << list({Eight, Five, Four});
    QTest::newRow("research: not in FP32 what was published in BF16") << "research"
                                                                      << "llama-3.1-8b" << list({Half});
  }
  void whenToQuantize() {
    QFETCH(QString, preset);
    QFETCH(QString, model);
    QFETCH(QList<int>, widths);
    const AdvicePreset& asked = presetOf(preset.toStdString());
    const Advice advice = advise(asked.question, usualOptions(model.toUtf8().constData()));
    QVERIFY2(!advice.candidates.empty(), advice.verdict.c_str());
    const Candidate& first = advice.candidates.front();
    QVERIFY2(widths.contains(static_cast<int>(widthOf(first.bitsPerWeight))), first.title.c_str());
    QVERIFY(first.plan.fits());
    QCOMPARE(asked.agrees, preset != QStringLiteral("research"));
    QVERIFY(!asked.said.empty() && !asked.comment.empty());
    QVERIFY(mentions(first, "Not measured here"));
  }

  void everySituationAndApplicationIsThere() {
    for (const char* id : {"cloud", "consumer", "apple", "edge", "research", "embedded", "healthcare", "inference",
                           "mobile", "latency", "scaling"})
      QCOMPARE(presetOf(id).id, std::string(id));
    // Each kind of device and width that the presets lead to has a rule with its reason.
    for (const AdviceRule& rule : adviceRules()) QVERIFY(std::string(rule.reason).size() > 20);
  }

  /// Small differences within the errors do not count: the smaller one of two that are the same is taken.
  void noiseDoesNotRank() {
    AdviceQuestion question{{.name = "card", .bytes = 8ULL << 30}, {.context = 512}, AdvicePriority::Quality};
    std::vector<AdviceOption> options{optionOf(16, 1e-6, 1e-7, 10), optionOf(8, 9e-6, 2e-6, 20),
                                      optionOf(4, 0.05, 0.005, 40)};
    QCOMPARE(widthOf(advise(question, options).candidates.front().bitsPerWeight), WidthClass::Eight);
    options[1].measured->kl = 1e-3;  // now it can be told apart
    QCOMPARE(widthOf(advise(question, options).candidates.front().bitsPerWeight), WidthClass::Half);
    QVERIFY(mentions(advise(question, options).candidates.front(), "Measured here (a text)"));
  }

  void whatMattersDecides() {
    const PlannedDevice card{.name = "card", .bytes = 8ULL << 30};
    // Below 4 bits, and so bad that it is no answer, though it is the smallest and the fastest.
    const std::vector<AdviceOption> options{optionOf(16, 1e-6, 1e-7, 10), optionOf(8, 1e-3, 1e-5, 20),
                                            optionOf(4.5, 0.05, 0.001, 15), optionOf(2, 1.5, 0.01, 60)};
    const auto first = [&](AdvicePriority priority) {
      return advise({card, {.context = 512}, priority}, options).candidates.front().bitsPerWeight;
    };
    QCOMPARE(first(AdvicePriority::Quality), 16.0);
    QCOMPARE(first(AdvicePriority::Speed), 8.0);
    QCOMPARE(first(AdvicePriority::Size), 4.5);
    const Advice three = advise({card, {.context = 512}, AdvicePriority::Speed}, options);
    QCOMPARE(three.candidates.size(), std::size_t{3});
    for (std::size_t i = 0; i < three.candidates.size(); ++i)
      for (std::size_t j = 0; j < i; ++j) QVERIFY(three.candidates[i].scheme != three.candidates[j].scheme);
  }

  void whatDoesNotFitIsSaid() {
    const auto options = usualOptions("llama-3.1-70b");
    const Advice none = advise({{.name = "a phone", .bytes = 8ULL << 30}, {}, AdvicePriority::Size}, options);
    QVERIFY(none.candidates.empty());
    QVERIFY2(none.verdict.find("Nothing fits on a phone") == 0, none.verdict.c_str());
    // With a shorter context something would.
    const auto small = usualOptions("llama-3.1-8b");
    const Advice shorter =
        advise({{.name = "a card", .bytes = 10ULL << 30}, {.context = 1U << 19U}, AdvicePriority::Quality}, small);
    QVERIFY(shorter.candidates.empty());
    QVERIFY2(shorter.verdict.find("fits with") != std::string::npos, shorter.verdict.c_str());
    QVERIFY(advise({}, {}).candidates.empty());
  }

  void costFollowsFromSpeed() {
    // 50 tokens/s are 180,000 an hour: 3.60 an hour is 20 for a million.
    QCOMPARE(costPerMillionTokens(3.6, 50), 20.0);
  }

  /// Every size of reference.md: computed, with a verdict that its figures bear out.
  void sizeClaimsAreComputed() {
    const auto claims = sizeClaims();
    QVERIFY(claims.size() >= 20);
    const auto of = [&](const char* begins) {
      for (const SizeClaim& claim : claims)
        if (claim.said.starts_with(begins)) return claim;
      qFatal("no claim %s", begins);
    };
    for (const SizeClaim& claim : claims) {
      const bool isMemory =
          claim.said.find(" on ") != std::string::npos || claim.said.find("within") != std::string::npos;
      qInfo("%-52s %8.2f %s  %-12s", claim.said.c_str(), claim.value, claim.isFactor ? "x " : "GB",
            nameOf(claim.verdict).c_str());
      if (isMemory) {
        QVERIFY2(claim.verdict == SizeClaim::Verdict::Wrong || claim.value <= claim.claimed, claim.said.c_str());
      } else if (claim.verdict == SizeClaim::Verdict::Holds) {
        QVERIFY2(std::abs(claim.error()) <= 0.03, claim.said.c_str());
      } else {
        QVERIFY2(std::abs(claim.error()) > 0.03, claim.said.c_str());
        QVERIFY(!claim.reason.empty());
      }
    }
    QCOMPARE(std::round(of("70B in FP32: 280").value), 282.0);
    QCOMPARE(std::round(of("a 32B model is 70").value * 10) / 10, 65.5);
    // reference.md's own corrections: 5.7 GB with the ends in 16 bits, 4.1 GB without.
    QCOMPARE(std::round(of("8B in NF4").value * 10) / 10, 5.7);
    QCOMPARE(std::round(of("the same, embedding").value * 10) / 10, 4.1);
    QVERIFY(std::abs(of("Ollama llama3.1:8b: 4.7").value - 4.66) < 0.02);  // the file has a tokenizer, too
    QCOMPARE(of("INT4 is 8").verdict, SizeClaim::Verdict::Wrong);
    QVERIFY(of("a 32B model in 4 bits").value < 24);
  }
};

QTEST_GUILESS_MAIN(TestAdviser)
#include "tst_adviser.moc"
