#include <QtTest>
#include <limits>
#include <numeric>
#include <random>

#include "core/base/error.h"
#include "core/quant/bit_stream.h"
#include "core/quant/grid.h"
#include "core/quant/methods/gptq.h"
#include "support/golden_layer.h"

using namespace core;
using support::GoldenLayer;

namespace {

const GoldenLayer& layer() {
  static const GoldenLayer golden;
  return golden;
}

nlohmann::json runs() { return support::readJson(layer().folder / "manifest.json")["gptq"]["runs"]; }

bool contains(const std::string& name, const char* part) { return name.find(part) != std::string::npos; }

/// A run of the manifest as it is written here.
quant::Scheme schemeOf(const nlohmann::json& run) {
  const int size = run["group_size"].get<int>();
  const std::string group = size < 0 ? "row" : std::to_string(size);
  return quant::Scheme::parse(
      "int" + std::to_string(run["bits"].get<int>()) + ":group=" + group +
      ",range=minmax,scales=fp32,method=gptq,act_order=" + (run["act_order"].get<bool>() ? "on" : "off") +
      ",static_groups=" + (run["static_groups"].get<bool>() ? "on" : "off"));
}

/// The symmetric grid of the reference: 2^b levels of 2 max |w| / (2^b − 1), which no format here has. That GPTQ fills
/// it all the same is the point.
class ReferenceSymmetricGrids : public quant::CodeGrids {
 public:
  ReferenceSymmetricGrids(int bits, quant::Grouping grouping)
      : m_largest(float((1 << bits) - 1)),
        m_grouping(grouping),
        m_scales(quant::groupCount(grouping, layer().shape())) {}
  quant::Grouping grouping() const override { return m_grouping; }
  void choose(std::uint64_t group, std::span<const float> weights) override {
    float most = 0.0F;
    for (const float weight : weights) most = std::max(most, std::abs(weight));
    m_scales[group] = 2.0F * most / m_largest;
  }
  quant::RoundedValue round(std::uint64_t group, float value) const override {
    const float zero = (m_largest + 1.0F) / 2.0F;
    const float code = std::clamp(std::nearbyint(value / m_scales[group]) + zero, 0.0F, m_largest);
    return {std::uint8_t(code), m_scales[group] * (code - zero)};
  }
  quant::Layout store(std::span<const std::uint8_t>, std::uint8_t*) override { return {}; }
  float scale(std::uint64_t group) const { return m_scales[group]; }
  float value(std::uint64_t group, std::uint8_t code) const {
    return m_scales[group] * (float(code) - (m_largest + 1.0F) / 2.0F);
  }

 private:
  float m_largest;
  quant::Grouping m_grouping;
  std::vector<float> m_scales;
};

/// Codes, scales and values in the original order of columns.
struct Outcome {
  std::vector<std::uint8_t> codes;
  std::vector<float> scales;  ///< of every weight
  std::vector<float> values;
};

Outcome outcomeOf(const quant::QuantizedTensor& tensor) {
  const auto& uniform = *tensor.as<quant::Uniform>();
  Outcome out;
  out.values = quant::dequantize(tensor);
  out.codes.resize(out.values.size()), out.scales.resize(out.values.size());
  quant::CodeRows rows(tensor.payload, uniform.bits, GoldenLayer::kColumns);
  for (std::size_t r = 0; r < GoldenLayer::kRows; ++r) {
    const std::uint8_t* const codes = rows.at(r);
    for (std::size_t k = 0; k < GoldenLayer::kColumns; ++k) {
      const bool isOrdered = tensor.changes && !tensor.changes->order.empty();
      const std::size_t place = r * GoldenLayer::kColumns + (isOrdered ? tensor.changes->order[k] : k);
      out.codes[place] = codes[k];
      out.scales[place] =
          uniform.scales[quant::groupOf(uniform.grouping, GoldenLayer::kColumns, r * GoldenLayer::kColumns + k)];
    }
  }
  return out;
}

Outcome symmetricOutcome(const nlohmann::json& run, const quant::TensorCalibration& calibration) {
  const quant::Scheme scheme = schemeOf(run);
  ReferenceSymmetricGrids grids(run["bits"].get<int>(), scheme.format.grouping);
  const auto tensor = layer().tensor();
  const quant::GptqCodes chosen = quant::gptq(tensor, calibration.hessian, scheme.method, grids, JobContext());
  Outcome out;
  out.codes = chosen.codes;
  for (std::size_t i = 0; i < out.codes.size(); ++i) {
    const std::uint64_t group = quant::groupOf(scheme.format.grouping, GoldenLayer::kColumns, i);
    out.values.push_back(grids.value(group, out.codes[i]));
    out.scales.push_back(grids.scale(group));
  }
  return out;
}

double share(std::size_t count, std::size_t all) { return double(count) / double(all); }

/// Weights of another shape, and inputs whose columns go together, as those of a model do.
struct DrawnLayer {
  std::vector<float> weights, inputs;
  tensor::Shape shape;
  quant::TensorCalibration calibration;

  DrawnLayer(std::uint64_t rows, std::uint64_t columns) : weights(rows * columns), shape{rows, columns} {
    std::mt19937 random(3);
    std::normal_distribution<float> normal;
    for (float& weight : weights) weight = 0.02F * normal(random);
    quant::HessianSum sum(columns);
    std::vector<float> x(columns);
    for (int sample = 0; sample < 300; ++sample) {
      const float common = normal(random);
      for (std::uint64_t c = 0; c < columns; ++c) x[c] = (normal(random) + common) * (c % 37 == 0 ? 9.0F : 1.0F);
      sum.addRows(x);
    }
    calibration.hessian = sum.mean();
    calibration.samples = sum.rows();
  }
  quant::QuantizedTensor tensor() const {
    return core::tensor::TensorView{"w", core::tensor::DType::F32, shape, std::as_bytes(std::span(weights)), nullptr};
  }
  /// tr(ΔW H ΔWᵀ)
  double errorOf(const std::vector<float>& values) const {
    const std::uint64_t columns = shape.rowValues();
    double error = 0.0;
    for (std::uint64_t r = 0; r < shape.rows(); ++r)
      for (std::uint64_t i = 0; i < columns; ++i)
        for (std::uint64_t j = 0; j < columns; ++j)
          error += (double(values[r * columns + i]) - double(weights[r * columns + i])) *
                   double(calibration.hessian[i * columns + j]) *
                   (double(values[r * columns + j]) - double(weights[r * columns + j]));
    return error;
  }
  quant::QuantizedTensorPtr quantized(const std::string& scheme) const {
    return quant::quantize(quant::Scheme::parse(scheme), tensor(), JobContext(), &calibration);
  }
};

bool isSame(const quant::QuantizedTensor& a, const quant::QuantizedTensor& b) {
  return std::ranges::equal(a.payload, b.payload) && quant::dequantize(a) == quant::dequantize(b);
}

}  // namespace

/// GPTQ against the authors' implementation (tests/data/gptq_awq/README.md), and what it promises by itself.
class TestGptq : public QObject {
  Q_OBJECT
 private slots:
  void choosesTheCodesOfTheReference_data();
  void choosesTheCodesOfTheReference();
  void deadColumnsBecomeZero();
  void losesLessThanRounding_data();
  void losesLessThanRounding();
  void takesAnyShape_data();
  void takesAnyShape();
  void doesNotDependOnThreads();
  void storesTheOrderWhereGroupsNeedIt();
  void levelsAreThoseOfTheColumn();
  void dampsMoreWhereItMust();
  void refusesWhatIsNoHessian();
  void survivesAnyWeights();
};

void TestGptq::choosesTheCodesOfTheReference_data() {
  QTest::addColumn<int>("run");
  const auto all = runs();
  QCOMPARE(all.size(), std::size_t{28});
  for (std::size_t i = 0; i < all.size(); ++i) QTest::newRow(all[i]["name"].get<std::string>().c_str()) << int(i);
}

void TestGptq::choosesTheCodesOfTheReference() {
  QFETCH(int, run);
  const auto expected = runs()[std::size_t(run)];
  const auto name = expected["name"].get<std::string>();
  GoldenLayer golden = layer();
  if (contains(name, ".dead"))
    for (std::size_t x = 100; x < golden.inputs.size(); x += GoldenLayer::kColumns) golden.inputs[x] = 0.0F;
  const auto calibration = golden.calibration();
  const Outcome out =
      expected["sym"].get<bool>()
          ? symmetricOutcome(expected, calibration)
          : outcomeOf(*quant::quantize(schemeOf(expected), golden.tensor(), JobContext(), &calibration));
  const auto codes = support::readArray<std::uint8_t>(golden.folder / (name + ".codes.u8"));
  const auto scales = support::readArray<float>(golden.folder / (name + ".scale.f32"));
  std::size_t equal = 0, near = 0;
  for (std::size_t i = 0; i < codes.size(); ++i) equal += codes[i] == out.codes[i] ? 1U : 0U;
  const double error = golden.outputError(out.values), reference = expected["error"].get<double>();
  qInfo("%s: %zu of %zu codes differ, error %.6f of the reference's", name.c_str(), codes.size() - equal, codes.size(),
        error / reference);
  QVERIFY(share(equal, codes.size()) >= 0.999);
  QVERIFY(error <= 1.002 * reference);
  const auto groups = support::readArray<std::int32_t>(golden.folder / (name + ".group.i32"));
  for (std::size_t i = 0; i < codes.size(); ++i) {
    const std::size_t row = i / GoldenLayer::kColumns, group = std::size_t(groups[i % GoldenLayer::kColumns]);
    const float expectedScale = scales[group * GoldenLayer::kRows + row];
    near += std::abs(out.scales[i] - expectedScale) <= 1e-5F * expectedScale ? 1U : 0U;
  }
  QVERIFY(share(near, codes.size()) >= 0.99);
}

void TestGptq::deadColumnsBecomeZero() {
  GoldenLayer golden;
  for (std::size_t x = 100; x < golden.inputs.size(); x += GoldenLayer::kColumns) golden.inputs[x] = 0.0F;
  const auto calibration = golden.calibration();
  for (const char* options : {"", ",act_order=on", ",act_order=on,static_groups=on"}) {
    const auto tensor =
        quant::quantize(quant::Scheme::parse(std::string("int4:group=32,range=minmax,method=gptq") + options),
                        golden.tensor(), JobContext(), &calibration);
    const auto values = quant::dequantize(*tensor);
    for (std::size_t r = 0; r < GoldenLayer::kRows; ++r) QCOMPARE(values[r * GoldenLayer::kColumns + 100], 0.0F);
  }
}

void TestGptq::losesLessThanRounding_data() {
  QTest::addColumn<QString>("scheme");
  for (const char* scheme :
       {"int4:group=32", "int3:group=32", "int2:group=32", "int4:group=128,range=minmax", "int3:group=128,range=minmax",
        "int2:group=128,range=minmax", "int4:range=mse", "int3:range=mse", "int2:range=mse,zero=on",
        "int3:group=row,range=percentile,p=99.5", "int4:group=tensor", "int4:group=64,scales=uint8",
        "int3:group=64,range=minmax,scales=uint8", "int8:group=row", "nf4", "nf4:block=128", "q4_0", "q8_0"})
    QTest::newRow(scheme) << QString(scheme);
}

/// In the output, on inputs that it was chosen for.
void TestGptq::losesLessThanRounding() {
  QFETCH(QString, scheme);
  const auto calibration = layer().calibration();
  const QString separator = scheme.contains(':') ? "," : ":";
  const auto errorOf = [&](const QString& text) {
    return layer().outputError(quant::dequantize(
        *quant::quantize(quant::Scheme::parse(text.toStdString()), layer().tensor(), JobContext(), &calibration)));
  };
  const double rounded = errorOf(scheme);
  QList<QString> more = {"", ",static_groups=on", ",static_groups=on,act_order=on"};
  if (scheme.startsWith("int")) more += ",act_order=on";
  for (const QString& options : more) {
    const double error = errorOf(scheme + separator + "method=gptq" + options);
    qInfo("%s%s: %.3f of rounding's error", qPrintable(scheme), qPrintable(options), error / rounded);
    QVERIFY(error < 0.6 * rounded);
  }
}

void TestGptq::takesAnyShape_data() {
  QTest::addColumn<int>("rows");
  QTest::addColumn<int>("columns");
  QTest::addColumn<QString>("scheme");
  const auto row = [](int rows, int columns, const char* scheme) {
    QTest::addRow("%d x %d %s", rows, columns, scheme) << rows << columns << QString(scheme);
  };
  row(33, 150, "int3:group=48");  // groups over the ends of blocks of 128, a short one, no whole strips
  row(33, 150, "int3:group=48,range=minmax");
  row(7, 300, "int4:group=200");
  row(5, 70, "nf4");  // blocks over the ends of rows
  row(5, 63, "nf4");  // an odd number of weights
  row(3, 128, "nf4:block=128");
  row(1, 32, "q4_0");
  row(40, 160, "q8_0");
  row(1, 1, "int2:group=1");
  row(2, 129, "int4:group=tensor");
}

void TestGptq::takesAnyShape() {
  QFETCH(int, rows);
  QFETCH(int, columns);
  QFETCH(QString, scheme);
  const DrawnLayer drawn{std::uint64_t(rows), std::uint64_t(columns)};
  const std::string separator = scheme.contains(':') ? "," : ":";
  const double rounded = drawn.errorOf(quant::dequantize(*drawn.quantized(scheme.toStdString())));
  const bool isInteger = scheme.startsWith("int");
  for (const char* options : {"", ",static_groups=on", ",static_groups=on,act_order=on", ",act_order=on"}) {
    if (!isInteger && options == std::string(",act_order=on")) continue;
    const auto tensor = drawn.quantized(scheme.toStdString() + separator + "method=gptq" + options);
    const double error = drawn.errorOf(quant::dequantize(*tensor));
    QVERIFY2(error <= rounded, options);
  }
}

/// The cores of the machine take strips as they come; alone, a strip finds the same.
void TestGptq::doesNotDependOnThreads() {
  const DrawnLayer whole(96, 200);
  for (const char* scheme : {"int4:group=64,method=gptq,act_order=on", "int3:group=row,range=minmax,method=gptq",
                             "int4:group=40,range=mse,method=gptq,static_groups=on"}) {
    const auto all = whole.quantized(scheme);
    QVERIFY(isSame(*all, *whole.quantized(scheme)));
    const auto values = quant::dequantize(*all);
    for (const std::size_t row : {std::size_t{0}, std::size_t{31}, std::size_t{32}, std::size_t{95}}) {
      const tensor::TensorView view{
          "w", tensor::DType::F32, {1, 200}, std::as_bytes(std::span(whole.weights).subspan(row * 200, 200)), nullptr};
      const auto alone =
          quant::dequantize(*quant::quantize(quant::Scheme::parse(scheme), view, JobContext(), &whole.calibration));
      for (std::size_t c = 0; c < 200; ++c) QCOMPARE(alone[c], values[row * 200 + c]);
    }
  }
}

void TestGptq::storesTheOrderWhereGroupsNeedIt() {
  const DrawnLayer drawn(8, 160);
  const auto orderOf = [&](const std::string& scheme) {
    const auto tensor = drawn.quantized(scheme);
    return tensor->changes ? tensor->changes->order : std::vector<std::uint32_t>();
  };
  const auto order = orderOf("int4:group=32,method=gptq,act_order=on");
  QCOMPARE(order.size(), std::size_t{160});
  for (std::size_t k = 1; k < order.size(); ++k)
    QVERIFY(drawn.calibration.hessian[order[k - 1] * 161] >= drawn.calibration.hessian[order[k] * 161]);
  for (const char* scheme :
       {"int4:group=32,method=gptq", "int4:group=row,method=gptq,act_order=on",
        "int4:group=tensor,method=gptq,act_order=on", "int4:group=32,method=gptq,act_order=on,static_groups=on",
        "int4:group=32,scales=uint8,method=gptq,act_order=on", "nf4:method=gptq,act_order=on,static_groups=on"})
    QVERIFY2(orderOf(scheme).empty(), scheme);
}

/// Where columns are stored in another order, and where they were multiplied.
void TestGptq::levelsAreThoseOfTheColumn() {
  const auto calibration = layer().calibration();
  for (const char* scheme :
       {"int4:group=32,method=gptq,act_order=on", "int4:group=64,method=awq", "nf4:method=awq", "int8:method=smooth"}) {
    const auto tensor = quant::quantize(quant::Scheme::parse(scheme), layer().tensor(), JobContext(), &calibration);
    const auto values = quant::dequantize(*tensor);
    for (std::size_t i = 0; i < values.size(); i += 37) {
      const quant::Grid grid = quant::gridAround(*tensor, i);
      QVERIFY(grid.first == i && grid.count == 1);
      QVERIFY2(std::ranges::any_of(grid.levels, [&](double level) { return float(level) == values[i]; }), scheme);
    }
  }
}

/// A matrix with eigenvalues 1.05 and −0.05: 1 % is not enough, 10 % is.
void TestGptq::dampsMoreWhereItMust() {
  DrawnLayer drawn(4, 2);
  drawn.calibration.hessian = {0.5F, 0.55F, 0.55F, 0.5F};
  quant::Method method;
  const auto grids = quant::makeCodeGrids(quant::Scheme::parse("int4:group=row"), drawn.shape);
  const auto tensor = drawn.tensor();
  const auto damped = [&](double damping) {
    method.damping = damping;
    return quant::gptq(tensor, drawn.calibration.hessian, method, *grids, JobContext()).damping;
  };
  const auto isPowerOfTen = [](double found) { return std::abs(found - 1.0) < 1e-9 || std::abs(found - 0.1) < 1e-9; };
  QVERIFY(isPowerOfTen(damped(0.01)));
  // Not by 299 tries from next to nothing: what follows is 1e-9, not 3e-299.
  QVERIFY(isPowerOfTen(damped(3e-300)));
}

void TestGptq::refusesWhatIsNoHessian() {
  DrawnLayer drawn(4, 32);
  const auto sentence = [&]() -> QString {
    try {
      drawn.quantized("int4:method=gptq");
    } catch (const Error& error) {
      return QString::fromUtf8(error.what());
    }
    return {};
  };
  QVERIFY(sentence().isEmpty());
  const auto good = drawn.calibration.hessian;
  drawn.calibration.hessian[5] = std::numeric_limits<float>::quiet_NaN();
  QVERIFY(sentence().contains("not finite"));
  drawn.calibration.hessian.assign(32 * 31, 1.0F);
  QVERIFY(sentence().contains("does not belong"));
  drawn.calibration.hessian = good;
  for (std::size_t j = 0; j < 32; ++j) drawn.calibration.hessian[j * 33] = -1.0F;
  QVERIFY(sentence().contains("positive definite"));
  drawn.calibration.hessian.clear();
  QVERIFY(sentence().contains("calibration"));
}

/// NaN, infinities and weights near the end of float32: every value that is read back is finite.
void TestGptq::survivesAnyWeights() {
  DrawnLayer drawn(40, 64);
  for (std::size_t c = 0; c < 64; ++c) drawn.weights[64 * 3 + c] = c % 2 == 0 ? 3e38F : -3e38F;
  for (std::size_t c = 0; c < 64; ++c) drawn.weights[64 * 4 + c] = std::numeric_limits<float>::quiet_NaN();
  drawn.weights[0] = std::numeric_limits<float>::infinity();
  drawn.weights[64] = std::numeric_limits<float>::quiet_NaN();
  for (std::size_t c = 0; c < 64; ++c) drawn.weights[64 * 5 + c] = 0.0F;
  for (const char* scheme : {"int4:method=gptq", "int4:range=minmax,method=gptq,act_order=on", "q4_0:method=gptq",
                             "q8_0:method=gptq", "nf4:method=gptq", "int2:range=mse,zero=on,method=gptq"})
    for (const float value : quant::dequantize(*drawn.quantized(scheme))) QVERIFY2(std::isfinite(value), scheme);
  std::fill(drawn.calibration.hessian.begin(), drawn.calibration.hessian.end(), 0.0F);  // no input ever came
  for (const float value : quant::dequantize(*drawn.quantized("int4:method=gptq"))) QCOMPARE(value, 0.0F);
}

QTEST_GUILESS_MAIN(TestGptq)
#include "tst_gptq.moc"
