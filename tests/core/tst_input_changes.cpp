// What weights ask of their inputs, as operations of a graph; and that models computed so are what they should be.
#include <QTemporaryDir>
#include <QtTest>
#include <cmath>
#include <filesystem>
#include <map>

#include "core/base/error.h"
#include "core/model/executor.h"
#include "core/model/graph_builder.h"
#include "core/model/input_changes.h"
#include "core/model/weights.h"
#include "core/quant/quantizer.h"
#include "support/random_blocks.h"

using namespace core;
using model::OpKind;
using model::ValueId;
using quant::QuantizedTensor;
using quant::QuantizedTensorPtr;

namespace {

const std::filesystem::path kModel = std::filesystem::path(QS_TEST_DATA) / "logits" / "prototype-outliers.gguf";
using Tokens = std::vector<model::TokenId>;

QuantizedTensorPtr quantized(const std::string& scheme, std::size_t rows, std::size_t width, std::uint64_t seed = 1) {
  support::RandomNumbers random(seed);
  auto values = std::make_shared<std::vector<float>>(rows * width);
  for (float& value : *values) value = static_cast<float>(random.bell() / std::sqrt(static_cast<double>(width)));
  const tensor::TensorView view{"weight", tensor::DType::F32, {rows, width}, std::as_bytes(std::span(*values)), values};
  return quant::quantize(quant::Scheme::parse(scheme), view);
}

QuantizedTensorPtr changed(const QuantizedTensor& tensor, const quant::ColumnChanges& changes) {
  auto result = std::make_shared<QuantizedTensor>(tensor);
  result->changes = std::make_shared<const quant::ColumnChanges>(changes);
  return result;
}

std::vector<float> logitsOf(model::Executor& executor, const Tokens& tokens, model::KvType type = model::KvType::F32) {
  const auto cache = executor.createKvCache(static_cast<std::uint32_t>(tokens.size()), type);
  std::vector<float> logits(tokens.size() * executor.graph().vocabulary());
  executor.forward(tokens, *cache, model::LogitsWanted::AllTokens, logits);
  return logits;
}

Tokens someTokens(std::size_t count, std::uint32_t vocabulary) {
  Tokens tokens(count);
  for (std::size_t i = 0; i < count; ++i) tokens[i] = static_cast<model::TokenId>((i * 2654435761U + 17) % vocabulary);
  return tokens;
}

double relativeError(const std::vector<float>& a, const std::vector<float>& b) {
  double error = 0, norm = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    error += std::pow(static_cast<double>(a[i]) - static_cast<double>(b[i]), 2);
    norm += std::pow(static_cast<double>(b[i]), 2);
  }
  return std::sqrt(error / norm);
}

std::vector<std::string> namesOf(const model::Graph& graph, OpKind kind) {
  std::vector<std::string> names;
  for (const model::Op& op : graph.ops)
    if (op.kind() == kind) names.push_back(graph.values[op.out].name);
  return names;
}

/// A checkpoint whose weights are made under a scheme, with ranges that a run of the model in floats has shown.
class Calibrated {
 public:
  Calibrated() : m_checkpoint(io::openCheckpoint(kModel)), m_config(model::ModelConfig::fromCheckpoint(*m_checkpoint)) {
    const auto executor = model::createCpuExecutor(graph(std::nullopt));
    std::map<ValueId, quant::InputHistogram> seen;
    std::vector<ValueId> inputs;
    for (const model::Op& op : executor->graph().ops)
      if (op.kind() == OpKind::MatMul) inputs.push_back(op.inputs[0]);
    const auto watching = executor->subscribe(inputs, [&](const model::Observation& o) { seen[o.value].add(o.data); });
    logitsOf(*executor, tokens());
    for (const model::Op& op : executor->graph().ops) {
      if (op.kind() != OpKind::MatMul) continue;
      auto known = std::make_shared<quant::TensorCalibration>();
      known->inputs = seen[op.inputs[0]];
      known->maxMagnitude.assign(op.as<model::MatMul>().weight->rowValues(), known->inputs.limit);
      m_known.tensors[op.as<model::MatMul>().weight->name] = known;
    }
  }

  model::Graph graph(const std::optional<std::string>& scheme) {
    model::WeightLibrary library(m_checkpoint);
    return model::buildGraph(
        m_config, library.load(m_config, scheme ? model::Recipe(quant::Scheme::parse(*scheme)) : model::Recipe(),
                               JobContext(), &m_known));
  }
  Tokens tokens() const { return someTokens(40, m_config.vocabulary); }

 private:
  struct Known : quant::Calibration {
    std::map<std::string, quant::TensorCalibrationPtr> tensors;
    quant::TensorCalibrationPtr of(const std::string& tensor, quant::CalibrationNeed, const JobContext&) override {
      return tensors[tensor];
    }
    std::string identity() const override { return "by hand"; }
    std::string title() const override { return "by hand"; }
  };
  std::shared_ptr<const io::Checkpoint> m_checkpoint;
  model::ModelConfig m_config;
  Known m_known;
};

}  // namespace

class TestInputChanges : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() { m_model = std::make_unique<Calibrated>(); }

  void productsOfOneInputShareIt() {
    const model::Graph graph = m_model->graph("int8:activations=int8_dynamic");
    QCOMPARE(graph.ops.size(),
             m_model->graph("int8").ops.size() + 4 * graph.kv.size());  // qkv, output, gate · up, down
    const auto names = namesOf(graph, OpKind::QuantizeRows);
    QCOMPARE(names[0], std::string("blk.0.attn_norm_codes"));
    QCOMPARE(names[3], std::string("blk.0.ffn_hidden_codes"));
    QVERIFY(!graph.rowsTogether());
    const ValueId codes = *graph.find("blk.0.attn_norm_codes");
    QVERIFY(graph.values[codes].form == model::ValueForm::Codes);
    const auto all = graph.allValues();
    QVERIFY(std::find(all.begin(), all.end(), codes) == all.end());
    QCOMPARE(m_model->graph("llm_int8").rowsTogether(), std::optional<std::uint32_t>(128));
    QVERIFY(!m_model->graph("llm_int8:threshold=0").rowsTogether());
  }

  void othersHaveTheirOwn() {
    const QuantizedTensorPtr plain = quantized("int8:activations=int8_dynamic", 8, 64),
                             rounded = quantized("fp16:activations=fp8_dynamic", 8, 64);
    const auto turned = changed(*plain, {{}, std::vector<float>(64, 2.0F), {}, {}});
    model::GraphBuilder builder(0);
    const ValueId x = builder.embed("x", quantized("fp32", 16, 64));
    const ValueId a = builder.matMul("a", x, plain), b = builder.matMul("b", x, rounded),
                  c = builder.matMul("c", x, turned), d = builder.matMul("d", x, quantized("fp32", 8, 64));
    builder.add("sum", builder.add("ab", a, b), builder.add("cd", c, d));
    const model::Graph graph = model::applyInputChanges(builder.take());
    QCOMPARE(namesOf(graph, OpKind::ArrangeColumns), (std::vector<std::string>{"x_arranged"}));
    QCOMPARE(namesOf(graph, OpKind::QuantizeRows),
             (std::vector<std::string>{"x_codes", "x_rounded_2", "x_arranged_codes"}));
    QCOMPARE(graph.maker(d).inputs, std::vector<ValueId>{x});
    const auto executor = model::createCpuExecutor(graph);
    QVERIFY_THROWS_EXCEPTION(Error, executor->sumColumns({*graph.find("x_codes")}));
  }

  /// A weight used as it lies behind changed inputs is the weight with its columns put back.
  void changedColumnsComputeTheSame_data() {
    QTest::addColumn<QString>("scheme");
    for (const char* scheme : {"int4:group=32", "int8", "nf4", "q8_0", "fp16", "bf16"})
      QTest::newRow(scheme) << QString(scheme);
  }
  void changedColumnsComputeTheSame() {
    QFETCH(QString, scheme);
    const QuantizedTensorPtr stored = quantized(scheme.toStdString(), 24, 64);
    quant::ColumnChanges changes;
    support::RandomNumbers random(2);
    for (std::uint32_t c = 0; c < 64; ++c) {
      changes.order.push_back((c * 37 + 5) % 64);
      changes.inputScales.push_back(static_cast<float>(std::exp2(random.uniform() * 4 - 2)));
    }
    const QuantizedTensorPtr weight = changed(*stored, changes);
    auto undone = std::make_shared<std::vector<float>>(quant::dequantize(*weight));
    const tensor::TensorView view{"undone", tensor::DType::F32, {24, 64}, std::as_bytes(std::span(*undone)), undone};
    const auto graphOf = [&](const QuantizedTensorPtr& matrix) {
      model::GraphBuilder builder(0);
      builder.matMul("logits", builder.embed("x", quantized("fp32", 16, 64, 3)), matrix);
      return model::applyInputChanges(builder.take());
    };
    const auto arranged = model::createCpuExecutor(graphOf(weight)),
               plain = model::createCpuExecutor(graphOf(quant::wrapStored(view)));
    QCOMPARE(arranged->graph().ops.size(), std::size_t{3});
    const Tokens tokens = someTokens(9, 16);
    QVERIFY(relativeError(logitsOf(*arranged, tokens), logitsOf(*plain, tokens)) < 2e-6);
    // A tensor that is looked up, too, keeps its own columns there.
    model::GraphBuilder tied(0);
    tied.matMul("logits", tied.embed("x", weight), weight);
    const auto executor = model::createCpuExecutor(model::applyInputChanges(tied.take()));
    const auto found = logitsOf(*executor, someTokens(5, 24));
    const std::vector<float>& w = *undone;
    const Tokens some = someTokens(5, 24);
    for (std::size_t r = 0; r < 24; ++r) {
      double expected = 0;
      for (std::size_t i = 0; i < 64; ++i)
        expected +=
            static_cast<double>(w[r * 64 + i]) * static_cast<double>(w[static_cast<std::size_t>(some[0]) * 64 + i]);
      QVERIFY(std::abs(found[r] - expected) < 1e-4 * (1 + std::abs(expected)));
    }
  }

  void outlierColumnsKeptInFloatsAreDecoded() {
    const QuantizedTensorPtr stored = quantized("int8", 4, 64);
    const auto weight = changed(*stored, {{}, {}, {3}, {1.0F, 2.0F, 3.0F, 4.0F}});
    model::GraphBuilder builder(0);
    builder.matMul("logits", builder.embed("x", quantized("fp32", 16, 64)), weight);
    QCOMPARE(model::applyInputChanges(builder.take()).ops.size(), std::size_t{2});
  }

  void integersNeedIntegers() {
    auto weight = std::make_shared<QuantizedTensor>(*quantized("nf4", 4, 64));
    weight->input = quant::InputQuantizer{.name = quant::ActivationName::Int8Dynamic};
    model::GraphBuilder builder(0);
    builder.matMul("logits", builder.embed("x", quantized("fp32", 16, 64)), weight);
    QVERIFY_THROWS_EXCEPTION(Error, model::applyInputChanges(builder.take()));
  }

  /// The same weights with inputs in floats compute something else: by more than floats vary, by less than a tenth.
  /// This fails when inputs are no longer rounded.
  void roundingIsMeasurable_data() {
    QTest::addColumn<QString>("scheme");
    QTest::addColumn<QString>("inputs");
    for (const char* inputs : {"int8_dynamic", "int8_static", "int8_static,input_range=percentile,input_p=99.9",
                               "int8_static,input_range=entropy", "fp8_dynamic", "fp8_static"})
      QTest::newRow(inputs) << "int8" << QString(",activations=") + inputs;
    QTest::newRow("fp8 weights") << "fp8_e4m3:scale=row"
                                 << ",activations=fp8_dynamic";
    QTest::newRow("int4") << "int4:range=minmax"
                          << ",activations=int8_dynamic";
  }
  void roundingIsMeasurable() {
    QFETCH(QString, scheme);
    QFETCH(QString, inputs);
    const QString text = scheme + (scheme.contains(':') ? inputs : ":" + inputs.mid(1));
    const auto floats = model::createCpuExecutor(m_model->graph(scheme.toStdString())),
               rounded = model::createCpuExecutor(m_model->graph(text.toStdString()));
    const double error = relativeError(logitsOf(*rounded, m_model->tokens()), logitsOf(*floats, m_model->tokens()));
    qInfo("%s: %.3g", qPrintable(text), error);
    QVERIFY(error > 1e-3 && error < 0.5);
  }

  void outliersMakeLlmInt8Better() {
    const auto plain = model::createCpuExecutor(m_model->graph(std::nullopt));
    const auto expected = logitsOf(*plain, m_model->tokens());
    const auto errorOf = [&](const std::string& scheme) {
      return relativeError(logitsOf(*model::createCpuExecutor(m_model->graph(scheme)), m_model->tokens()), expected);
    };
    const double without = errorOf("llm_int8:threshold=0"), with = errorOf("llm_int8:threshold=3");
    qInfo("llm_int8 without outliers %.3g, with %.3g", without, with);
    QVERIFY(with < without);
  }

  /// Outlier columns are those of 128 tokens together, wherever they are computed; without them nothing depends on it.
  void batchesAreTheSameEverywhere() {
    const auto executor = model::createCpuExecutor(m_model->graph("int8:activations=int8_dynamic"));
    const Tokens tokens = someTokens(130, executor->graph().vocabulary());
    const std::vector<float> whole = logitsOf(*executor, tokens);
    const auto cache = executor->createKvCache(130, model::KvType::F32);
    std::vector<float> row(executor->graph().vocabulary());
    for (const model::TokenId token : tokens)
      executor->forward(std::span(&token, 1), *cache, model::LogitsWanted::LastToken, row);
    QVERIFY(relativeError(row, {whole.end() - static_cast<std::ptrdiff_t>(row.size()), whole.end()}) < 1e-4);
  }

  void keysAndValuesInBytes() {
    const auto executor = model::createCpuExecutor(m_model->graph(std::nullopt));
    const auto exact = logitsOf(*executor, m_model->tokens());
    const double bytes = relativeError(logitsOf(*executor, m_model->tokens(), model::KvType::Int8), exact),
                 halves = relativeError(logitsOf(*executor, m_model->tokens(), model::KvType::F16), exact);
    qInfo("Int8 %.3g, F16 %.3g", bytes, halves);
    QVERIFY(bytes < 0.05 && bytes > 2 * halves);
    const auto ofBytes = executor->createKvCache(100, model::KvType::Int8),
               ofHalves = executor->createKvCache(100, model::KvType::F16);
    QVERIFY(ofBytes->bytes() * 2 < ofHalves->bytes() * 5 / 4);
    QCOMPARE(model::kvTypeOf("int8"), model::KvType::Int8);
    QVERIFY_THROWS_EXCEPTION(Error, model::kvTypeOf("q5_1"));
  }

 private:
  std::unique_ptr<Calibrated> m_model;
};

QTEST_GUILESS_MAIN(TestInputChanges)
#include "tst_input_changes.moc"
