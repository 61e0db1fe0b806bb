// Quantization-aware training: what is computed with is what the schemes' own encoders make of the latent weights, code
// for code; gradients of latent weights, steps, zero-points and clips against central differences in double of a
// formula written here; short runs of the trainer.
#include <QTemporaryDir>
#include <QtTest>
#include <cmath>
#include <functional>

#include "core/base/error.h"
#include "core/model/visit_weights.h"
#include "core/quant/methods/finite_weights.h"
#include "core/train/qat/level_histogram.h"
#include "core/train/qat/qat_model.h"
#include "core/train/trainer.h"
#include "support/random_blocks.h"
#include "support/random_model.h"

using namespace core;
using quant::QuantizedTensorPtr;
using train::Parameter;
using train::QatModel;
using train::QatRange;
using train::QatScope;
using train::QatSettings;

namespace {

const std::string kMatrix = "blk.0.attn_q.weight";
const std::vector<std::string> kMatrices = {"attn_q",   "attn_k", "attn_v",  "attn_output",
                                            "ffn_gate", "ffn_up", "ffn_down"};

/// Weights of a small model whose rows hold whole super-blocks.
class Model {
 public:
  explicit Model(support::RandomModel shape = {.vocabulary = 97,
                                               .width = 256,
                                               .layers = 1,
                                               .feedForward = 256,
                                               .heads = 4,
                                               .kvHeads = 2,
                                               .headSize = 64,
                                               .valueHeadSize = 64,
                                               .embeddingType = "bf16",
                                               .tiedOutput = true,
                                               .biases = true}) {
    const std::filesystem::path path = (m_folder.path() + "/model.gguf").toStdString();
    support::writeRandomModel(shape, path);
    const auto checkpoint = io::openCheckpoint(path);
    m_config = model::ModelConfig::fromCheckpoint(*checkpoint);
    m_weights = model::WeightLibrary(checkpoint).load(*m_config, {});
  }

  std::unique_ptr<QatModel> make(const std::map<std::string, quant::Scheme>& schemes,
                                 const QatSettings& settings = {}) const {
    return std::make_unique<QatModel>(*m_config, m_weights, schemes, settings);
  }
  /// One scheme for all matrices of the blocks.
  std::unique_ptr<QatModel> make(const char* scheme, const QatSettings& settings = {}) const {
    return make(all(scheme), settings);
  }
  std::map<std::string, quant::Scheme> all(const char* scheme) const {
    std::map<std::string, quant::Scheme> schemes;
    for (std::size_t layer = 0; layer < m_weights.blocks.size(); ++layer)
      for (const std::string& name : kMatrices)
        schemes.emplace("blk." + std::to_string(layer) + "." + name + ".weight", quant::Scheme::parse(scheme));
    return schemes;
  }
  QuantizedTensorPtr tensor(const std::string& name) const {
    QuantizedTensorPtr found;
    model::visitWeights(m_weights, [&](const QuantizedTensorPtr& tensor) {
      if (tensor && tensor->name == name) found = tensor;
    });
    return found;
  }
  void replace(const std::string& name, std::vector<float> values) {
    auto kept = std::make_shared<std::vector<float>>(std::move(values));
    model::visitWeights(m_weights, [&](QuantizedTensorPtr& tensor) {
      if (!tensor || tensor->name != name) return;
      tensor = quant::wrapStored({name, tensor::DType::F32, tensor->shape, std::as_bytes(std::span(*kept)), kept});
    });
  }

 private:
  QTemporaryDir m_folder;
  std::optional<model::ModelConfig> m_config;
  model::ModelWeights m_weights;
};

Parameter& parameter(QatModel& model, const std::string& name) {
  const auto found = std::ranges::find(model.parameters(), name, &Parameter::name);
  if (found == model.parameters().end()) throw std::runtime_error("no parameter " + name);
  return *found;
}

bool has(QatModel& model, const std::string& name) {
  return std::ranges::find(model.parameters(), name, &Parameter::name) != model.parameters().end();
}

/// Moves everything a little, so that nothing lies where it began; clips so far that they cut something off.
void disturb(QatModel& model) {
  support::RandomNumbers random(21);
  for (Parameter& one : model.parameters()) {
    const bool isRange = one.name.find(".weight.") != std::string::npos;
    const double mean = one.name.find(".clip") != std::string::npos ? -3.0 : 0.0;
    for (float& value : one.values) value += static_cast<float>(mean + (isRange ? 0.15 : 0.02) * random.bell());
  }
}

/// What a pass reads of a weight.
std::vector<float> valuesRead(const QatModel& model, const std::string& name) {
  for (const train::PassWeight& weight : model.weights()) {
    if (weight.name != name) continue;
    std::vector<float> values(weight.count());
    weight.base->rows(0, values);
    return values;
  }
  return {};
}

train::WeightId idOf(const QatModel& model, const std::string& name) {
  for (train::WeightId id = 0; id < model.weights().size(); ++id)
    if (model.weights()[id].name == name) return id;
  throw std::runtime_error("no weight " + name);
}

std::vector<float> randomGradient(std::size_t count) {
  support::RandomNumbers random(8);
  std::vector<float> gradient(count);
  for (float& value : gradient) value = static_cast<float>(random.bell());
  return gradient;
}

bool isSame(const quant::QuantizedTensor& a, const quant::QuantizedTensor& b) {
  return a.scheme == b.scheme && a.shape == b.shape && a.name == b.name && a.layout.index() == b.layout.index() &&
         std::ranges::equal(a.payload, b.payload) && quant::dequantize(a) == quant::dequantize(b);
}

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

/// The formula of one matrix with learned ranges, with every rounding as an addition that stays as it is where the
/// parameters stand: what straight-through means. Differences of it are the gradients that training goes by.
class Surrogate {
 public:
  Surrogate(QatModel& model, QatRange range, std::span<const float> gradient)
      : m_model(model),
        m_range(range),
        m_gradient(gradient.begin(), gradient.end()),
        m_tensor(*model.tensors()[kMatrix]) {
    m_isFrozen = false;
    objective();
    m_isFrozen = true;
  }

  /// Σ gradient · ŵ with one value of a parameter moved.
  double objective(const std::string& name = "", std::size_t index = 0, double by = 0.0) {
    m_moved = name, m_index = index, m_by = by;
    const auto& codes = *m_tensor.as<quant::Uniform>();
    const std::uint64_t width = m_tensor.rowValues();
    m_at = 0;
    std::vector<double> lows(codes.scales.size(), 0.0), highs(lows);
    for (std::size_t i = 0; i < m_gradient.size(); ++i) {  // extremes stay what they are: no gradient goes to them
      const std::size_t g = quant::groupOf(codes.grouping, width, i);
      const auto weight = static_cast<double>(parameter(m_model, kMatrix).values[i]);
      lows[g] = std::max(lows[g], -weight);
      highs[g] = std::max(highs[g], weight);
    }
    std::vector<double> scales, zeros;
    for (std::size_t g = 0; g < codes.scales.size(); ++g) addGrid(codes, g, lows[g], highs[g], scales, zeros);
    double sum = 0;
    for (std::size_t i = 0; i < m_gradient.size(); ++i) {
      const std::size_t g = quant::groupOf(codes.grouping, width, i);
      sum += m_gradient[i] * value(codes, i, scales[g], zeros[g]);
    }
    return sum;
  }

  double difference(const std::string& name, std::size_t index) {
    constexpr double kStep = 1e-6;  // the formula is smooth but for kinks; double leaves 1e-9
    return (objective(name, index, kStep) - objective(name, index, -kStep)) / (2 * kStep);
  }

 private:
  double at(const std::string& name, std::size_t index) {
    const double stored = static_cast<double>(parameter(m_model, name).values[index]);
    return m_moved == name && m_index == index ? stored + m_by : stored;
  }
  /// What `becomes` makes of x, as x and a constant.
  double through(double x, const std::function<double(double)>& becomes) {
    if (!m_isFrozen) m_residuals.push_back(becomes(x) - x);
    return x + m_residuals[m_at++];
  }
  static double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

  void addGrid(const quant::Uniform& codes, std::size_t g, double low, double high, std::vector<double>& scales,
               std::vector<double>& zeros) {
    const bool affine = !codes.zeroPoints.empty();
    const int top = (1 << (codes.bits - 1)) - 1, bottom = affine ? -top - 1 : -top;
    const auto storedScale = [&](double) { return static_cast<double>(codes.scales[g]); };
    const auto storedZero = [&](double) { return static_cast<double>(codes.zeroPoints[g]); };
    if (m_range == QatRange::LearnedStep) {
      // Rounding a step keeps its share: θ moves what is stored by shares, too.
      const double theta = at(kMatrix + ".log_step", g);
      const double first = static_cast<double>(codes.scales[g]) /
                           std::exp(static_cast<double>(parameter(m_model, kMatrix + ".log_step").values[g]));
      scales.push_back(first * std::exp(theta));
      zeros.push_back(affine ? through(at(kMatrix + ".zero_point", g), storedZero) : 0.0);
      return;
    }
    if (!affine) {
      scales.push_back(through(sigmoid(at(kMatrix + ".clip", g)) * std::max(low, high) / top, storedScale));
      zeros.push_back(0.0);
      return;
    }
    const double n = sigmoid(at(kMatrix + ".clip_low", g)) * low, p = sigmoid(at(kMatrix + ".clip_high", g)) * high;
    scales.push_back(through((n + p) / (top - bottom), storedScale));
    zeros.push_back(through(bottom + n / scales.back(), storedZero));
  }

  double value(const quant::Uniform& codes, std::size_t index, double scale, double zero) {
    const bool affine = !codes.zeroPoints.empty();
    const double top = (1 << (codes.bits - 1)) - 1, bottom = affine ? -top - 1 : -top;
    const auto even = [](double x) { return std::nearbyint(x); };
    const double weight = at(kMatrix, index);
    if (m_range == QatRange::LearnedStep)
      return scale * (through(std::clamp(weight / scale + zero, bottom, top), even) - zero);
    // Clipped after it is rounded, and straight through all of that for the weight.
    const auto stored = static_cast<double>(parameter(m_model, kMatrix).values[index]);
    const double rounded = through(stored / scale + zero, even);  // whole, or nearly: the outermost codes are inside
    const double code = rounded > top + 0.5 ? top : rounded < bottom - 0.5 ? bottom : rounded;
    return scale * (code - zero) + weight - stored;
  }

  QatModel& m_model;
  QatRange m_range;
  std::vector<double> m_gradient;
  const quant::QuantizedTensor m_tensor;
  std::vector<double> m_residuals;
  std::size_t m_at = 0, m_index = 0;
  std::string m_moved;
  double m_by = 0;
  bool m_isFrozen = false;
};

bool throwsNaming(const std::function<void()>& call, ErrorCode code, const char* first, const char* second) {
  try {
    call();
  } catch (const Error& error) {
    const QString sentence = error.what();
    if (error.code() == code && sentence.contains(first) && sentence.contains(second) && sentence.endsWith('.'))
      return true;
    qWarning() << sentence;
  }
  return false;
}

}  // namespace

class TestQat : public QObject {
  Q_OBJECT

 private slots:
  // Every family, after the weights have moved: the exported tensor is quantize() of the latent weights, and what a
  // pass reads is its decode.
  void tensorsAreWhatTheEncodersMake_data() {
    QTest::addColumn<bool>("learned");
    for (const char* scheme : {"fp32",
                               "fp16",
                               "bf16",
                               "fp8_e4m3",
                               "fp8_e4m3:scale=row",
                               "fp8_e5m2:scale=tensor",
                               "int8",
                               "int7",
                               "int6",
                               "int5",
                               "int4",
                               "int3",
                               "int2",
                               "int4:group=row",
                               "int8:group=tensor",
                               "int2:range=minmax",
                               "int4:range=percentile,p=99",
                               "int3:group=64,range=mse",
                               "int4:scales=uint8",
                               "int4:range=minmax,scales=uint8",
                               "log4",
                               "log4:base=1.5",
                               "kmeans2",
                               "nf4",
                               "nf4:double=on",
                               "fp4",
                               "dynamic8",
                               "mx_e4m3",
                               "mx_e2m1",
                               "mx_int8",
                               "nv_e2m1",
                               "llm_int8",
                               "hqq:bits=4,group=64",
                               "int8:activations=int8_dynamic",
                               "nf4:compute=bf16",
                               "q4_0",
                               "q5_1",
                               "q8_0",
                               "q2_k",
                               "q3_k",
                               "q4_k",
                               "q6_k",
                               "iq4_nl",
                               "iq4_xs",
                               "iq3_s",
                               "tq1_0",
                               "tq2_0",
                               "mxfp4"})
      QTest::addRow("%s", scheme) << false;
  }

  void tensorsAreWhatTheEncodersMake() {
    const quant::Scheme scheme = quant::Scheme::parse(QTest::currentDataTag());
    const Model source;
    const auto model = source.make({{kMatrix, scheme}});
    disturb(*model);
    model->prepare(JobContext());
    const Parameter& latent = parameter(*model, kMatrix);
    QVERIFY(std::ranges::equal(model->latent(kMatrix), latent.values));
    quant::QuantizedTensor values = quant::tensorOf(latent.values, source.tensor(kMatrix)->shape);
    values.name = kMatrix;
    const auto expected = quant::quantize(scheme, values);
    const auto tensors = model->tensors();
    QVERIFY(isSame(*tensors.at(kMatrix), *expected));
    QCOMPARE(tensors.at(kMatrix)->input, expected->input);
    std::vector<float> read = quant::dequantize(*expected);
    quant::roundTo(scheme.compute, read);
    QVERIFY(valuesRead(*model, kMatrix) == read);
    // What was handed out stays as it was.
    const std::vector<float> before = quant::dequantize(*tensors.at(kMatrix));
    parameter(*model, kMatrix).values.assign(latent.values.size(), 0.25F);
    model->prepare(JobContext());
    QVERIFY(quant::dequantize(*tensors.at(kMatrix)) == before);
  }

  // Learned ranges begin with what the scheme itself makes, and stay an ordinary tensor of it.
  void learnedStepsBeginWithTheScheme_data() {
    QTest::addColumn<bool>("learned");
    for (const char* scheme : {"int2:range=minmax", "int3", "int4:group=row", "int8:group=tensor", "int3:range=mse",
                               "int4:range=minmax,scales=uint8", "int5:group=48,scales=fp32"})
      QTest::addRow("%s", scheme) << true;
  }

  void learnedStepsBeginWithTheScheme() {
    const Model source;
    const auto model = source.make(QTest::currentDataTag(), {.range = QatRange::LearnedStep});
    model->prepare(JobContext());
    for (const auto& [name, scheme] : source.all(QTest::currentDataTag())) {
      const auto made = quant::quantize(scheme, *source.tensor(name));
      QVERIFY(isSame(*model->tensors().at(name), *made));
      QVERIFY(valuesRead(*model, name) == quant::dequantize(*made));
    }
  }

  void gradientsAreThoseOfDifferences_data() {
    QTest::addColumn<QString>("scheme");
    QTest::addColumn<int>("range");
    for (const char* scheme : {"int2:range=minmax", "int3", "int3:group=row,scales=fp16", "int4:group=row,range=minmax",
                               "int4:group=tensor,range=percentile,p=97",
                               "int3:group=tensor,range=percentile,p=97,zero=on", "int4:group=48,scales=bf16"})
      for (const QatRange range : {QatRange::LearnedStep, QatRange::LearnedClip})
        QTest::addRow("%s, %s", scheme, range == QatRange::LearnedStep ? "steps" : "clips")
            << QString(scheme) << static_cast<int>(range);
  }

  void gradientsAreThoseOfDifferences() {
    QFETCH(QString, scheme);
    QFETCH(int, range);
    const auto kind = static_cast<QatRange>(range);
    const Model source({.width = 128, .layers = 1, .heads = 4, .kvHeads = 2, .headSize = 16});
    const auto model = source.make({{kMatrix, quant::Scheme::parse(scheme.toStdString())}}, {.range = kind});
    disturb(*model);
    model->prepare(JobContext());
    const std::size_t count = model->latent(kMatrix).size(), width = 128;
    const std::vector<float> gradient = randomGradient(count);
    for (std::size_t row = 0; row < count / width; row += 3) {  // panels of three rows, the last of fewer
      const std::size_t rows = std::min<std::size_t>(3, count / width - row);
      model->add({idOf(*model, kMatrix), row, rows, std::span(gradient).subspan(row * width, rows * width), {}});
    }
    Surrogate surrogate(*model, kind, gradient);
    const auto& codes = *model->tensors()[kMatrix]->as<quant::Uniform>();
    std::size_t blocked = 0;
    for (std::size_t i = 0; i < count; i += 13) {
      const double made = static_cast<double>(parameter(*model, kMatrix).gradient[i]);
      const double expected = surrogate.difference(kMatrix, i);
      // Differences of a sum of 8192 terms in double are good to about 1e-6.
      QVERIFY2(std::abs(made - expected) < 1e-4,
               qPrintable(QString("weight %1: %2, %3").arg(i).arg(made).arg(expected)));
      blocked += made == 0.0 ? 1 : 0;
    }
    QCOMPARE(blocked > 0, kind == QatRange::LearnedStep);
    const std::size_t groups = codes.scales.size();
    for (const char* suffix : {".log_step", ".zero_point", ".clip", ".clip_low", ".clip_high"}) {
      if (!has(*model, kMatrix + suffix)) continue;
      // LSQ's factor keeps steps from being trained faster than weights.
      const bool isStep = kind == QatRange::LearnedStep;
      const double top = (1 << (codes.bits - 1)) - 1;
      double largest = 0;
      for (std::size_t g = 0; g<groups; g += groups> 40 ? 41 : 1) {
        const double made = static_cast<double>(parameter(*model, kMatrix + suffix).gradient[g]);
        std::size_t size = 0;
        for (std::size_t i = 0; i < count; ++i) size += quant::groupOf(codes.grouping, width, i) == g ? 1 : 0;
        const double factor = isStep ? 1 / std::sqrt(static_cast<double>(size) * top) : 1.0;
        const double expected = factor * surrogate.difference(kMatrix + suffix, g);
        QVERIFY2(std::abs(made - expected) < 2e-3 * std::abs(expected) + 2e-4,
                 qPrintable(QString("%1 %2: %3, %4").arg(suffix).arg(g).arg(made).arg(expected)));
        largest = std::max(largest, std::abs(expected));
      }
      QVERIFY(largest > 1e-3);
    }
    QVERIFY(has(*model, kMatrix + (kind == QatRange::LearnedStep ? ".log_step"
                                   : codes.zeroPoints.empty()    ? ".clip"
                                                                 : ".clip_low")));
    QCOMPARE(has(*model, kMatrix + ".zero_point"), kind == QatRange::LearnedStep && !codes.zeroPoints.empty());
  }

  // Where ranges are made anew, everything goes through, also where a percentile cuts weights off.
  void recomputedRangesLetEverythingThrough() {
    const Model source;
    const auto model = source.make("int4:range=percentile,p=90");
    model->prepare(JobContext());
    const std::vector<float> gradient = randomGradient(model->latent(kMatrix).size());
    model->add({idOf(*model, kMatrix), 0, gradient.size() / 256, gradient, {}});
    model->add({idOf(*model, kMatrix), 0, gradient.size() / 256, gradient, {}});
    const Parameter& latent = parameter(*model, kMatrix);
    for (std::size_t i = 0; i < gradient.size(); ++i) QCOMPARE(latent.gradient[i], 2 * gradient[i]);
  }

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

  void scopesSayWhatIsTrained() {
    const Model source;
    const auto matrices = source.make("int4", {.scope = QatScope::Matrices});
    QCOMPARE(matrices->parameters().size(), kMatrices.size());
    QCOMPARE(matrices->wanted().size(), kMatrices.size());
    const auto norms = source.make("int4");
    QVERIFY(has(*norms, "output_norm.weight") && has(*norms, "blk.0.attn_q.bias"));
    QVERIFY(!has(*norms, "token_embd.weight"));
    QCOMPARE(norms->parameters().size(), kMatrices.size() + 3 + 4);
    QVERIFY(!parameter(*norms, "output_norm.weight").decays && parameter(*norms, kMatrix).decays);

    // Embedding and output are one weight, stored and computed with as BF16.
    const auto everything = source.make("int4", {.scope = QatScope::Everything});
    QCOMPARE(everything->parameters().size(), norms->parameters().size() + 1);
    disturb(*everything);
    everything->prepare(JobContext());
    const auto tensor = everything->tensors().at("token_embd.weight");
    QCOMPARE(tensor->dtype(), tensor::DType::BF16);
    QVERIFY(!tensor->scheme);
    std::vector<float> expected = parameter(*everything, "token_embd.weight").values;
    QVERIFY(expected != quant::dequantize(*tensor));
    quant::roundTo(quant::ComputeType::Bf16, expected);
    QVERIFY(quant::dequantize(*tensor) == expected);
    QVERIFY(valuesRead(*everything, "token_embd.weight") == expected);
    QCOMPARE(everything->tensors().at("output_norm.weight")->dtype(), tensor::DType::F32);
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

  void refusalsNameSchemeAndTensor() {
    Model source;
    const auto refuses = [&](const char* scheme, QatRange range, const char* named) {
      return throwsNaming(
          [&] {
            source.make({{kMatrix, quant::Scheme::parse(scheme)}}, {.range = range});
          },
          ErrorCode::Unsupported, named, kMatrix.c_str());
    };
    QVERIFY(refuses("gptq:bits=4,group=64", QatRange::Recomputed, "GPTQ"));
    QVERIFY(refuses("awq:bits=4,group=64", QatRange::LearnedStep, "AWQ"));
    QVERIFY(refuses("q4_k:method=imatrix", QatRange::Recomputed, "Q4_K"));
    QVERIFY(refuses("int8:activations=int8_static", QatRange::Recomputed, "INT8"));
    QVERIFY(refuses("nf4", QatRange::LearnedStep, "NF4"));
    QVERIFY(refuses("q4_0", QatRange::LearnedClip, "Q4_0"));
    QVERIFY(refuses("hqq:bits=4,group=64", QatRange::LearnedStep, "HQQ"));
    QVERIFY(throwsNaming(
        [&] {
          source.make({{"blk.7.attn_q.weight", quant::Scheme::parse("int4")}});
        },
        ErrorCode::NotFound, "blk.7.attn_q.weight", "INT4"));
    QVERIFY_EXCEPTION_THROWN(source.make("int4")->latent("output_norm.weight"), Error);
    std::vector<float> values = quant::dequantize(*source.tensor(kMatrix));
    values[2 * 256 + 5] = std::nanf("");
    source.replace(kMatrix, values);
    QVERIFY(throwsNaming([&] { source.make("int4"); }, ErrorCode::InvalidArgument, kMatrix.c_str(), "row 2, column 5"));
    Model odd({.width = 96, .layers = 1});
    QVERIFY(throwsNaming([&] { odd.make("q4_k"); }, ErrorCode::Unsupported, "Q4_K", "96"));
  }

  void cancelledPreparationCanBeRepeated() {
    const Model source;
    const auto model = source.make("int4");
    std::stop_source stop;
    stop.request_stop();
    QVERIFY_EXCEPTION_THROWN(model->prepare(JobContext(stop.get_token())), Cancelled);
    model->prepare(JobContext());
    QVERIFY(
        isSame(*model->tensors().at(kMatrix), *quant::quantize(quant::Scheme::parse("int4"), *source.tensor(kMatrix))));
  }

  void histogramsShowWhereWeightsLie() {
    // One group of four: the largest magnitude 3 is 3 steps of 1; 0.5 and −1.25 lie between levels.
    const std::vector<float> weights = {3.0F, 0.5F, -1.25F, 0.0F};
    const auto tensor =
        quant::quantize(quant::Scheme::parse("int3:group=4,scales=fp32"), quant::tensorOf(weights, {1, 4}));
    const train::LevelHistogram steps = train::levelHistogram(*tensor, weights, 32);
    QCOMPARE(static_cast<int>(steps.axis), static_cast<int>(train::LevelAxis::Steps));
    QVERIFY(steps.levels == (std::vector<double>{-3, -2, -1, 0, 1, 2, 3}));
    QCOMPARE(steps.edges.front(), -4.0);
    QCOMPARE(steps.edges.back(), 4.0);
    QCOMPARE(steps.counts.size(), std::size_t{32});  // bins of a quarter step
    for (std::size_t i = 0; i < 32; ++i) {
      const double from = -4 + 0.25 * static_cast<double>(i);
      const bool isFilled = from == 3.0 || from == 0.5 || from == -1.25 || from == 0.0;
      QCOMPARE(steps.counts[i], std::uint64_t{isFilled ? 1U : 0U});
    }
    const auto affine = quant::quantize(quant::Scheme::parse("int2:group=4,range=minmax,scales=fp32"),
                                        quant::tensorOf(weights, {1, 4}));
    const train::LevelHistogram shifted = train::levelHistogram(*affine, weights, 5);
    QVERIFY(shifted.levels == (std::vector<double>{-2, -1, 0, 1}));
    QVERIFY(shifted.counts == (std::vector<std::uint64_t>{0, 1, 2, 0, 1}));  // at −1.88, −1, −0.65 and 1.12
    // Scale 17 / 12: they are 2/17, 0, 6/17 and 2/17 from a level, whatever the bins. To the rounding of FP32.
    QVERIFY(std::abs(shifted.meanDistance - 10.0 / 17 / 4) < 1e-6);

    const auto table = quant::quantize(quant::Scheme::parse("nf4"), quant::tensorOf(weights, {1, 4}));
    const train::LevelHistogram scales = train::levelHistogram(*table, weights, 100);
    QCOMPARE(static_cast<int>(scales.axis), static_cast<int>(train::LevelAxis::Scales));
    QCOMPARE(scales.levels.size(), std::size_t{16});
    QCOMPARE(scales.levels.front(), -1.0);
    const auto block =
        quant::quantize(quant::Scheme::parse("q8_0"), quant::tensorOf(std::vector<float>(32, 0.7F), {1, 32}));
    const train::LevelHistogram plain = train::levelHistogram(*block, std::vector<float>(32, 0.7F), 10);
    QCOMPARE(static_cast<int>(plain.axis), static_cast<int>(train::LevelAxis::Weights));
    QVERIFY(plain.levels.empty());
    QCOMPARE(plain.meanDistance, 0.0);
    QCOMPARE(plain.edges.back(), 1.0);
    QCOMPARE(plain.counts[8], std::uint64_t{32});
    const std::vector<float> zeros(4, 0.0F);
    const auto none = quant::quantize(quant::Scheme::parse("int3:group=4"), quant::tensorOf(zeros, {1, 4}));
    QCOMPARE(train::levelHistogram(*none, zeros).leftOut, std::uint64_t{4});
  }
};

QTEST_APPLESS_MAIN(TestQat)
#include "tst_qat.moc"
