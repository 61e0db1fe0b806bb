// What a device's products of many tokens are checked by before its matrices are used.
#include "gpu/matrix_check.h"
#include "gpu_models.h"

using namespace gputest;

class TestGpuMatrixCheck : public QObject {
  Q_OBJECT

 private slots:
  /// By whatever kernels the device has: what is right passes, what is not is found.
  void knownProductsAreChecked_data() {
    QTest::addColumn<int>("kind");
    QTest::newRow("right") << 0;
    QTest::newRow("zeros") << 1;
    QTest::newRow("a last bit of FP16") << 2;
    QTest::newRow("a number for NaN") << 3;
    QTest::newRow("without lower halves") << 4;
    QTest::newRow("what a driver says") << 5;
  }
  void knownProductsAreChecked() {
    QFETCH(int, kind);
    const std::string sentence = "The driver has no registers left.";
    const auto change = [&](std::span<float> products) {
      const auto isNumber = [](float x) { return std::isfinite(x) && x != 0; };
      if (kind == 1) std::ranges::fill(products, 0.0F);
      if (kind == 2) *std::ranges::find_if(products, isNumber) *= 1 + 1.0F / 2048;
      if (kind == 3) *std::ranges::find_if(products, [](float x) { return std::isnan(x); }) = 1.0F;
      if (kind == 4)
        for (float& x : products)
          if (isNumber(x)) x = std::bit_cast<float>(std::bit_cast<std::uint32_t>(x) & 0xFFFFE000U);
      if (kind == 5) throw core::Error(core::ErrorCode::Device, sentence);
    };
    const std::string fault = gpu::faultOfProducts(sharedFamily("workgroups"), change);
    QVERIFY2(fault.empty() == (kind == 0), fault.c_str());
    if (kind == 5) QCOMPARE(fault, sentence);
  }

  /// A device whose matrices are wrong is one without.
  void wrongMatricesAreNotUsed() {
    const auto wrong = openFamily("workgroups", {.checkedProducts = [](std::span<float> x) { x[0] += 1e30F; }});
    QCOMPARE(wrong->choice().matrix.rows, 0U);
    QCOMPARE(wrong->choice().batchTokens, 256U);
    QVERIFY(wrong->info().matrixShape.empty());
    if (sharedFamily("workgroups")->choice().matrix.rows == 0)
      QSKIP("The device, or the shader compiler, has no cooperative matrices.");
    QVERIFY2(wrong->info().matricesFault.starts_with("A product of known numbers is "),
             wrong->info().matricesFault.c_str());
    QVERIFY(sharedFamily("workgroups")->info().matricesFault.empty());
    const auto graph = tiedGraph(quantized("fp32", 40, 64));
    const Tokens tokens = someTokens(30, 40);
    const auto without = openFamily("workgroups", {.matrices = false});
    QVERIFY(allLogits(*gpu::createVulkanExecutor(wrong, graph), tokens) ==
            allLogits(*gpu::createVulkanExecutor(without, graph), tokens));
  }

  /// What people are told of a device is what was found out about it.
  void whatIsFoundIsSaid() {
    const gpu::DeviceInfo info = gpu::enumerateDevices().at(0), known = gpu::checked(info);
    QCOMPARE(known.name, info.name);
    QVERIFY(known.matricesFault.empty());
    QCOMPARE(known.matrixShape, info.matrixShape);
  }
};

QTEST_GUILESS_MAIN(TestGpuMatrixCheck)
#include "tst_gpu_matrix_check.moc"
