// Short runs of quantization-aware training: the loss falls, ranges learn and stay legal, the same run is the same.
#include <QtTest>
#include <cmath>

#include "core/train/trainer.h"
#include "qat_models.h"

using namespace core;
using namespace qat;
using train::QatRange;

namespace {

/// The conversation a model is to learn: the same one every step.
class OneText final : public train::BatchSource {
 public:
  std::vector<train::Minibatch> batches(std::uint64_t) const override {
    train::Minibatch batch;
    batch.length = 12;
    for (std::size_t i = 0; i < 4 * batch.length; ++i) {
      batch.tokens.push_back(static_cast<text::TokenId>((i * 31 + 7) % 97));
      batch.targets.push_back(static_cast<text::TokenId>(((i + 1) * 31 + 7) % 97));
      batch.isCounted.push_back(1);
    }
    return {batch};
  }
};

/// Losses of a short run.
std::vector<double> losses(QatModel& model, std::uint64_t steps) {
  const OneText text;
  train::TrainerSettings settings;
  settings.steps = steps;
  settings.rate = {.peak = 2e-3, .warmUp = 2};
  train::Trainer trainer(model, text, settings);
  std::vector<double> all;
  while (!trainer.isFinished()) all.push_back(trainer.step().loss);
  return all;
}

}  // namespace

class TestQatTraining : public QObject {
  Q_OBJECT

 private slots:
  void aGroupOfZerosStaysLegal_data() {
    QTest::addColumn<int>("range");
    QTest::newRow("recomputed") << static_cast<int>(QatRange::Recomputed);
    QTest::newRow("steps") << static_cast<int>(QatRange::LearnedStep);
    QTest::newRow("clips") << static_cast<int>(QatRange::LearnedClip);
  }

  void aGroupOfZerosStaysLegal() {
    QFETCH(int, range);
    for (const char* scheme : {"int3", "int2:range=minmax"}) {
      Model source;
      std::vector<float> values = quant::dequantize(*source.tensor(kMatrix));
      std::fill_n(values.begin() + 64, 32, 0.0F);
      source.replace(kMatrix, values);
      const auto model = source.make(scheme, {.range = static_cast<QatRange>(range)});
      for (const double loss : losses(*model, 3)) QVERIFY(std::isfinite(loss));
      // The zeros are trained: what has no range now may get one.
      const auto zeros = std::span(parameter(*model, kMatrix).values).subspan(64, 32);
      QVERIFY(std::ranges::any_of(zeros, [](float value) { return value != 0.0F; }));
      model->prepare(JobContext());
      for (const float value : valuesRead(*model, kMatrix)) QVERIFY(std::isfinite(value));
      for (const float scale : model->tensors()[kMatrix]->as<quant::Uniform>()->scales) QVERIFY(scale >= 0.0F);
    }
  }

  // Steps stay positive however far they are moved.
  void stepsStayPositive() {
    const Model source;
    for (const float theta : {-200.0F, 200.0F}) {
      const auto model = source.make("int4:scales=fp16", {.range = QatRange::LearnedStep});
      std::ranges::fill(parameter(*model, kMatrix + ".log_step").values, theta);
      model->prepare(JobContext());
      for (const float scale : model->tensors()[kMatrix]->as<quant::Uniform>()->scales)
        QVERIFY(scale > 0.0F && std::isfinite(scale * 8.0F));
    }
  }

  void shortRunsLowerTheLoss_data() {
    QTest::addColumn<QString>("scheme");
    QTest::addColumn<int>("range");
    QTest::newRow("int3") << QString("int3") << static_cast<int>(QatRange::Recomputed);
    QTest::newRow("int3, steps") << QString("int3") << static_cast<int>(QatRange::LearnedStep);
    QTest::newRow("int2, steps and zero-points")
        << QString("int2:range=minmax") << static_cast<int>(QatRange::LearnedStep);
    QTest::newRow("int3, clips") << QString("int3") << static_cast<int>(QatRange::LearnedClip);
    QTest::newRow("int2, clips") << QString("int2:range=minmax") << static_cast<int>(QatRange::LearnedClip);
    QTest::newRow("nf4") << QString("nf4:double=on") << static_cast<int>(QatRange::Recomputed);
    QTest::newRow("q4_k") << QString("q4_k") << static_cast<int>(QatRange::Recomputed);
    QTest::newRow("inputs in int8") << QString("int4:activations=int8_dynamic")
                                    << static_cast<int>(QatRange::LearnedStep);
    QTest::newRow("inputs in fp8") << QString("fp8_e4m3:scale=row,activations=fp8_dynamic")
                                   << static_cast<int>(QatRange::Recomputed);
  }

  void shortRunsLowerTheLoss() {
    QFETCH(QString, scheme);
    QFETCH(int, range);
    const Model source;
    const QatSettings settings{.range = static_cast<QatRange>(range)};
    const auto model = source.make(qPrintable(scheme), settings);
    const std::vector<double> run = losses(*model, 8);
    QVERIFY2(run.back() < 0.75 * run.front(), qPrintable(QString("%1 to %2").arg(run.front()).arg(run.back())));
    const auto again = source.make(qPrintable(scheme), settings);
    QVERIFY(losses(*again, 8) == run);
    // Ranges learn, too.
    for (const char* suffix : {".log_step", ".zero_point", ".clip", ".clip_low", ".clip_high"}) {
      if (!has(*model, kMatrix + suffix)) continue;
      const auto first = source.make(qPrintable(scheme), settings);
      QVERIFY(parameter(*model, kMatrix + suffix).values != parameter(*first, kMatrix + suffix).values);
    }
  }
};

QTEST_APPLESS_MAIN(TestQatTraining)
#include "tst_qat_training.moc"
