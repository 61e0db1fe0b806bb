// Gradients of latent weights, steps, zero-points and clips against central differences in double of a formula written
// here.
#include <QtTest>
#include <cmath>
#include <functional>

#include "qat_models.h"

using namespace core;
using namespace qat;
using train::QatRange;

namespace {

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

}  // namespace

class TestQatGradients : public QObject {
  Q_OBJECT

 private slots:
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
};

QTEST_APPLESS_MAIN(TestQatGradients)
#include "tst_qat_gradients.moc"
