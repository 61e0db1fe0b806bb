// Quantize: a block of one expert of a stack, under methods that look at what that expert read.
#include <QTest>
#include <cmath>

#include "app/workspaces/quantize/lab_block.h"
#include "core/base/error.h"
#include "core/model/recipe/row_order.h"
#include "core/quant/calibrated_quantizer.h"
#include "core/quant/matrix_name.h"
#include "core/quant/quantizer.h"

using namespace core;

namespace {

constexpr std::uint64_t kExperts = 3, kRows = 16, kColumns = 64;
constexpr std::uint64_t kUnseen = 2;

/// A text that sent tokens through all experts but the last.
class OfExperts final : public quant::Calibration {
 public:
  quant::TensorCalibrationPtr of(const std::string& tensor, quant::CalibrationNeed need, const JobContext&) override {
    const auto matrix = quant::MatrixName::parse(tensor);
    if (matrix && matrix->index == kUnseen) return nullptr;
    if (!matrix && need == quant::CalibrationNeed::Hessian)
      throw Error(ErrorCode::Unsupported, "experts have a Hessian each", tensor);
    auto known = std::make_shared<quant::TensorCalibration>();
    const float scale = matrix ? static_cast<float>(matrix->index + 1) : 1.0F;
    known->samples = 8;
    for (std::uint64_t c = 0; c < kColumns; ++c) {
      const float magnitude = 0.2F + static_cast<float>((c * 7 + 3 * static_cast<std::uint64_t>(scale)) % 11);
      known->meanMagnitude.push_back(magnitude);
      known->maxMagnitude.push_back(2 * magnitude);
      known->importance.push_back(magnitude * magnitude);
    }
    known->hessian.assign(kColumns * kColumns, 0.0F);
    for (std::uint64_t i = 0; i < kColumns; ++i)
      for (std::uint64_t j = 0; j < kColumns; ++j) {
        const float both = known->meanMagnitude[i] * known->meanMagnitude[j];
        known->hessian[i * kColumns + j] = i == j ? both : 0.3F * both;
      }
    return known;
  }
  std::string identity() const override { return "experts"; }
  std::string title() const override { return "experts"; }
};

quant::QuantizedTensorPtr stack() {
  auto values = std::make_shared<std::vector<float>>(kExperts * kRows * kColumns);
  for (std::size_t i = 0; i < values->size(); ++i) (*values)[i] = std::sin(static_cast<float>(i) * 0.731F);
  return quant::wrapStored(tensor::TensorView{"blk.0.ffn_up_exps.weight",
                                              tensor::DType::F32,
                                              {kExperts, kRows, kColumns},
                                              std::as_bytes(std::span<const float>(*values)),
                                              values});
}

}  // namespace

class TestQuantizeExperts : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void blocksAreThoseOfTheExpertAlone_data() {
    QTest::addColumn<QString>("scheme");
    QTest::newRow("gptq") << "int4:group=32,method=gptq";
    QTest::newRow("awq") << "int4:group=32,method=awq";
  }
  void blocksAreThoseOfTheExpertAlone() {
    QFETCH(QString, scheme);
    const auto tensor = stack();
    const auto calibration = std::make_shared<OfExperts>();
    const auto parsed = quant::Scheme::parse(scheme.toStdString());
    for (std::uint64_t expert = 0; expert < kExperts; ++expert) {
      const std::uint64_t first = expert * kRows * kColumns, weight = first + 5 * kColumns + 40;
      app::LabRequest request{tensor, {}, parsed, 1.0, weight, calibration};
      const app::LabBlock block = app::computeBlock(request);
      QVERIFY2(block.refused.empty() && !block.isEmpty(), block.refused.c_str());
      QVERIFY(block.shown.first <= weight && weight < block.shown.first + block.shown.count);
      QVERIFY(block.shownIndex(weight) >= 0);
      QCOMPARE(request.context().first, first);
      const std::string name = quant::MatrixName{tensor->name, expert}.toString();
      const auto made =
          quant::quantizeCalibrated(parsed, *model::matrixOf(tensor, expert, name), calibration.get(), JobContext());
      const auto expected = quant::dequantize(*made);
      const auto whole = quant::dequantize(*tensor);
      for (std::size_t i = 0; i < block.values.size(); ++i) {
        const std::uint64_t at = block.flatIndex(i);
        QCOMPARE(block.values[i], whole[at]);
        QVERIFY(std::abs(block.decoded[i] - expected[at - first]) <= 1e-6F * (1.0F + std::abs(expected[at - first])));
      }
      QVERIFY(!app::rowStepErrors(request, block).inSteps.empty());
    }
  }

  // Edits of one expert stay its own.
  void editsAreOfTheExpert() {
    const auto tensor = stack();
    const std::uint64_t first = kRows * kColumns, weight = first + 40;
    app::LabRequest request{
        tensor, {{weight, 3.0F}, {3, 9.0F}},  quant::Scheme::parse("int4:group=32,method=gptq"), 1.0,
        weight, std::make_shared<OfExperts>()};
    const app::LabBlock block = app::computeBlock(request);
    QCOMPARE(block.values[static_cast<std::size_t>(block.shownIndex(weight))], 3.0F);
  }
};

QTEST_GUILESS_MAIN(TestQuantizeExperts)
#include "tst_quantize_experts.moc"
