// What a text shows about the inputs of experts, against sums over the whole model's own values.
#include <QtTest>

#include "core/base/error.h"
#include "core/calibrate/text_calibration.h"
#include "core/model/weights.h"
#include "core/quant/calibrated_quantizer.h"
#include "core/quant/matrix_name.h"
#include "core/quant/methods/hessian.h"
#include "core/quant/quantizer.h"
#include "support/architectures.h"

using namespace core;

namespace {

struct Sums {
  std::map<std::size_t, std::vector<double>> squares;
  std::map<std::size_t, std::size_t> rows;
};

using Rows = std::map<std::size_t, std::vector<float>>;

/// What each expert read.
Rows rowsByExpert(const std::vector<float>& x, const std::vector<float>& routes, std::size_t tokens, std::size_t width,
                  std::size_t used) {
  Rows rows;
  const std::size_t each = x.size() / tokens, stride = each == width ? 0 : each / used;
  for (std::size_t t = 0; t < tokens; ++t)
    for (std::size_t k = 0; k < used; ++k) {
      auto& own = rows[static_cast<std::size_t>(routes[t * 2 * used + k])];
      const auto first = x.begin() + static_cast<std::ptrdiff_t>(t * each + k * stride);
      own.insert(own.end(), first, first + static_cast<std::ptrdiff_t>(width));
    }
  return rows;
}

/// One matrix of a stack, decoded.
quant::QuantizedTensorPtr matrixOf(const quant::QuantizedTensor& stack, std::size_t expert) {
  const std::size_t rows = stack.shape[1];
  auto values = std::make_shared<std::vector<float>>(rows * stack.rowValues());
  quant::dequantizeRows(stack, expert * rows, rows, values->data());
  const tensor::TensorView view{
      "matrix", tensor::DType::F32, {rows, stack.rowValues()}, std::as_bytes(std::span(*values)), values};
  return quant::wrapStored(view);
}

/// Σ ‖(Ŵ − W) x‖² over what every expert read.
double outputError(const std::vector<float>& made, const quant::QuantizedTensor& stack, const Rows& inputs) {
  const std::vector<float> weights = quant::dequantize(stack);
  const std::size_t rows = stack.shape[1], width = stack.rowValues();
  double error = 0;
  for (const auto& [expert, own] : inputs)
    for (std::size_t x = 0; x < own.size(); x += width)
      for (std::size_t r = expert * rows; r < (expert + 1) * rows; ++r) {
        double sum = 0;
        for (std::size_t i = 0; i < width; ++i)
          sum += static_cast<double>(made[r * width + i] - weights[r * width + i]) * static_cast<double>(own[x + i]);
        error += sum * sum;
      }
  return error;
}

quant::QuantizedTensorPtr made(const char* scheme, const quant::QuantizedTensor& stack,
                               quant::Calibration& calibration) {
  return quant::quantizeCalibrated(quant::Scheme::parse(scheme), stack, &calibration, JobContext());
}

/// GPTQ is that of each matrix by its own inputs; AWQ's factors are the ones that serve all experts best.
void checkMethods(const quant::QuantizedTensor& stack, quant::Calibration& calibration, const Rows& inputs) {
  const std::size_t rows = stack.shape[1], width = stack.rowValues();
  const auto gptq = made("int3:group=8,method=gptq", stack, calibration);
  QCOMPARE(gptq->shape, stack.shape);
  QCOMPARE(gptq->scheme, std::optional(quant::Scheme::parse("int3:group=8,method=gptq")));
  QVERIFY(gptq->as<quant::Uniform>() != nullptr);
  std::size_t unseen = 0;
  for (std::size_t expert = 0; expert < stack.shape[0]; ++expert) {
    const auto seen = inputs.find(expert);
    quant::TensorCalibration own;
    quant::HessianSum sum(width);
    if (seen != inputs.end()) sum.addRows(seen->second);
    own.hessian = sum.mean();
    unseen += seen == inputs.end() ? 1 : 0;
    const auto scheme = quant::Scheme::parse(seen == inputs.end() ? "int3:group=8" : "int3:group=8,method=gptq");
    const auto expected = quant::quantize(scheme, *matrixOf(stack, expert), JobContext(), &own);
    QCOMPARE(quant::dequantize(*matrixOf(*gptq, expert)), quant::dequantize(*expected));
    // Quantized alone, under its name, it is the same.
    auto alone = std::make_shared<quant::QuantizedTensor>(*matrixOf(stack, expert));
    alone->name = quant::MatrixName{stack.name, expert}.toString();
    const auto one = made("int3:group=8,method=gptq", *alone, calibration);
    QCOMPARE(quant::dequantize(*one), quant::dequantize(*expected));
    QCOMPARE(quant::countUnseen(*one->scheme, alone->name, alone->shape, calibration, JobContext()),
             std::uint64_t{seen == inputs.end() ? 1U : 0U});
  }
  QCOMPARE(quant::countUnseen(*gptq->scheme, stack.name, stack.shape, calibration, JobContext()), unseen);
  const auto plain = made("int3:group=8", stack, calibration),
             awq = made("int3:group=8,method=awq,clip=off", stack, calibration);
  const double best = outputError(quant::dequantize(*awq), stack, inputs);
  QVERIFY(outputError(quant::dequantize(*gptq), stack, inputs) < outputError(quant::dequantize(*plain), stack, inputs));
  QCOMPARE(awq->changes->inputScales.size(), width);
  const auto known = calibration.of(stack.name, quant::CalibrationNeed::Columns, JobContext());
  for (int step = 0; step < 20; ++step) {
    std::vector<float> scales, weights = quant::dequantize(stack);
    for (const float mean : known->meanMagnitude)
      scales.push_back(std::max(1e-4F, static_cast<float>(std::pow(static_cast<double>(mean), step / 20.0))));
    const auto [least, largest] = std::ranges::minmax(scales);
    for (float& scale : scales) scale /= std::sqrt(least * largest);
    for (std::size_t i = 0; i < weights.size(); ++i) weights[i] *= scales[i % width];
    const tensor::TensorView view{
        "w", tensor::DType::F32, {stack.shape[0] * rows, width}, std::as_bytes(std::span(weights)), nullptr};
    std::vector<float> back = quant::dequantize(*quant::quantize(quant::Scheme::parse("int3:group=8"), view));
    for (std::size_t i = 0; i < back.size(); ++i) back[i] /= scales[i % width];
    QVERIFY(best <= outputError(back, stack, inputs) * (1 + 1e-3));
  }
  QVERIFY(made("int3:group=8,method=awq", stack, calibration)->changes);
  QVERIFY(made("int8:activations=int8_static", stack, calibration)->input->scale > 0);
  QVERIFY_EXCEPTION_THROWN(static_cast<void>(made("int4:group=tensor,method=gptq", stack, calibration)), Error);
  QVERIFY_EXCEPTION_THROWN(static_cast<void>(made("int4:group=8,method=gptq,act_order=on", stack, calibration)), Error);
}

}  // namespace

class TestExpertCalibration : public QObject {
  Q_OBJECT

 private slots:
  // A folder has a tensor for each expert: what is made of them is what is made of the file's stacks.
  void tensorsOfFoldersAreTheirStacks_data() {
    QTest::addColumn<QString>("scheme");
    for (const char* scheme :
         {"int4:group=8,method=gptq", "int4:group=8,method=awq", "int8:method=smooth", "int8:activations=int8_static"})
      QTest::newRow(scheme) << scheme;
  }
  void tensorsOfFoldersAreTheirStacks() {
    QFETCH(QString, scheme);
    std::vector<std::vector<quant::QuantizedTensorPtr>> made;
    for (const char* name : {"qwen3moe.gguf", "qwen3moe-folder"}) {
      const auto checkpoint = io::openCheckpoint(support::kArchitectures / name);
      const auto config = model::ModelConfig::fromCheckpoint(*checkpoint);
      model::WeightLibrary library(checkpoint);
      const model::Graph graph = model::buildGraph(config, library.load(config, std::optional<quant::Scheme>()));
      const auto tokens = support::architectureTokens();
      calibrate::TextCalibration calibration(graph, {tokens, static_cast<std::uint32_t>(tokens.size())},
                                             {"model", "text", {}});
      const auto weights =
          library.load(config, model::Recipe(quant::Scheme::parse(scheme.toStdString())), JobContext(), &calibration);
      made.emplace_back();
      for (const model::Op& op : model::buildGraph(config, weights).ops)
        if (op.kind() == model::OpKind::ExpertMatMul) made.back().push_back(*op.weight());
    }
    QVERIFY(!made[0].empty() && made[0].size() == made[1].size());
    for (std::size_t i = 0; i < made[0].size(); ++i) {
      QCOMPARE(quant::dequantize(*made[1][i]), quant::dequantize(*made[0][i]));
      QCOMPARE(made[1][i]->layout.index(), made[0][i]->layout.index());
      QVERIFY(made[1][i]->input == made[0][i]->input);
    }
  }

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
      checkMethods(*product.weight, calibration, rowsByExpert(x, routes, tokens.size(), width, used));
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
