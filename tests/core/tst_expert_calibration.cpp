// What a text shows about the inputs of experts, against sums over the whole model's own values.
#include <QtTest>

#include "core/base/error.h"
#include "core/calibrate/text_calibration.h"
#include "core/model/weights.h"
#include "core/quant/quantizer.h"
#include "support/architectures.h"

using namespace core;

namespace {

struct Sums {
  std::map<std::size_t, std::vector<double>> squares;
  std::map<std::size_t, std::size_t> rows;
};

}  // namespace

class TestExpertCalibration : public QObject {
  Q_OBJECT

 private slots:
  void importanceIsOfEachMatrix_data() {
    QTest::addColumn<QString>("name");
    for (const char* name : {"qwen3moe", "mixtral", "gptoss"}) QTest::newRow(name) << name;
  }
  void importanceIsOfEachMatrix() {
    QFETCH(QString, name);
    const auto checkpoint = io::openCheckpoint(support::kArchitectures / (name.toStdString() + ".gguf"));
    const auto config = model::ModelConfig::fromCheckpoint(*checkpoint);
    const model::Graph graph =
        model::buildGraph(config, model::WeightLibrary(checkpoint).load(config, std::optional<quant::Scheme>()));
    const auto tokens = support::architectureTokens();
    calibrate::TextCalibration calibration(graph, {tokens, static_cast<std::uint32_t>(tokens.size())},
                                           {"model", "text", {}});
    for (const model::Op& op : graph.ops) {
      if (op.kind() != model::OpKind::ExpertMatMul) continue;
      const auto& product = op.as<model::ExpertMatMul>();
      const std::size_t width = product.weight->rowValues(), used = product.used;
      std::vector<float> x, routes;
      const auto executor = model::createCpuExecutor(graph);
      const auto watching = executor->subscribe({op.inputs[0], op.inputs[1]}, [&](const model::Observation& seen) {
        (seen.value == op.inputs[0] ? x : routes).assign(seen.data.begin(), seen.data.end());
      });
      std::vector<float> logits(config.vocabulary);
      const auto cache = executor->createKvCache(64, model::KvType::F32);
      executor->forward(tokens, *cache, model::LogitsWanted::LastToken, logits);
      Sums sums;
      const std::size_t each = x.size() / tokens.size(), stride = each == width ? 0 : each / used;
      for (std::size_t t = 0; t < tokens.size(); ++t)
        for (std::size_t k = 0; k < used; ++k) {
          const auto expert = static_cast<std::size_t>(routes[t * 2 * used + k]);
          auto& squares = sums.squares[expert];
          squares.resize(width);
          for (std::size_t i = 0; i < width; ++i) {
            const double value = static_cast<double>(x[t * each + k * stride + i]);
            squares[i] += value * value;
          }
          ++sums.rows[expert];
        }
      const auto known = calibration.of(product.weight->name, quant::CalibrationNeed::Importance, JobContext());
      QVERIFY(known);
      QCOMPARE(known->importance.size(), product.weight->shape[0] * width);
      for (std::size_t expert = 0; expert < product.weight->shape[0]; ++expert)
        for (std::size_t i = 0; i < width; ++i) {
          const bool isSeen = sums.rows.contains(expert);
          const double expected = isSeen ? sums.squares[expert][i] / static_cast<double>(sums.rows[expert]) : 1.0;
          const double found = static_cast<double>(known->importance[expert * width + i]);
          QVERIFY2(std::abs(found - expected) <= 1e-5 * std::abs(expected),
                   qPrintable(QString::number(found - expected)));
        }
      // A search for scales takes it, for every matrix its own.
      const auto scheme = quant::Scheme::parse("q4_0:method=imatrix");
      if (width % 32 == 0) QVERIFY(quant::quantize(scheme, *product.weight, JobContext(), known.get()));
      QVERIFY_EXCEPTION_THROWN(
          static_cast<void>(calibration.of(product.weight->name, quant::CalibrationNeed::Hessian, JobContext())),
          Error);
    }
    std::size_t stacks = 0;
    for (const auto& entry : calibration.importanceMatrix(JobContext()).entries)
      if (entry.name.find("_exps") != std::string::npos) {
        ++stacks;
        QCOMPARE(entry.divisors.size(), std::size_t{config.experts});
      }
    QCOMPARE(stacks, std::size_t{3} * config.layers);
  }
};

QTEST_GUILESS_MAIN(TestExpertCalibration)
#include "tst_expert_calibration.moc"
