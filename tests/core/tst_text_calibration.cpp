// What a text shows about the inputs of a model's layers: equal to a plain computation in float64, streamed section by
// section, kept in a cache, gone on with after it was stopped.
#include <QtTest>

#include <cmath>
#include <fstream>

#include "core/base/error.h"
#include "core/calibrate/sections.h"
#include "core/calibrate/text_calibration.h"
#include "core/model/executor.h"
#include "core/model/weights.h"
#include "support/double_llama.h"
#include "support/random_model.h"

using namespace core;
using calibrate::TextCalibration;
using calibrate::TokenWindows;
using quant::CalibrationNeed;
using quant::TensorCalibrationPtr;
using support::Doubles;

namespace {

constexpr std::uint32_t kContext = 40, kWindows = 3;

/// Inputs computed in float32 lie within about 1e-6 of their layer's size from those in float64 (sums of 96 to 160
/// products, two blocks); statistics of them within a few times that.
constexpr double kTolerance = 1e-5;

TokenWindows someWindows() {
  TokenWindows windows;
  windows.context = kContext;
  for (std::uint32_t i = 0; i < kContext * kWindows; ++i)
    windows.tokens.push_back(static_cast<text::TokenId>((i * i + 7 * i + 3) % 131));
  return windows;
}

double mean(const Doubles& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

/// Values of one column each, within the tolerance of themselves and their mean.
void compareColumns(const std::vector<float>& found, const Doubles& wanted, const char* what) {
  QCOMPARE(found.size(), wanted.size());
  const double size = mean(wanted);
  for (std::size_t i = 0; i < wanted.size(); ++i)
    QVERIFY2(std::abs(static_cast<double>(found[i]) - wanted[i]) <= kTolerance * (wanted[i] + size), what);
}

}  // namespace

class TestTextCalibration : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir m_folder;
  std::shared_ptr<const io::Checkpoint> m_checkpoint;
  model::ModelConfig m_config;
  std::optional<model::Graph> m_graph;

  std::filesystem::path path(const char* name) const { return m_folder.filePath(name).toStdString(); }
  std::unique_ptr<TextCalibration> calibration(const std::filesystem::path& cache = {}) const {
    return std::make_unique<TextCalibration>(*m_graph, someWindows(),
                                             calibrate::TextCalibrationOptions{"model", "some text", cache});
  }
  static TensorCalibrationPtr ask(TextCalibration& calibration, const char* tensor,
                                  CalibrationNeed need = CalibrationNeed::Columns) {
    return calibration.of(tensor, need, JobContext());
  }
  static std::filesystem::path onlyFile(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) files.push_back(entry.path());
    return files.size() == 1 ? files.front() : std::filesystem::path();
  }
  static void changeSection(const std::filesystem::path& file, char section) {
    std::fstream stream(file, std::ios::binary | std::ios::in | std::ios::out);
    const std::string all{std::istreambuf_iterator<char>(stream), {}}, key = "calibration.section";
    const std::size_t at = all.find(key);
    QVERIFY(at != std::string::npos);
    stream.seekp(static_cast<std::streamoff>(at + key.size() + 4));  // behind the value's type
    stream.put(section);
  }

 private slots:
  void initTestCase() {
    support::writeRandomModel({}, path("model.gguf"));
    m_checkpoint = io::openCheckpoint(path("model.gguf"));
    m_config = model::ModelConfig::fromCheckpoint(*m_checkpoint);
    model::WeightLibrary library(m_checkpoint);
    m_graph = model::buildGraph(m_config, library.load(m_config, {}));
  }

  void sectionsAreHalvesOfBlocks() {
    const auto sections = calibrate::cutIntoSections(*m_graph);
    QCOMPARE(sections.size(), std::size_t{5});
    std::vector<std::vector<std::string>> weights;
    for (const auto& section : sections)
      for (const auto& input : section.inputs) weights.push_back(input.weights);
    const std::vector<std::vector<std::string>> expected = {
        {"blk.0.attn_q.weight", "blk.0.attn_k.weight", "blk.0.attn_v.weight"},
        {"blk.0.attn_output.weight"},
        {"blk.0.ffn_gate.weight", "blk.0.ffn_up.weight"},
        {"blk.0.ffn_down.weight"},
        {"blk.1.attn_q.weight", "blk.1.attn_k.weight", "blk.1.attn_v.weight"},
        {"blk.1.attn_output.weight"},
        {"blk.1.ffn_gate.weight", "blk.1.ffn_up.weight"},
        {"blk.1.ffn_down.weight"},
        {"output.weight"}};
    QCOMPARE(weights, expected);
    QCOMPARE(QString::fromStdString(sections[1].residual), QString("blk.0.attn_residual"));
    QCOMPARE(QString::fromStdString(sections[4].residual), QString("blk.1.ffn_residual"));
    QVERIFY(sections[1].graph.kv.empty() && sections[2].graph.kv.size() == 1);
  }

  void statisticsAreThoseOfDoublePrecision_data() {
    QTest::addColumn<QString>("tensor");
    QTest::addColumn<QString>("input");
    for (const char* block : {"blk.0.", "blk.1."}) {
      const QString prefix(block);
      for (const char* name : {"attn_q", "attn_k", "attn_v"})
        QTest::newRow(qPrintable(prefix + name)) << prefix + name << prefix + "attn_norm";
      QTest::newRow(qPrintable(prefix + "attn_output")) << prefix + "attn_output" << prefix + "attn_heads";
      for (const char* name : {"ffn_gate", "ffn_up"})
        QTest::newRow(qPrintable(prefix + name)) << prefix + name << prefix + "ffn_norm";
      QTest::newRow(qPrintable(prefix + "ffn_down")) << prefix + "ffn_down" << prefix + "ffn_hidden";
    }
    QTest::newRow("output") << "output"
                            << "output_norm";
  }
  void statisticsAreThoseOfDoublePrecision() {
    QFETCH(QString, tensor);
    QFETCH(QString, input);
    const support::DoubleLlama reference(*m_checkpoint, m_config);
    const TokenWindows windows = someWindows();
    Doubles x;  // rows of all windows, each read alone
    for (std::size_t window = 0; window < windows.count(); ++window) {
      const Doubles rows = reference.inputs(windows.window(window)).at(input.toStdString());
      x.insert(x.end(), rows.begin(), rows.end());
    }
    const std::size_t rows = kContext * kWindows, width = x.size() / rows;
    Doubles squares(width), magnitudes(width), largest(width), hessian(width * width);
    for (std::size_t row = 0; row < rows; ++row) {
      const double* const at = x.data() + row * width;
      for (std::size_t i = 0; i < width; ++i) {
        squares[i] += at[i] * at[i] / static_cast<double>(rows);
        magnitudes[i] += std::abs(at[i]) / static_cast<double>(rows);
        largest[i] = std::max(largest[i], std::abs(at[i]));
        for (std::size_t j = 0; j < width; ++j) hessian[i * width + j] += at[i] * at[j] / static_cast<double>(rows);
      }
    }
    const auto known = calibration();
    const auto found = ask(*known, qPrintable(tensor + ".weight"), CalibrationNeed::Hessian);
    QVERIFY(found);
    QCOMPARE(found->samples, std::uint64_t{rows});
    compareColumns(found->importance, squares, "importance");
    compareColumns(found->meanMagnitude, magnitudes, "mean magnitude");
    compareColumns(found->maxMagnitude, largest, "largest magnitude");
    QCOMPARE(found->hessian.size(), hessian.size());
    for (std::size_t i = 0; i < width; ++i)
      for (std::size_t j = 0; j < width; ++j)
        QVERIFY(std::abs(static_cast<double>(found->hessian[i * width + j]) - hessian[i * width + j]) <=
                kTolerance * std::sqrt(hessian[i * width + i] * hessian[j * width + j]));
    // The histogram: everything is counted, and hardly a value is on the other side of a bin's border.
    const auto& histogram = found->inputs;
    QCOMPARE(histogram.total(), std::uint64_t{x.size()});
    std::vector<std::uint64_t> counts(quant::InputHistogram::kBins);
    for (const double value : x)
      ++counts[static_cast<std::size_t>((value + static_cast<double>(histogram.limit)) /
                                        static_cast<double>(histogram.binWidth()))];
    std::uint64_t moved = 0;
    for (std::size_t i = 0; i < counts.size(); ++i)
      moved += counts[i] > histogram.counts[i] ? counts[i] - histogram.counts[i] : 0;
    QVERIFY2(moved * 200 < x.size(), qPrintable(QString::number(moved)));
  }

  // Streaming changes nothing: the same bits as hooks on the whole model.
  void sectionsComputeWhatTheWholeModelDoes() {
    const TokenWindows windows = someWindows();
    const auto executor = model::createCpuExecutor(*m_graph);
    const auto value = executor->graph().find("blk.1.ffn_hidden").value();
    calibrate::InputStatistics expected(m_config.feedForward);
    const auto watching =
        executor->subscribe({value}, [&](const model::Observation& seen) { expected.addRows(seen.data); });
    std::vector<float> logits(m_config.vocabulary);
    for (std::size_t window = 0; window < windows.count(); ++window) {
      const auto cache = executor->createKvCache(kContext, model::KvType::F32);
      executor->forward(windows.window(window), *cache, model::LogitsWanted::LastToken, logits);
    }
    const auto known = calibration();
    const auto found = ask(*known, "blk.1.ffn_down.weight");
    const auto wanted = expected.calibration();
    QCOMPARE(found->importance, wanted.importance);
    QCOMPARE(found->meanMagnitude, wanted.meanMagnitude);
    QCOMPARE(found->maxMagnitude, wanted.maxMagnitude);
    QCOMPARE(found->inputs.counts, wanted.inputs.counts);
  }

  void anyOrderGivesTheSame() {
    const auto inOrder = calibration(), backwards = calibration();
    const auto early = ask(*inOrder, "blk.0.attn_q.weight", CalibrationNeed::Hessian);
    QCOMPARE(ask(*inOrder, "blk.0.attn_v.weight", CalibrationNeed::Hessian).get(), early.get());  // they share an input
    const auto late = ask(*inOrder, "blk.1.ffn_down.weight", CalibrationNeed::Hessian);
    QCOMPARE(ask(*backwards, "blk.1.ffn_down.weight", CalibrationNeed::Hessian)->hessian, late->hessian);
    const auto again = ask(*backwards, "blk.0.attn_q.weight", CalibrationNeed::Hessian);
    QCOMPARE(again->hessian, early->hessian);
    QCOMPARE(again->importance, early->importance);
    // Only the mean squares are asked for, and they are known by now: no Hessian comes with them.
    QVERIFY(ask(*backwards, "blk.1.ffn_down.weight", CalibrationNeed::Importance)->hessian.empty());
  }

  void whatNothingMultipliesIsNotKnown() {
    const auto known = calibration();
    QVERIFY(!ask(*known, "token_embd.weight"));
    QVERIFY(!ask(*known, "blk.0.attn_norm.weight"));
    QVERIFY(!ask(*known, "elsewhere"));
  }

  void importanceMatrixIsThatOfTheBlocks() {
    const auto known = calibration();
    const auto matrix = known->importanceMatrix(JobContext());
    QCOMPARE(matrix.entries.size(), std::size_t{14});
    QVERIFY(matrix.find("output.weight") == nullptr);
    QCOMPARE(matrix.chunkCount, kWindows);
    QCOMPARE(matrix.chunkSize, kContext);
    const auto* const entry = matrix.find("blk.1.ffn_up.weight");
    const auto found = ask(*known, "blk.1.ffn_up.weight");
    QCOMPARE(entry->divisors, (std::vector<float>{kContext * kWindows}));
    for (std::size_t i = 0; i < entry->sums.size(); ++i)
      QVERIFY(std::abs(entry->sums[i] / entry->divisors[0] - found->importance[i]) <= 2e-7F * found->importance[i]);
  }

  void statisticsAreKept() {
    const auto cache = path("cache");
    const auto first = calibration(cache);
    first->readAll(JobContext());
    const auto wanted = ask(*first, "blk.1.attn_output.weight");
    const auto file = onlyFile(cache);
    QVERIFY(!file.empty());
    // A model that could not be run again: what is asked can only come from the file.
    std::stop_source stop;
    stop.request_stop();
    const JobContext stopped(stop.get_token());
    const auto again = calibration(cache);
    const auto found = again->of("blk.1.attn_output.weight", CalibrationNeed::Columns, stopped);
    QCOMPARE(found->importance, wanted->importance);
    QCOMPARE(found->meanMagnitude, wanted->meanMagnitude);
    QCOMPARE(found->maxMagnitude, wanted->maxMagnitude);
    QCOMPARE(found->inputs.counts, wanted->inputs.counts);
    QCOMPARE(found->inputs.limit, wanted->inputs.limit);
    QCOMPARE(found->inputs.min, wanted->inputs.min);
    QCOMPARE(found->inputs.max, wanted->inputs.max);
    QCOMPARE(found->samples, wanted->samples);
    QVERIFY_EXCEPTION_THROWN(again->of("blk.1.attn_output.weight", CalibrationNeed::Hessian, stopped), Cancelled);
  }

  void aDamagedFileIsWrittenAnew() {
    const auto cache = path("damaged");
    calibration(cache)->readAll(JobContext());
    const auto file = onlyFile(cache);
    const auto intact = std::filesystem::file_size(file);
    const auto wanted = ask(*calibration(), "blk.0.ffn_down.weight");
    // Header, statistics, end: whatever is damaged, the answer is computed, and the file is whole again.
    for (const std::uint64_t at : {std::uint64_t{3}, intact / 2, intact - 40}) {
      {
        std::fstream stream(file, std::ios::binary | std::ios::in | std::ios::out);
        stream.seekg(static_cast<std::streamoff>(at));
        const char byte = static_cast<char>(stream.get());
        stream.seekp(static_cast<std::streamoff>(at));
        stream.put(static_cast<char>(byte ^ 0x10));
      }
      const auto known = calibration(cache);
      QCOMPARE(ask(*known, "blk.0.ffn_down.weight")->importance, wanted->importance);
      known->readAll(JobContext());
      std::stop_source stop;
      stop.request_stop();
      const auto found =
          calibration(cache)->of("blk.0.ffn_down.weight", CalibrationNeed::Columns, JobContext(stop.get_token()));
      QCOMPARE(found->importance, wanted->importance);
    }
    std::filesystem::resize_file(file, intact / 3);
    QCOMPARE(ask(*calibration(cache), "blk.0.ffn_down.weight")->importance, wanted->importance);
  }

  // What was read stays read, in the same object and in the next run of the program.
  void aStoppedPassGoesOn() {
    const auto cache = path("stopped");
    const auto whole = calibration();
    whole->readAll(JobContext());
    const auto first = calibration(cache);
    ask(*first, "blk.1.attn_q.weight");  // the third of five sections
    std::stop_source stop;
    stop.request_stop();
    const JobContext stopped(stop.get_token());
    QVERIFY_EXCEPTION_THROWN(first->readAll(stopped), Cancelled);
    const auto file = onlyFile(cache);
    auto kept = calibrate::readProgress(file, first->identity(), {{96, 96}, {96, 160}, {96, 96}, {96, 160}, {96}},
                                        std::vector<std::size_t>(5, kContext * kWindows * 96));
    QVERIFY(kept.has_value());
    QCOMPARE(kept->section, std::size_t{3});
    const auto damaged = path("another.calibration");
    std::filesystem::copy_file(file, damaged);
    changeSection(damaged, 2);  // whose residuals are as many
    QVERIFY(!calibrate::readProgress(damaged, first->identity(), {{96, 96}, {96, 160}, {96, 96}, {96, 160}, {96}},
                                     std::vector<std::size_t>(5, kContext * kWindows * 96)));
    const auto next = calibration(cache);
    const auto early = next->of("blk.0.ffn_down.weight", CalibrationNeed::Columns, stopped);
    QCOMPARE(early->importance, ask(*whole, "blk.0.ffn_down.weight")->importance);
    for (auto* const calibration : {first.get(), next.get()}) {
      const auto late = ask(*calibration, "blk.1.ffn_down.weight", CalibrationNeed::Hessian);
      const auto wanted = ask(*whole, "blk.1.ffn_down.weight", CalibrationNeed::Hessian);
      QCOMPARE(late->importance, wanted->importance);
      QCOMPARE(late->hessian, wanted->hessian);
    }
    // It does not begin anew: from other residuals something else follows.
    for (float& value : kept->residuals) value = 1.0F - value;
    calibrate::writeProgress(file, first->identity(), *kept, kept->residuals);
    const auto other = ask(*calibration(cache), "blk.1.ffn_down.weight");
    QVERIFY(other->importance != ask(*whole, "blk.1.ffn_down.weight")->importance);
  }

  void otherTextsAreOtherCalibrations() {
    const auto known = calibration();
    TokenWindows other = someWindows();
    other.tokens[5] = 1;
    const TextCalibration different(*m_graph, other, {"model", "some text", {}});
    const TextCalibration elsewhere(*m_graph, someWindows(), {"another model", "some text", {}});
    QVERIFY(known->identity() != different.identity());
    QVERIFY(known->identity() != elsewhere.identity());
    QCOMPARE(known->identity(), calibration()->identity());
    QCOMPARE(QString::fromStdString(known->title()), QString("some text · 120 tokens"));
  }

  void tooManyTokensAreRefused() {
    TokenWindows windows;
    windows.context = 1024;
    windows.tokens.assign(2'000'000 / 1024 * 1024, 1);
    try {
      const TextCalibration many(*m_graph, std::move(windows), {"model", "text", {}});
      QFAIL("accepted");
    } catch (const Error& error) {
      QVERIFY2(QString(error.what()).contains("at most 1,398,101 tokens"), error.what());
    }
  }
};

QTEST_GUILESS_MAIN(TestTextCalibration)
#include "tst_text_calibration.moc"
