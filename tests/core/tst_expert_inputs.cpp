// Stacks of experts whose inputs are quantized: the bits that a plain product has with each matrix of the stack, and
// what training and tracing make of them.
#include <QtTest>
#include <bit>
#include <cmath>
#include <map>

#include "core/base/error.h"
#include "core/model/graph_builder.h"
#include "core/model/input_changes.h"
#include "core/model/planned_weights.h"
#include "core/model/weights.h"
#include "core/quant/quantizer.h"
#include "core/trace/replay.h"
#include "core/train/reverse_pass.h"
#include "support/architectures.h"
#include "support/random_blocks.h"

using namespace core;
using model::GraphBuilder;
using model::ValueId;
using quant::ActivationName;
using quant::InputQuantizer;
using quant::QuantizedTensor;
using quant::QuantizedTensorPtr;

namespace {

constexpr std::uint32_t kVocabulary = 50, kWidth = 40, kRows = 24, kExperts = 5, kUsed = 2;
using Tokens = std::vector<model::TokenId>;

std::vector<float> randomValues(std::size_t count, std::uint64_t seed) {
  support::RandomNumbers random(seed);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(random.bell());
  return values;
}

QuantizedTensorPtr tensorOf(const std::vector<float>& values, const tensor::Shape& shape, const char* scheme = "fp32") {
  const auto owner = std::make_shared<const std::vector<float>>(values);
  const tensor::TensorView view{"weight", tensor::DType::F32, shape, std::as_bytes(std::span(*owner)), owner};
  return quant::quantize(quant::Scheme::parse(scheme), view);
}

QuantizedTensorPtr withInput(const QuantizedTensorPtr& tensor, const InputQuantizer& quantizer) {
  auto result = std::make_shared<QuantizedTensor>(*tensor);
  result->input = quantizer;
  return result;
}

/// Values of a graph over these tokens, [rows, words].
std::map<std::string, std::vector<float>> run(const model::Graph& graph, const Tokens& tokens,
                                              const std::vector<std::string>& names) {
  const auto executor = model::createCpuExecutor(graph);
  std::vector<ValueId> values;
  for (const std::string& name : names) values.push_back(*graph.find(name));
  std::map<std::string, std::vector<float>> seen;
  const auto watching = executor->subscribe(values, [&](const model::Observation& what) {
    auto& known = seen[graph.values[what.value].name];
    known.insert(known.end(), what.data.begin(), what.data.end());
  });
  const auto cache = executor->createKvCache(static_cast<std::uint32_t>(tokens.size()), model::KvType::F32);
  std::vector<float> logits(tokens.size() * graph.vocabulary());
  executor->forward(tokens, *cache, model::LogitsWanted::AllTokens, logits);
  return seen;
}

double relativeError(std::span<const float> a, std::span<const float> b) {
  double error = 0, norm = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    error += std::pow(static_cast<double>(a[i]) - static_cast<double>(b[i]), 2);
    norm += std::pow(static_cast<double>(b[i]), 2);
  }
  return std::sqrt(error / norm);
}

}  // namespace

class TestExpertInputs : public QObject {
  Q_OBJECT

 private slots:
  void areThoseOfPlainProducts_data() {
    QTest::addColumn<QString>("scheme");
    QTest::addColumn<int>("way");
    for (int way = 0; way < 4; ++way) QTest::addRow("int8, %d", way) << "int8" << way;
    QTest::addRow("int4, 1") << "int4:group=8,range=minmax" << 1;
    for (int way = 4; way < 6; ++way) QTest::addRow("fp8, %d", way) << "fp8_e4m3:scale=row" << way;
  }
  void areThoseOfPlainProducts() {
    QFETCH(QString, scheme);
    QFETCH(int, way);
    const InputQuantizer ways[] = {{.name = ActivationName::Int8Dynamic},
                                   {.name = ActivationName::Int8Static, .scale = 0.02F, .zeroPoint = -9},
                                   {.name = ActivationName::LlmInt8, .threshold = 2.5F},
                                   {.name = ActivationName::LlmInt8, .threshold = 0.0F},
                                   {.name = ActivationName::Fp8Dynamic},
                                   {.name = ActivationName::Fp8Static, .scale = 0.01F}};
    const std::string text = scheme.toStdString();
    const auto table = randomValues(kVocabulary * kWidth, 1), stack = randomValues(kExperts * kRows * kWidth, 2),
               router = randomValues(kExperts * kWidth, 3), bias = randomValues(kExperts * kRows, 4);
    GraphBuilder builder(0);
    const ValueId x = builder.embed("x", tensorOf(table, {kVocabulary, kWidth}));
    const ValueId routes =
        builder.route("routes", builder.matMul("router", x, tensorOf(router, {kExperts, kWidth})), {kUsed, true});
    const ValueId made =
        builder.expertMatMul("made", x, routes,
                             {withInput(tensorOf(stack, {kExperts, kRows, kWidth}, text.c_str()), ways[way]),
                              tensorOf(bias, {kExperts, kRows}), kUsed});
    std::vector<std::string> names{"made", "routes"};
    for (std::uint32_t e = 0; e < kExperts; ++e) {
      const auto first = stack.begin() + e * kRows * kWidth;
      const auto own = withInput(tensorOf({first, first + kRows * kWidth}, {kRows, kWidth}, text.c_str()), ways[way]);
      names.push_back("plain" + std::to_string(e));
      builder.matMul(names.back(), x, own,
                     tensorOf({bias.begin() + e * kRows, bias.begin() + (e + 1) * kRows}, {kRows}));
    }
    builder.matMul("logits", builder.mixExperts("mixed", made, routes, kUsed, kRows),
                   tensorOf(randomValues(kVocabulary * kRows, 5), {kVocabulary, kRows}));
    const model::Graph graph = model::applyInputChanges(builder.take());
    QCOMPARE(graph.rowsTogether().has_value(), way == 2);
    Tokens tokens(150);  // outlier columns are those of two batches
    for (std::size_t i = 0; i < tokens.size(); ++i) tokens[i] = static_cast<model::TokenId>(i * 7 % kVocabulary);
    const auto seen = run(graph, tokens, names);
    const std::size_t stride = model::slotStride(kRows);
    for (std::size_t t = 0; t < tokens.size(); ++t)
      for (std::size_t k = 0; k < kUsed; ++k) {
        const auto expert = static_cast<std::size_t>(seen.at("routes")[t * 2 * kUsed + k]);
        const float* const wanted = seen.at("plain" + std::to_string(expert)).data() + t * kRows;
        const float* const found = seen.at("made").data() + (t * kUsed + k) * stride;
        for (std::size_t r = 0; r < kRows; ++r) {
          // Of floats, sums are those of another number of rows together.
          if (way < 4)
            QCOMPARE(std::bit_cast<std::uint32_t>(found[r]), std::bit_cast<std::uint32_t>(wanted[r]));
          else
            QVERIFY(std::abs(found[r] - wanted[r]) <= 1e-5F * (1.0F + std::abs(wanted[r])));
        }
      }
  }

  void areTheSameWhenTrainedAndTraced_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("scheme");
    for (const char* name : {"qwen3moe", "mixtral", "gptoss"})
      for (const char* scheme :
           {"int8:activations=int8_dynamic", "llm_int8:threshold=1.5", "fp8_e4m3:scale=row,activations=fp8_dynamic"})
        QTest::addRow("%s %s", name, scheme) << name << scheme;
  }
  void areTheSameWhenTrainedAndTraced() {
    QFETCH(QString, name);
    QFETCH(QString, scheme);
    const auto checkpoint = io::openCheckpoint(support::kArchitectures / (name.toStdString() + ".gguf"));
    const auto config = model::ModelConfig::fromCheckpoint(*checkpoint);
    model::WeightLibrary library(checkpoint);
    const auto graphOf = [&](const std::optional<quant::Scheme>& how) {
      return model::buildGraph(config, library.load(config, how));
    };
    const model::Graph reference = graphOf({}), graph = graphOf(quant::Scheme::parse(scheme.toStdString()));
    for (const model::Op& op : graph.ops)
      if (op.kind() == model::OpKind::ExpertMatMul) QVERIFY(op.as<model::ExpertMatMul>().weight->input);
    const Tokens tokens = support::architectureTokens();
    const auto executor = model::createCpuExecutor(graph);
    const auto cache = executor->createKvCache(64, model::KvType::F32);
    std::vector<float> expected(config.vocabulary);
    executor->forward(tokens, *cache, model::LogitsWanted::LastToken, expected);
    train::ReversePass<float> pass(graph);
    // Sums in another order, by which a code may become its neighbour.
    const double trained =
        relativeError(pass.forward({tokens, tokens.size()}, model::LogitsWanted::LastToken), expected);
    QVERIFY2(trained < 2e-2, qPrintable(QString::number(trained)));
    trace::Replay replay(graph, reference, tokens, model::KvType::F32);
    const double traced = relativeError(replay.run({}).logits, expected);
    QVERIFY2(traced < 2e-6, qPrintable(QString::number(traced)));
  }

  void changedColumnsAreRefused() {
    auto stack = std::make_shared<QuantizedTensor>(
        *withInput(tensorOf(randomValues(kExperts * kRows * kWidth, 2), {kExperts, kRows, kWidth}, "int8"),
                   {.name = ActivationName::Int8Dynamic}));
    quant::ColumnChanges changes;
    changes.inputScales.assign(kWidth, 2.0F);
    stack->changes = std::make_shared<const quant::ColumnChanges>(changes);
    GraphBuilder builder(0);
    const ValueId x = builder.embed("x", tensorOf(randomValues(kVocabulary * kWidth, 1), {kVocabulary, kWidth}));
    const ValueId routes = builder.route(
        "routes", builder.matMul("router", x, tensorOf(randomValues(kExperts * kWidth, 3), {kExperts, kWidth})),
        {kUsed, true});
    builder.expertMatMul("made", x, routes, {stack, nullptr, kUsed});
    QVERIFY_EXCEPTION_THROWN(static_cast<void>(model::applyInputChanges(builder.take())), Error);
  }
};

QTEST_GUILESS_MAIN(TestExpertInputs)
#include "tst_expert_inputs.moc"
