// The pieces of a training run against formulas written here in double precision, and the run as a whole: resumed it
// gives the bits of one that was not interrupted.
#include <QTemporaryDir>
#include <QtTest>
#include <cmath>
#include <filesystem>
#include <set>

#include "core/base/error.h"
#include "core/model/weights.h"
#include "core/train/token_loss.h"
#include "core/train/trainer.h"
#include "support/random_model.h"
#include "support/random_values.h"

using namespace core;
using support::randomValues;
using train::LearningRate;
using train::Minibatch;
using train::Parameter;
using train::RateDecay;
using train::StateKind;
using train::Trainer;
using train::TrainerSettings;

namespace {

/// Every weight of a model, trained as it is.
class AllWeights : public train::TrainedModel {
 public:
  explicit AllWeights(model::Graph graph) : m_graph(std::move(graph)), m_weights(train::weightsOf(m_graph)) {
    m_parameters.reserve(m_weights.size());
    for (train::WeightId id = 0; id < m_weights.size(); ++id) {
      train::PassWeight& weight = m_weights[id];
      Parameter& parameter = m_parameters.emplace_back();
      parameter.name = weight.name;
      parameter.values.resize(weight.count());
      parameter.gradient.resize(weight.count());
      weight.base->rows(0, parameter.values);
      weight.base = std::make_shared<Values>(parameter, weight.width);
      m_wanted.push_back(id);
    }
  }

  const model::Graph& graph() const override { return m_graph; }
  const std::vector<train::PassWeight>& weights() const override { return m_weights; }
  std::span<const train::WeightId> wanted() const override { return m_wanted; }
  std::span<Parameter> parameters() override { return m_parameters; }
  void prepare(const JobContext&) override {}
  void add(const train::WeightGradient<float>& panel) override {
    float* const sum = m_parameters[panel.weight].gradient.data() + panel.firstRow * m_weights[panel.weight].width;
    for (std::size_t i = 0; i < panel.gradient.size(); ++i) sum[i] += panel.gradient[i];
  }

 private:
  class Values final : public train::WeightSource {
   public:
    Values(const Parameter& parameter, std::uint64_t width) : m_parameter(parameter), m_width(width) {}
    void rows(std::uint64_t firstRow, std::span<float> values) const override {
      std::copy_n(m_parameter.values.begin() + static_cast<std::ptrdiff_t>(firstRow * m_width), values.size(),
                  values.begin());
    }

   private:
    const Parameter& m_parameter;
    std::uint64_t m_width;
  };

  model::Graph m_graph;
  std::vector<train::PassWeight> m_weights;
  std::vector<Parameter> m_parameters;
  std::vector<train::WeightId> m_wanted;
};

constexpr std::int32_t kVocabulary = 29;

/// A language that can be learned: the next token is this one's triple, and one more. Another set every step.
class Triples final : public train::BatchSource {
 public:
  explicit Triples(std::size_t minibatches = 1) : m_minibatches(minibatches) {}

  std::vector<Minibatch> batches(std::uint64_t step) const override {
    std::vector<Minibatch> all;
    for (std::size_t i = 0; i < m_minibatches; ++i) {
      Minibatch batch{.length = 7,
                      .tokens = {},
                      .targets = {},
                      .isCounted = {},
                      .weight = 1.0 / static_cast<double>(m_minibatches)};
      for (std::size_t row = 0; row < 4; ++row) {
        auto token = static_cast<std::int32_t>((step * 5 + i * 11 + row * 3) % kVocabulary);
        for (std::size_t t = 0; t < batch.length; ++t) {
          batch.tokens.push_back(token);
          token = (3 * token + 1) % kVocabulary;
          batch.targets.push_back(token);
          batch.isCounted.push_back(t > 0 ? 1 : 0);
        }
      }
      all.push_back(std::move(batch));
    }
    return all;
  }

 private:
  std::size_t m_minibatches;
};

/// Notes which dropouts it is asked for.
class Asked final : public AllWeights {
 public:
  using AllWeights::AllWeights;
  std::vector<train::Dropout> dropouts(std::uint64_t seed) const override {
    seeds.push_back(seed);
    return {};
  }
  mutable std::vector<std::uint64_t> seeds;
};

/// Makes the model say nothing that is a number: a token's embedding is NaN.
class Poisoned final : public train::BatchSource {
 public:
  explicit Poisoned(AllWeights& model) : m_model(model) {}
  std::vector<Minibatch> batches(std::uint64_t step) const override {
    if (step == 2) std::ranges::fill(m_model.parameters()[0].values, std::nanf(""));
    return Triples().batches(step);
  }

 private:
  AllWeights& m_model;
};

}  // namespace

class TestTrainer : public QObject {
  Q_OBJECT

  QTemporaryDir m_folder;

  model::Graph graph() const {
    const std::filesystem::path path = m_folder.filePath("model.gguf").toStdString();
    if (!std::filesystem::exists(path))
      support::writeRandomModel({.vocabulary = kVocabulary,
                                 .width = 48,
                                 .layers = 1,
                                 .feedForward = 96,
                                 .heads = 3,
                                 .kvHeads = 1,
                                 .tiedOutput = true},
                                path);
    const auto checkpoint = io::openCheckpoint(path);
    const auto config = model::ModelConfig::fromCheckpoint(*checkpoint);
    return model::buildGraph(config, model::WeightLibrary(checkpoint).load(config, {}));
  }
  static TrainerSettings settings(std::uint64_t steps, StateKind state = StateKind::Fp32) {
    TrainerSettings settings;
    settings.steps = steps;
    settings.rate.peak = 3e-3;
    settings.rate.warmUp = 4;
    settings.optimizer.state = state;
    return settings;
  }
  static std::vector<float> valuesOf(AllWeights& model) {
    std::vector<float> all;
    for (const Parameter& parameter : model.parameters())
      all.insert(all.end(), parameter.values.begin(), parameter.values.end());
    return all;
  }

 private Q_SLOTS:
  void rateRisesAndFalls() {
    const LearningRate cosine{.peak = 2.0, .warmUp = 4, .decay = RateDecay::Cosine, .lastShare = 0.1};
    QCOMPARE(cosine.at(0, 14), 0.5);
    QCOMPARE(cosine.at(3, 14), 2.0);
    QCOMPARE(cosine.at(4, 14), 2.0);
    QVERIFY(std::abs(cosine.at(13, 14) - 0.2) < 1e-12);
    // A third of the way down: 0.1 + 0.9 · (1 + cos(π / 3)) / 2 of the peak.
    QVERIFY(std::abs(cosine.at(7, 14) - 2.0 * (0.1 + 0.9 * 0.75)) < 1e-12);
    LearningRate linear = cosine;
    linear.decay = RateDecay::Linear;
    QVERIFY(std::abs(linear.at(7, 14) - 2.0 * (0.1 + 0.9 * 2.0 / 3.0)) < 1e-12);
    QCOMPARE((LearningRate{.peak = 1.0, .warmUp = 0, .decay = RateDecay::Constant}.at(0, 1)), 1.0);
  }

  /// Against central differences of the loss written here in double.
  void lossAndItsSlope() {
    const std::size_t rows = 3, vocabulary = 11;
    Minibatch batch{.length = rows, .tokens = {1, 2, 3}, .targets = {4, 0, 10}, .isCounted = {1, 0, 1}};
    std::vector<float> logits = randomValues(rows * vocabulary, 3, 2.0F);
    const std::vector<float> teacher = randomValues(rows * vocabulary, 4, 2.0F);
    for (const double share : {0.0, 0.4}) {
      const auto loss = [&](const std::vector<float>& z) {
        double sum = 0;
        for (const std::size_t row : {std::size_t{0}, std::size_t{2}}) {
          double total = 0, taught = 0;
          for (std::size_t i = 0; i < vocabulary; ++i) {
            total += std::exp(static_cast<double>(z[row * vocabulary + i]));
            taught += std::exp(static_cast<double>(teacher[row * vocabulary + i]));
          }
          const auto target = static_cast<std::size_t>(batch.targets[row]);
          sum -= (1 - share) * std::log(std::exp(static_cast<double>(z[row * vocabulary + target])) / total);
          for (std::size_t i = 0; i < vocabulary; ++i) {
            const double q = std::exp(static_cast<double>(teacher[row * vocabulary + i])) / taught;
            sum += share * q * std::log(q * total / std::exp(static_cast<double>(z[row * vocabulary + i])));
          }
        }
        return sum / 2;
      };
      std::vector<float> gradient(logits.size(), 7.0F);
      const auto made = train::tokenLoss(logits, batch, 0.5, share > 0 ? std::span(teacher) : std::span<const float>(),
                                         share, gradient);
      QCOMPARE(made.counted, std::uint64_t{2});
      QVERIFY(std::abs(made.mean - loss(logits)) < 1e-6);
      for (std::size_t i = 0; i < logits.size(); ++i) {
        std::vector<float> up = logits, down = logits;
        up[i] += 0.01F;
        down[i] -= 0.01F;
        const double slope = (loss(up) - loss(down)) / static_cast<double>(up[i] - down[i]);
        // The differences' own error: a sixth of the third derivative, below 1e-5.
        QVERIFY2(std::abs(static_cast<double>(gradient[i]) - 0.5 * slope) < 2e-5, qPrintable(QString::number(i)));
      }
    }
  }

  void learns() {
    AllWeights model(graph());
    const Triples source;
    Trainer trainer(model, source, settings(60));
    const double first = trainer.step().loss;
    double last = 0;
    while (!trainer.isFinished()) last = trainer.step().loss;
    QVERIFY2(first > 2.0 && last < 0.2, qPrintable(QString("%1 %2").arg(first).arg(last)));
  }

  void learnsFromATeacher() {
    AllWeights model(graph());
    TrainerSettings asked = settings(5);
    asked.distillation = 1.0;
    const Triples source;
    Trainer trainer(model, source, asked, graph());
    QVERIFY(std::abs(trainer.step().loss) < 1e-6);  // the model is its teacher: nothing to learn
  }

  /// Under an epsilon far above every gradient, and without a first moment, AdamW moves by rate · g / ε: all parameters
  /// together by the gradient's length, or the one that it is clipped to. To float32's share of so small a move.
  void gradientsAreClippedTogether() {
    for (const double clip : {0.0, 0.25, 1e6}) {
      AllWeights model(graph());
      const std::vector<float> before = valuesOf(model);
      TrainerSettings asked = settings(1);
      asked.rate = {.peak = 1e3, .warmUp = 0};
      asked.optimizer.beta1 = 0.0, asked.optimizer.epsilon = 1e6;
      asked.clipNorm = clip;
      const Triples source;
      const double norm = Trainer(model, source, asked).step().gradientNorm;
      QVERIFY(norm > 0.5);
      const std::vector<float> after = valuesOf(model);
      double squares = 0;
      for (std::size_t i = 0; i < after.size(); ++i) squares += std::pow(static_cast<double>(after[i] - before[i]), 2);
      const double expected = 1e-3 * (clip == 0.25 ? clip : norm);
      QVERIFY2(std::abs(std::sqrt(squares) - expected) < 1e-2 * expected,
               qPrintable(QString("%1 %2 of %3").arg(std::sqrt(squares)).arg(expected).arg(norm)));
    }
  }

  /// Two minibatches of half the weight are one step over both.
  void accumulates() {
    AllWeights model(graph()), same(graph());
    class Joined final : public train::BatchSource {
     public:
      std::vector<Minibatch> batches(std::uint64_t step) const override {
        std::vector<Minibatch> two = Triples(2).batches(step);
        Minibatch& one = two[0];
        one.tokens.insert(one.tokens.end(), two[1].tokens.begin(), two[1].tokens.end());
        one.targets.insert(one.targets.end(), two[1].targets.begin(), two[1].targets.end());
        one.isCounted.insert(one.isCounted.end(), two[1].isCounted.begin(), two[1].isCounted.end());
        one.weight = 1.0;
        return {one};
      }
    } joined;
    const Triples two(2);
    Trainer a(model, two, settings(3)), b(same, joined, settings(3));
    for (int step = 0; step < 3; ++step) {
      const auto first = a.step(), second = b.step();
      QVERIFY(std::abs(first.loss - second.loss) < 1e-5);
      QVERIFY(std::abs(first.gradientNorm - second.gradientNorm) < 1e-4 * first.gradientNorm);
    }
  }

  /// Every minibatch leaves out others, and in every run of one seed the same.
  void everyMinibatchDropsOutAnew() {
    std::vector<std::uint64_t> all;
    for (const std::uint64_t seed : {1U, 1U, 2U}) {
      Asked model(graph());
      TrainerSettings asked = settings(3);
      asked.seed = seed;
      const Triples two(2);
      Trainer trainer(model, two, asked);
      while (!trainer.isFinished()) trainer.step();
      all.insert(all.end(), model.seeds.begin(), model.seeds.end());
    }
    QCOMPARE(all.size(), std::size_t{18});
    QVERIFY(std::equal(all.begin(), all.begin() + 6, all.begin() + 6));
    const std::set<std::uint64_t> different(all.begin(), all.end());
    QCOMPARE(different.size(), std::size_t{12});
  }

  void resumesBitForBit_data() {
    QTest::addColumn<int>("kind");
    QTest::newRow("fp32") << static_cast<int>(StateKind::Fp32);
    QTest::newRow("8 bits") << static_cast<int>(StateKind::Int8);
    QTest::newRow("paged") << static_cast<int>(StateKind::Paged);
  }
  void resumesBitForBit() {
    QFETCH(int, kind);
    const TrainerSettings asked = settings(9, static_cast<StateKind>(kind));
    const Triples source;
    AllWeights whole(graph()), before(graph()), after(graph());
    Trainer uninterrupted(whole, source, asked);
    while (!uninterrupted.isFinished()) uninterrupted.step();
    const std::filesystem::path path = m_folder.filePath("state.safetensors").toStdString();
    {
      Trainer first(before, source, asked);
      for (int step = 0; step < 4; ++step) first.step();
      first.save(path, {{"note", "four"}});
    }
    Trainer second(after, source, asked);
    const auto metadata = second.restore(path);
    QCOMPARE(metadata.at("note"), std::string("four"));
    QCOMPARE(second.stepsDone(), std::uint64_t{4});
    while (!second.isFinished()) second.step();
    QVERIFY(valuesOf(whole) == valuesOf(after));
  }

  /// Files that are no state of this run change nothing.
  void refusesOtherStates() {
    const std::filesystem::path path = m_folder.filePath("other.safetensors").toStdString();
    const Triples source;
    AllWeights model(graph()), other(graph());
    Trainer trainer(model, source, settings(9)), bytes(other, source, settings(9, StateKind::Int8));
    trainer.step();
    trainer.save(path);
    const std::vector<float> untouched = valuesOf(other);
    QVERIFY_THROWS_EXCEPTION(Error, bytes.restore(path));
    Trainer shorter(other, source, settings(1));
    shorter.restore(path);  // one of one step
    QVERIFY(shorter.isFinished());
    std::filesystem::resize_file(path, std::filesystem::file_size(path) - 1);
    AllWeights third(graph());
    Trainer damaged(third, source, settings(9));
    QVERIFY_THROWS_EXCEPTION(Error, damaged.restore(path));
    QVERIFY(valuesOf(third) == untouched);
    QCOMPARE(damaged.stepsDone(), std::uint64_t{0});
    QVERIFY_THROWS_EXCEPTION(Error, damaged.restore(m_folder.filePath("missing").toStdString()));
  }

  void saysWhereItDiverged() {
    AllWeights model(graph());
    const Poisoned source(model);
    Trainer trainer(model, source, settings(9));
    trainer.step();
    trainer.step();
    try {
      trainer.step();
      QFAIL("NaN was trained with.");
    } catch (const Error& error) {
      QCOMPARE(error.code(), ErrorCode::NotFinite);
      QVERIFY2(QString(error.what()).contains("step 3"), error.what());
    }
    QCOMPARE(trainer.stepsDone(), std::uint64_t{2});
  }

  void cancelledStepsChangeNothing() {
    AllWeights model(graph());
    const Triples source;
    Trainer trainer(model, source, settings(9));
    const std::vector<float> before = valuesOf(model);
    std::stop_source stop;
    stop.request_stop();
    QVERIFY_THROWS_EXCEPTION(Cancelled, trainer.step(JobContext(stop.get_token())));
    QVERIFY(valuesOf(model) == before);
    QCOMPARE(trainer.stepsDone(), std::uint64_t{0});
  }

  void refusesSettings() {
    AllWeights model(graph());
    const Triples source;
    const auto refuses = [&](const auto& change) {
      TrainerSettings asked = settings(9);
      change(asked);
      try {
        Trainer trainer(model, source, asked);
      } catch (const Error& error) {
        return error.code() == ErrorCode::InvalidArgument;
      }
      return false;
    };
    QVERIFY(refuses([](TrainerSettings& s) { s.steps = 0; }));
    QVERIFY(refuses([](TrainerSettings& s) { s.rate.peak = 0; }));
    QVERIFY(refuses([](TrainerSettings& s) { s.rate.peak = std::nan(""); }));
    QVERIFY(refuses([](TrainerSettings& s) { s.clipNorm = -1; }));
    QVERIFY(refuses([](TrainerSettings& s) { s.optimizer.beta2 = 1; }));
    QVERIFY(refuses([](TrainerSettings& s) { s.distillation = 0.5; }));  // without a teacher
    QVERIFY(!refuses([](TrainerSettings&) {}));
  }
};

QTEST_APPLESS_MAIN(TestTrainer)
#include "tst_trainer.moc"
