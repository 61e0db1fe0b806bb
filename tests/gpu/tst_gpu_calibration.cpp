// The device's sums of columns say what a calibration on the CPU says.
#include <QTemporaryDir>

#include "core/calibrate/text_calibration.h"
#include "gpu/vulkan_executor.h"
#include "gpu_models.h"
#include "support/random_model.h"

using namespace gputest;
using core::calibrate::TextCalibration;
using core::calibrate::TokenWindows;

namespace {

constexpr std::uint32_t kContext = 50, kWindows = 3;

/// Values of the device differ by up to 2e-5 of their layer's size (tst_gpu_observers), squares by twice that; rows are
/// summed in float32, in a tree, which adds less. Of a column and the mean of all, as small columns have no less error.
constexpr double kTolerance = 1e-4;

double mean(const std::vector<float>& values) {
  double sum = 0;
  for (const float value : values) sum += static_cast<double>(value);
  return sum / static_cast<double>(values.size());
}

}  // namespace

class TestGpuCalibration : public QObject {
  Q_OBJECT

 private slots:
  void sumsAgree_data() {
    QTest::addColumn<QString>("family");
    for (const QString& family : families()) QTest::newRow(qPrintable(family)) << family;
  }
  void sumsAgree() {
    QFETCH(QString, family);
    QTemporaryDir folder;
    const auto path = std::filesystem::path(folder.path().toStdString()) / "model.gguf";
    support::writeRandomModel({}, path);
    Model model(path);
    TokenWindows windows{someTokens(kContext * kWindows, 131), kContext};
    TextCalibration calibration(model.graph(), windows, {"model", "text", {}});
    const auto vulkan = gpu::createVulkanExecutor(sharedFamily(family), model.graph());
    const std::pair<const char*, const char*> inputs[] = {
        {"blk.0.attn_norm", "blk.0.attn_k.weight"}, {"blk.0.attn_heads", "blk.0.attn_output.weight"},
        {"blk.1.ffn_norm", "blk.1.ffn_up.weight"},  {"blk.1.ffn_hidden", "blk.1.ffn_down.weight"},
        {"output_norm", "output.weight"},
    };
    std::vector<core::model::ValueId> values;
    for (const auto& [value, weight] : inputs) values.push_back(vulkan->graph().find(value).value());
    const auto sums = vulkan->sumColumns(values);
    for (std::size_t window = 0; window < windows.count(); ++window) {
      const auto tokens = windows.window(window);
      allLogits(*vulkan, Tokens(tokens.begin(), tokens.end()));
    }
    for (std::size_t v = 0; v < values.size(); ++v) {
      const auto known = calibration.of(inputs[v].second, core::quant::CalibrationNeed::Columns, core::JobContext());
      const auto& found = (*sums)[v];
      QCOMPARE(found.rows, known->samples);
      const double size = mean(known->importance), largest = mean(known->maxMagnitude);
      for (std::size_t i = 0; i < found.sumOfSquares.size(); ++i) {
        const auto importance = static_cast<double>(known->importance[i]);
        const double mine = found.sumOfSquares[i] / static_cast<double>(found.rows);
        QVERIFY2(std::abs(mine - importance) <= kTolerance * (importance + size), inputs[v].first);
        QVERIFY2(std::abs(static_cast<double>(found.largest[i] - known->maxMagnitude[i])) <= kTolerance * largest,
                 inputs[v].first);
      }
    }
  }
};

QTEST_GUILESS_MAIN(TestGpuCalibration)
#include "tst_gpu_calibration.moc"
