// What quantizing a matrix does to its layer's outputs: the same figures as by brute force in double, for weights
// alone, for quantized inputs, for columns in another order and under factors; and one pass over a text gives them all.
#include <QTemporaryDir>
#include <QtTest>
#include <cmath>
#include <map>

#include "core/evaluate/output_error.h"
#include "core/io/checkpoint.h"
#include "core/model/executor.h"
#include "core/model/input_changes.h"
#include "core/model/ops/experts.h"
#include "core/model/weights.h"
#include "core/quant/load_tensor.h"
#include "core/quant/methods/hessian.h"
#include "core/quant/quantizer.h"
#include "core/quant/row_scale.h"
#include "support/architectures.h"
#include "support/golden_layer.h"
#include "support/random_model.h"

using namespace core;
using evaluate::LayerInputs;
using evaluate::OutputError;
using evaluate::OutputMeter;

namespace {

constexpr std::size_t kContext = 100;  // of 512 inputs: five windows and a short one

const support::GoldenLayer& layer() {
  static const support::GoldenLayer golden;
  return golden;
}

LayerInputs inputs() { return {layer().inputs, support::GoldenLayer::kColumns, kContext}; }

quant::QuantizedTensorPtr made(const std::string& scheme) {
  const auto calibration = layer().calibration();
  return quant::quantize(quant::Scheme::parse(scheme), layer().tensor(), JobContext(), &calibration);
}

/// Norms of one window, or of all.
struct Norms {
  double weights = 0.0, inputs = 0.0, total = 0.0, power = 0.0;
};

/// From the definitions. @param changed X̂
Norms norms(const std::vector<float>& quantized, const std::vector<float>& changed, std::size_t first,
            std::size_t last) {
  const std::size_t width = support::GoldenLayer::kColumns;
  Norms sums;
  for (std::size_t t = first; t < last; ++t)
    for (std::size_t r = 0; r < support::GoldenLayer::kRows; ++r) {
      double exact = 0.0, weights = 0.0, ofInputs = 0.0;
      for (std::size_t c = 0; c < width; ++c) {
        const double w = layer().weights[r * width + c], v = quantized[r * width + c];
        const double x = layer().inputs[t * width + c], y = changed[t * width + c];
        exact += x * w;
        weights += x * (v - w);
        ofInputs += (y - x) * v;
      }
      sums.power += exact * exact;
      sums.weights += weights * weights;
      sums.inputs += ofInputs * ofInputs;
      sums.total += (weights + ofInputs) * (weights + ofInputs);
    }
  return sums;
}

bool isNear(double a, double b, double tolerance = 2e-5) { return std::abs(a - b) <= tolerance * std::abs(b); }

/// Inputs under one scale per token, by the formula.
std::vector<float> dynamicInputs(const std::vector<float>& factors) {
  const std::size_t width = support::GoldenLayer::kColumns;
  std::vector<float> result = layer().inputs;
  for (std::size_t t = 0; t < result.size() / width; ++t) {
    double largest = 0.0;
    for (std::size_t c = 0; c < width; ++c)
      largest = std::max(largest, std::abs(double(result[t * width + c]) / factors[c]));
    for (std::size_t c = 0; c < width; ++c) {
      const double code = std::nearbyint(double(result[t * width + c]) / factors[c] * 127.0 / largest);
      result[t * width + c] = float(code * largest / 127.0 * factors[c]);
    }
  }
  return result;
}

const model::ExpertMatMul& stackNamed(const model::Graph& graph, const std::string& name) {
  const auto found = std::ranges::find_if(graph.ops, [&](const model::Op& op) {
    return op.kind() == model::OpKind::ExpertMatMul && (*op.weight())->name == name;
  });
  return found->as<model::ExpertMatMul>();
}

/// What a stack makes of the whole model's own inputs. @param instead of its weights; null: these
std::vector<float> expertOutputs(const model::Graph& graph, const calibrate::TokenWindows& windows,
                                 const std::string& name, const quant::QuantizedTensorPtr& instead) {
  const auto op = std::ranges::find_if(graph.ops, [&](const model::Op& each) {
    return each.kind() == model::OpKind::ExpertMatMul && (*each.weight())->name == name;
  });
  model::ExpertMatMul product = op->as<model::ExpertMatMul>();
  product.bias = nullptr;
  if (instead != nullptr) product.weight = instead;
  std::vector<float> x, routes, outputs;
  const auto executor = model::createCpuExecutor(graph);
  const auto watching = executor->subscribe({op->inputs[0], op->inputs[1]}, [&](const model::Observation& seen) {
    (seen.value == op->inputs[0] ? x : routes).assign(seen.data.begin(), seen.data.end());
  });
  const auto cache = executor->createKvCache(windows.context, model::KvType::F32);
  std::vector<float> logits(windows.context * graph.vocabulary());
  for (std::size_t w = 0; w < windows.count(); ++w) {
    cache->truncate(0);
    executor->forward(windows.window(w), *cache, model::LogitsWanted::AllTokens, logits);
    const std::size_t width = graph.values[op->out].width;
    std::vector<float> out(windows.context * width);
    model::ops::expertMatMul(product, {}, {product.used, graph.values[op->inputs[0]].width, width}, x.data(),
                             routes.data(), windows.context, out.data());
    outputs.insert(outputs.end(), out.begin(), out.end());
  }
  return outputs;
}

double relativeDifference(const std::vector<float>& a, const std::vector<float>& b) {
  double error = 0.0, power = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    error += std::pow(static_cast<double>(a[i]) - static_cast<double>(b[i]), 2);
    power += std::pow(static_cast<double>(b[i]), 2);
  }
  return std::sqrt(error / power);
}

}  // namespace

class TestOutputError : public QObject {
  Q_OBJECT

 private slots:
  void weightsAlone_data() {
    QTest::addColumn<QString>("scheme");
    for (const char* scheme : {"int4", "int3:group=64", "nf4", "q4_k", "awq:bits=4,group=64", "gptq:bits=4,group=64"})
      QTest::newRow(scheme) << scheme;
  }
  void weightsAlone() {
    QFETCH(QString, scheme);
    const auto tensor = made(scheme.toStdString());
    const OutputError error = OutputMeter(layer().tensor(), inputs(), JobContext()).errorOf(*tensor, JobContext());
    const Norms all = norms(quant::dequantize(*tensor), layer().inputs, 0, 512);
    QVERIFY2(isNear(error.weights.value, std::sqrt(all.weights / all.power)),
             qPrintable(QString::number(error.weights.value)));
    QCOMPARE(error.activations.value, 0.0);
    QCOMPARE(error.total.value, error.weights.value);
    QCOMPARE(error.tokens, std::uint64_t{512});
    // The same from the second moment of the inputs.
    QVERIFY(isNear(
        evaluate::outputErrorBySecondMoment(layer().tensor(), *tensor, layer().calibration().hessian, JobContext()),
        error.weights.value, 1e-3));
  }

  void theErrorIsThatOfWindows() {
    const auto tensor = made("int3");
    const std::vector<float> values = quant::dequantize(*tensor);
    const OutputError error = OutputMeter(layer().tensor(), inputs(), JobContext()).errorOf(*tensor, JobContext());
    const Norms all = norms(values, layer().inputs, 0, 512);
    const double ratio = all.weights / all.power;
    double squares = 0.0;
    for (std::size_t first = 0; first < 512; first += kContext) {
      const Norms window = norms(values, layer().inputs, first, std::min<std::size_t>(first + kContext, 512));
      squares += std::pow(window.weights - ratio * window.power, 2);
    }
    const double expected = std::sqrt(6.0 / 5.0 * squares) / all.power / (2.0 * std::sqrt(ratio));
    QVERIFY2(isNear(error.weights.error, expected, 1e-3), qPrintable(QString::number(error.weights.error)));
    // One window says nothing about another one.
    const LayerInputs one{layer().inputs, support::GoldenLayer::kColumns, 512};
    QVERIFY(std::isnan(OutputMeter(layer().tensor(), one, JobContext()).errorOf(*tensor, JobContext()).weights.error));
  }

  void whatIsTheSameHasNoError() {
    const OutputError error =
        OutputMeter(layer().tensor(), inputs(), JobContext()).errorOf(*made("fp32"), JobContext());
    QCOMPARE(error.weights.value, 0.0);
    QCOMPARE(error.weights.error, 0.0);
    QCOMPARE(error.total.value, 0.0);
  }

  void inputsHaveAShareOfTheirOwn_data() {
    QTest::addColumn<QString>("scheme");
    for (const char* scheme : {"int8:activations=int8_dynamic", "int4:activations=int8_dynamic",
                               "int8:method=smooth,activations=int8_dynamic"})
      QTest::newRow(scheme) << scheme;
  }
  void inputsHaveAShareOfTheirOwn() {
    QFETCH(QString, scheme);
    const auto tensor = made(scheme.toStdString());
    std::vector<float> factors(support::GoldenLayer::kColumns, 1.0F);
    if (tensor->changes && !tensor->changes->inputScales.empty()) factors = tensor->changes->inputScales;
    QCOMPARE(scheme.contains("smooth"), tensor->changes != nullptr);
    const OutputError error = OutputMeter(layer().tensor(), inputs(), JobContext()).errorOf(*tensor, JobContext());
    const Norms all = norms(quant::dequantize(*tensor), dynamicInputs(factors), 0, 512);
    QVERIFY(isNear(error.weights.value, std::sqrt(all.weights / all.power)));
    // A code in the middle between two may go either way.
    QVERIFY2(isNear(error.activations.value, std::sqrt(all.inputs / all.power), 1e-3),
             qPrintable(QString::number(error.activations.value)));
    QVERIFY2(isNear(error.total.value, std::sqrt(all.total / all.power), 1e-3),
             qPrintable(QString::number(error.total.value)));
    QVERIFY(error.activations.error > 0.0);
  }

  /// The total is what executors really compute, for whatever they do to inputs.
  void theTotalIsWhatExecutorsCompute_data() {
    QTest::addColumn<QString>("scheme");
    for (const char* scheme :
         {"int8:activations=int8_dynamic", "int8:activations=int8_static", "int8:method=smooth,activations=int8_static",
          "fp8_e4m3:scale=row,activations=fp8_dynamic", "llm_int8", "llm_int8:threshold=2"})
      QTest::newRow(scheme) << scheme;
  }
  void theTotalIsWhatExecutorsCompute() {
    QFETCH(QString, scheme);
    const auto tensor = made(scheme.toStdString());
    const std::size_t width = support::GoldenLayer::kColumns, rows = support::GoldenLayer::kRows, tokens = 100;
    // Embeds the inputs and multiplies them.
    const auto table = std::make_shared<quant::QuantizedTensor>(tensor::TensorView{
        "rows", tensor::DType::F32, {512, width}, std::as_bytes(std::span(layer().inputs)), nullptr});
    const auto run = [&](quant::QuantizedTensorPtr weight) {
      model::Graph graph;
      graph.values = {{"rows", std::uint32_t(width)}, {"product", std::uint32_t(rows)}};
      graph.ops = {{model::Embed{table}, {}, 0}, {model::MatMul{std::move(weight)}, {0}, 1}};
      const auto executor = model::createCpuExecutor(model::applyInputChanges(std::move(graph)));
      const auto cache = executor->createKvCache(tokens, model::KvType::F32);
      std::vector<model::TokenId> ids(tokens);
      for (std::size_t i = 0; i < tokens; ++i) ids[i] = model::TokenId(i);
      std::vector<float> out(tokens * rows);
      executor->forward(ids, *cache, model::LogitsWanted::AllTokens, out);
      return out;
    };
    const auto exact = run(std::make_shared<quant::QuantizedTensor>(layer().tensor())), approximated = run(tensor);
    double error = 0.0, power = 0.0;
    for (std::size_t i = 0; i < exact.size(); ++i) {
      error += std::pow(double(approximated[i]) - double(exact[i]), 2);
      power += std::pow(double(exact[i]), 2);
    }
    const LayerInputs window{std::span(layer().inputs).first(tokens * width), width, tokens};
    const OutputError measured = OutputMeter(layer().tensor(), window, JobContext()).errorOf(*tensor, JobContext());
    QVERIFY2(isNear(measured.total.value, std::sqrt(error / power), 1e-4),
             qPrintable(QStringLiteral("%1 %2").arg(measured.total.value).arg(std::sqrt(error / power))));
    QVERIFY(measured.activations.value > 0.0);
  }

  void onePassGivesAllTensors() {
    QTemporaryDir folder;
    const std::filesystem::path path = folder.filePath("model.gguf").toStdString();
    support::writeRandomModel({}, path);
    const std::shared_ptr<const io::Checkpoint> checkpoint = io::openCheckpoint(path);
    const auto config = model::ModelConfig::fromCheckpoint(*checkpoint);
    model::WeightLibrary library(checkpoint);
    const model::Graph graph = model::buildGraph(config, library.load(config, {}));
    calibrate::TokenWindows windows;
    windows.context = 40;
    for (std::uint32_t i = 0; i < 120; ++i) windows.tokens.push_back(text::TokenId((i * i + 7 * i + 3) % 131));

    const std::vector<std::string> tensors = {"blk.1.ffn_down.weight", "blk.0.attn_q.weight", "output.weight",
                                              "no.such.tensor"};
    std::vector<std::string> order;
    std::map<std::pair<std::string, std::size_t>, OutputError> seen;
    evaluate::measureOutputErrors(
        graph, windows, tensors,
        [&](const std::string& tensor) {
          order.push_back(tensor);
          const auto original = quant::loadTensor(*checkpoint, tensor);
          return std::vector<quant::QuantizedTensorPtr>{quant::quantize(quant::Scheme::parse("int4"), *original),
                                                        nullptr,
                                                        quant::quantize(quant::Scheme::parse("int8"), *original)};
        },
        [&](const std::string& tensor, std::size_t candidate, const OutputError& error) {
          seen[{tensor, candidate}] = error;
        },
        JobContext());
    QCOMPARE(order, (std::vector<std::string>{"blk.0.attn_q.weight", "blk.1.ffn_down.weight", "output.weight"}));
    QCOMPARE(seen.size(), std::size_t{6});
    for (const std::string& tensor : order)
      QVERIFY(seen.at({tensor, 0}).weights.value > 5 * seen.at({tensor, 2}).weights.value);

    // Against the inputs of the whole graph.
    const auto executor = model::createCpuExecutor(graph);
    const model::ValueId hidden = *graph.find("blk.1.ffn_hidden");
    std::vector<float> rows;
    const auto watching = executor->subscribe({hidden}, [&](const model::Observation& seenRows) {
      rows.insert(rows.end(), seenRows.data.begin(), seenRows.data.end());
    });
    const auto cache = executor->createKvCache(windows.context, model::KvType::F32);
    std::vector<float> logits(windows.context * graph.vocabulary());
    for (std::size_t w = 0; w < windows.count(); ++w) {
      cache->truncate(0);
      executor->forward(windows.window(w), *cache, model::LogitsWanted::AllTokens, logits);
    }
    const auto original = quant::loadTensor(*checkpoint, "blk.1.ffn_down.weight");
    const OutputError expected = OutputMeter(*original, {rows, original->rowValues(), windows.context}, JobContext())
                                     .errorOf(*quant::quantize(quant::Scheme::parse("int4"), *original), JobContext());
    QVERIFY(isNear(seen.at({"blk.1.ffn_down.weight", 0}).weights.value, expected.weights.value));
    QVERIFY(isNear(seen.at({"blk.1.ffn_down.weight", 0}).weights.error, expected.weights.error, 1e-3));
  }

  // A folder has a tensor for each expert: what is read has an error, about as large as that of the file's stack.
  void expertsOfFoldersAddUp() {
    std::map<std::string, double> errors, powers;
    for (const char* name : {"qwen3moe.gguf", "qwen3moe-folder"}) {
      const std::shared_ptr<const io::Checkpoint> checkpoint = io::openCheckpoint(support::kArchitectures / name);
      const auto config = model::ModelConfig::fromCheckpoint(*checkpoint);
      const model::Graph graph =
          model::buildGraph(config, model::WeightLibrary(checkpoint).load(config, std::optional<quant::Scheme>()));
      const calibrate::TokenWindows windows{support::architectureTokens(),
                                            static_cast<std::uint32_t>(support::architectureTokens().size())};
      std::vector<std::string> names;
      for (const io::TensorInfo& tensor : checkpoint->tensors())
        if (tensor.name.find("up_exps") != std::string::npos || tensor.name.find(".up_proj") != std::string::npos)
          names.push_back(tensor.name);
      evaluate::measureOutputErrors(
          graph, windows, names,
          [&](const std::string& tensor) {
            const auto original = quant::loadTensor(*checkpoint, tensor);
            // Nothing, so that errors are what is put out; and four bits.
            auto nothing = quant::quantize(quant::Scheme::parse("fp32"), *original);
            auto none = std::make_shared<quant::QuantizedTensor>(*nothing);
            none->factor = 0.0F;
            return std::vector<quant::QuantizedTensorPtr>{
                none, quant::quantize(quant::Scheme::parse("int4:group=8"), *original)};
          },
          [&](const std::string& /*tensor*/, std::size_t candidate, const OutputError& error) {
            if (candidate == 0) QVERIFY(isNear(error.weights.value, 1.0));
            errors[name] += candidate == 0 ? 0.0 : error.weights.value;
            powers[name] += candidate == 0 ? 0.0 : 1.0;
          },
          JobContext());
    }
    QVERIFY(powers["qwen3moe-folder"] > 2 * powers["qwen3moe.gguf"]);  // several experts of each layer are read
    const double stacks = errors["qwen3moe.gguf"] / powers["qwen3moe.gguf"],
                 own = errors["qwen3moe-folder"] / powers["qwen3moe-folder"];
    QVERIFY(std::abs(own - stacks) < 0.3 * stacks);
  }

  // Of stacks, over what each token has of each of its experts: as the operation computes it.
  void expertsHaveOutputs_data() {
    QTest::addColumn<QString>("name");
    for (const char* name : {"qwen3moe", "mixtral", "gptoss"}) QTest::newRow(name) << name;
  }
  void expertsHaveOutputs() {
    QFETCH(QString, name);
    const std::shared_ptr<const io::Checkpoint> checkpoint =
        io::openCheckpoint(support::kArchitectures / (name.toStdString() + ".gguf"));
    const auto config = model::ModelConfig::fromCheckpoint(*checkpoint);
    const model::Graph graph =
        model::buildGraph(config, model::WeightLibrary(checkpoint).load(config, std::optional<quant::Scheme>()));
    calibrate::TokenWindows windows{support::architectureTokens(), 7};
    windows.tokens.resize(windows.tokens.size() / 7 * 7);
    const std::vector<std::string> schemes = {"int4:group=8", "int8:activations=int8_dynamic",
                                              "llm_int8:threshold=1.5"};
    std::map<std::string, std::vector<quant::QuantizedTensorPtr>> made;
    std::vector<std::string> names;
    for (const model::Op& op : graph.ops)
      if (op.kind() == model::OpKind::ExpertMatMul) names.push_back((*op.weight())->name);
    std::map<std::pair<std::string, std::size_t>, OutputError> seen;
    evaluate::measureOutputErrors(
        graph, windows, names,
        [&](const std::string& tensor) {
          for (const std::string& scheme : schemes)
            made[tensor].push_back(quant::quantize(quant::Scheme::parse(scheme), *stackNamed(graph, tensor).weight));
          return made[tensor];
        },
        [&](const std::string& tensor, std::size_t candidate, const OutputError& error) {
          seen[{tensor, candidate}] = error;
        },
        JobContext());
    QCOMPARE(seen.size(), names.size() * schemes.size());
    for (const auto& [what, error] : seen) {
      const quant::QuantizedTensorPtr& stack = made.at(what.first)[what.second];
      auto plain = std::make_shared<quant::QuantizedTensor>(*stack);
      plain->input.reset();
      const auto exact = expertOutputs(graph, windows, what.first, nullptr);
      QVERIFY(isNear(error.weights.value, relativeDifference(expertOutputs(graph, windows, what.first, plain), exact)));
      QVERIFY(isNear(error.total.value, relativeDifference(expertOutputs(graph, windows, what.first, stack), exact)));
      QCOMPARE(error.activations.value != 0.0, stack->input.has_value());
      QCOMPARE(error.tokens, std::uint64_t{windows.tokens.size()});
    }
  }
};

QTEST_GUILESS_MAIN(TestOutputError)
#include "tst_output_error.moc"
