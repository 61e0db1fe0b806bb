// Ranges of a layer's inputs tried on a text: the inputs are those of the layer, and what is said of the ranges follows
// from the definitions.
#include <QtTest>
#include <cmath>

#include "core/base/error.h"
#include "core/calibrate/input_statistics.h"
#include "core/calibrate/input_study.h"
#include "core/io/checkpoint.h"
#include "core/model/executor.h"
#include "core/model/weights.h"
#include "core/quant/input_quantizer.h"
#include "support/random_model.h"

using namespace core;
using calibrate::InputStudy;
using quant::ActivationName;
using quant::ActivationRange;
using quant::Activations;

namespace {

constexpr const char* kTensor = "blk.1.ffn_down.weight";

calibrate::TokenWindows windowsFrom(std::uint32_t seed) {
  calibrate::TokenWindows windows;
  windows.context = 40;
  for (std::uint32_t i = 0; i < 120; ++i)
    windows.tokens.push_back(static_cast<text::TokenId>((i * i + seed * i + 3) % 131));
  return windows;
}

Activations way(ActivationName name, ActivationRange range = ActivationRange::MinMax, double percentile = 99.0) {
  Activations activations;
  activations.name = name;
  activations.range = range;
  activations.percentile = percentile;
  return activations;
}

}  // namespace

class TestInputStudy : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir m_folder;
  std::optional<model::Graph> m_graph;

  /// The rows that enter the layer, from the whole graph.
  std::vector<float> rowsOf(const calibrate::TokenWindows& windows, std::size_t& width) const {
    model::ValueId input = model::kNoValue;
    for (const model::Op& op : m_graph->ops)
      if (op.kind() == model::OpKind::MatMul && op.as<model::MatMul>().weight->name == kTensor) input = op.inputs[0];
    width = m_graph->values[input].width;
    std::vector<float> rows;
    for (std::size_t w = 0; w < windows.count(); ++w) {
      const auto executor = model::createCpuExecutor(*m_graph);
      const auto cache = executor->createKvCache(windows.context, model::KvType::F32);
      const auto watching = executor->subscribe({input}, [&](const model::Observation& seen) {
        rows.insert(rows.end(), seen.data.begin(), seen.data.end());
      });
      std::vector<float> logits(windows.context * m_graph->vocabulary());
      executor->forward(windows.window(w), *cache, model::LogitsWanted::AllTokens, logits);
    }
    return rows;
  }
  quant::TensorCalibration knownFrom(const std::vector<float>& rows, std::size_t width) const {
    calibrate::InputStatistics statistics(width);
    statistics.addRows(rows);
    return statistics.calibration();
  }

 private slots:
  void initTestCase() {
    const std::filesystem::path path = m_folder.filePath("model.gguf").toStdString();
    support::writeRandomModel({}, path);
    const std::shared_ptr<const io::Checkpoint> checkpoint = io::openCheckpoint(path);
    const auto config = model::ModelConfig::fromCheckpoint(*checkpoint);
    model::WeightLibrary library(checkpoint);
    m_graph = model::buildGraph(config, library.load(config, {}));
  }

  void saysWhatRangesDoToAnotherText() {
    std::size_t width = 0;
    const std::vector<float> read = rowsOf(windowsFrom(7), width);
    const auto known = knownFrom(read, width);
    const auto windows = windowsFrom(29);
    const std::vector<float> rows = rowsOf(windows, width);
    const std::vector<Activations> ways = {
        way(ActivationName::Int8Static), way(ActivationName::Int8Static, ActivationRange::Percentile),
        way(ActivationName::Int8Static, ActivationRange::Entropy), way(ActivationName::Int8Dynamic)};
    const InputStudy study = calibrate::studyInputs(*m_graph, windows, kTensor, known, ways, JobContext());
    QCOMPARE(study.tokens.size(), windows.tokens.size());
    QCOMPARE(study.inputs.total(), rows.size());
    for (std::size_t t = 0; t < study.tokens.size(); ++t) {
      const auto first = rows.begin() + static_cast<std::ptrdiff_t>(t * width);
      const auto [low, high] = std::minmax_element(first, first + static_cast<std::ptrdiff_t>(width));
      // Sections are computed as the whole is, up to the order of additions.
      QVERIFY(std::abs(*low - study.tokens[t].min) <= 1e-5F * std::abs(*low));
      QVERIFY(std::abs(*high - study.tokens[t].max) <= 1e-5F * std::abs(*high));
    }
    for (std::size_t w = 0; w < ways.size(); ++w) {
      const auto quantizer = *quant::inputQuantizer(ways[w], &known, nullptr, kTensor);
      double error = 0.0, size = 0.0;
      std::uint64_t clipped = 0, clippedTokens = 0;
      for (std::size_t at = 0; at < rows.size(); at += width) {
        double scale = double(quantizer.scale);
        if (!ways[w].isStatic()) {
          scale = 0.0;
          for (std::size_t c = 0; c < width; ++c) scale = std::max(scale, std::abs(double(rows[at + c])) / 127.0);
        }
        bool isClipped = false;
        for (std::size_t c = 0; c < width; ++c) {
          const double x = double(rows[at + c]), code = std::nearbyint(x / scale) + quantizer.zeroPoint;
          const double made = scale * (std::clamp(code, -128.0, 127.0) - quantizer.zeroPoint);
          error += (made - x) * (made - x);
          size += x * x;
          const bool isBeyond = code < -128.0 || code > 127.0;
          clipped += isBeyond ? 1 : 0;
          isClipped = isClipped || isBeyond;
        }
        clippedTokens += isClipped ? 1 : 0;
      }
      const calibrate::RangeStudy& range = study.ranges[w];
      QVERIFY2(std::abs(range.error / (error / size) - 1.0) < 1e-3, qPrintable(QString::number(range.error)));
      const double share = double(clipped) / double(rows.size());
      QVERIFY(std::abs(range.clipped - share) <= 2.0 / double(rows.size()));
      QVERIFY(std::abs(double(range.clippedTokens) - double(clippedTokens)) <= 1.0);
      if (!ways[w].isStatic()) continue;
      const auto zero = float(quantizer.zeroPoint);
      QCOMPARE(range.range.low, quantizer.scale * (-128.0F - zero));
      QCOMPARE(range.range.high, quantizer.scale * (127.0F - zero));
    }
    // The percentile of 99 leaves a hundredth on either side, min–max nothing, on the text it was chosen by.
    QCOMPARE(study.ranges[0].clippedBefore, 0.0);
    QVERIFY(std::abs(study.ranges[1].clippedBefore - 0.02) < 0.005);
    QVERIFY(study.ranges[1].clippedTokens > 0);
    QVERIFY(study.ranges[3].error < study.ranges[0].error);
    QCOMPARE(study.ranges[3].clippedTokens, std::uint64_t{0});
  }

  /// Codes of FP8 reach as far on either side, and what rounds to the outermost one is not clipped.
  void rangesOfFp8AreSymmetric() {
    std::size_t width = 0;
    const auto windows = windowsFrom(7);
    const std::vector<float> rows = rowsOf(windows, width);
    const auto known = knownFrom(rows, width);
    const std::vector<Activations> ways = {way(ActivationName::Fp8Static),
                                           way(ActivationName::Fp8Static, ActivationRange::Percentile)};
    const InputStudy study = calibrate::studyInputs(*m_graph, windows, kTensor, known, ways, JobContext());
    QCOMPARE(study.ranges[0].range.low, -study.ranges[0].range.high);
    QVERIFY(std::abs(study.ranges[0].range.high / std::max(-known.inputs.min, known.inputs.max) - 1.0F) < 1e-6F);
    QCOMPARE(study.ranges[0].clippedBefore, 0.0);
    QCOMPARE(study.ranges[0].clipped, 0.0);
    QCOMPARE(study.ranges[0].clippedTokens, std::uint64_t{0});
    const auto& percentile = study.ranges[1];
    std::uint64_t clipped = 0;
    for (const float x : rows) clipped += std::abs(x) > percentile.range.high * 464.0F / 448.0F ? 1 : 0;
    QVERIFY(clipped > 0);
    QVERIFY(std::abs(percentile.clipped - double(clipped) / double(rows.size())) <= 2.0 / double(rows.size()));
  }

  /// A range of zeros clips whatever is none, by either count.
  void afterATextOfZerosEverythingIsClipped() {
    std::size_t width = 0;
    const auto windows = windowsFrom(7);
    const std::vector<float> rows = rowsOf(windows, width);
    const auto known = knownFrom(std::vector<float>(width), width);
    for (const ActivationName name : {ActivationName::Int8Static, ActivationName::Fp8Static}) {
      const InputStudy study = calibrate::studyInputs(*m_graph, windows, kTensor, known, {way(name)}, JobContext());
      const auto zeros = double(std::count(rows.begin(), rows.end(), 0.0F));
      QVERIFY(std::abs(study.ranges[0].clipped - (1.0 - zeros / double(rows.size()))) <= 2.0 / double(rows.size()));
      QCOMPARE(study.ranges[0].clippedTokens, std::uint64_t{study.tokens.size()});
      QCOMPARE(study.ranges[0].error, 1.0);
    }
  }

  void theMiddleTokenIsTheMedian() {
    InputStudy study;
    for (const float magnitude : {5.0F, 1.0F, 3.0F}) study.tokens.push_back({-magnitude, magnitude / 2.0F});
    QCOMPARE(study.magnitudeOf(0.0), 1.0F);
    QCOMPARE(study.magnitudeOf(0.5), 3.0F);
    QCOMPARE(study.magnitudeOf(1.0), 5.0F);
  }

  void whatNoLayerMultipliesWithIsASentence() {
    try {
      calibrate::studyInputs(*m_graph, windowsFrom(7), "blk.1.attn_norm.weight", {}, {}, JobContext());
      QFAIL("no complaint");
    } catch (const Error& error) {
      QVERIFY(QString(error.what()).contains("No layer of the model"));
    }
  }
};

QTEST_GUILESS_MAIN(TestInputStudy)
#include "tst_input_study.moc"
