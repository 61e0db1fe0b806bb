// How products are divided among workgroups and subgroups that multiply matrices; needs no device.
#include "gpu/kernels/matrix_tile.h"

#include <QtTest>

using gpu::KernelChoice;
using gpu::MatrixTile;
using gpu::vk::MatrixShape;

namespace {

gpu::vk::Caps capsOf(std::vector<MatrixShape> shapes, std::uint32_t subgroup) {
  gpu::vk::Caps caps;
  caps.matrixShapes = std::move(shapes);
  caps.subgroupSize = caps.minSubgroupSize = caps.maxSubgroupSize = subgroup;
  caps.maxWorkgroupInvocations = 1024;
  return caps;
}

gpu::MatMulPush pushOf(std::uint32_t tokens, std::initializer_list<std::uint32_t> tiles) {
  gpu::MatMulPush push{};
  push.tokenCount = tokens;
  for (const std::uint32_t count : tiles) push.segment[push.segments++].tiles = count;
  return push;
}

}  // namespace

class TestGpuMatrixTile : public QObject {
  Q_OBJECT

 private slots:
  void theLargestShapeThatFitsIsTaken() {
    KernelChoice choice;
    gpu::chooseMatrices(capsOf({{16, 8, 8}, {16, 16, 16}, {16, 8, 16}, {64, 64, 64}, {12, 16, 16}}, 32), choice);
    QVERIFY(choice.matrix == MatrixShape({16, 16, 16}));
    QCOMPARE(choice.matrixSubgroup, 32U);
    QVERIFY(!choice.asksForSubgroup);
    QCOMPARE(choice.batchTokens, 512U);
    choice.dropMatrices();
    QCOMPARE(choice.batchTokens, 256U);
    QVERIFY(!gpu::matrixTileFor(choice, pushOf(512, {1000}), 0));
    KernelChoice varying;
    auto caps = capsOf({{8, 16, 16}}, 32);
    caps.minSubgroupSize = 16, caps.hasSubgroupSizeControl = true;
    gpu::chooseMatrices(caps, varying);
    QVERIFY(varying.matrix == MatrixShape({8, 16, 16}) && varying.asksForSubgroup);
    for (const auto& without : {capsOf({}, 32), capsOf({{64, 64, 64}}, 32), capsOf({{16, 16, 16}}, 0)}) {
      KernelChoice none;
      gpu::chooseMatrices(without, none);
      QCOMPARE(none.matrix.rows, 0U);
      QCOMPARE(none.batchTokens, 256U);
    }
  }

  /// Every subgroup has as many whole matrices, and a tile lies in the memory there is.
  void tilesAreDividedWhole_data() {
    QTest::addColumn<unsigned>("subgroup");
    for (const unsigned subgroup : {8U, 16U, 32U, 64U}) QTest::addRow("subgroups of %u", subgroup) << subgroup;
  }
  void tilesAreDividedWhole() {
    QFETCH(unsigned, subgroup);
    for (const MatrixShape shape : {MatrixShape{16, 16, 16}, {8, 8, 8}, {16, 8, 16}, {8, 16, 16}, {32, 32, 16}}) {
      for (const std::uint32_t shared : {32768U, 49152U, 65536U}) {
        for (const std::uint32_t tokens : {17U, 33U, 100U, 512U}) {
          for (const std::uint32_t tiles : {1U, 64U, 1000U}) {
            KernelChoice choice;
            choice.sharedBytes = shared;
            gpu::chooseMatrices(capsOf({shape}, subgroup), choice);
            const auto tile = gpu::matrixTileFor(choice, pushOf(tokens, {tiles}), 512);
            QVERIFY(tile);
            const std::uint32_t subgroups = tile->subgroupsOfRows * tile->subgroupsOfTokens;
            QVERIFY(subgroups * subgroup <= gpu::kMatMulTilesWorkgroup);
            QCOMPARE(tile->rows % (shape.rows * tile->subgroupsOfRows), 0U);
            QCOMPARE(tile->tokens % (shape.columns * tile->subgroupsOfTokens), 0U);
            QVERIFY(gpu::matMulMatricesSharedBytes(tile->rows, tile->tokens, subgroups, shape.rows * shape.columns) +
                        2048 <=
                    shared);
          }
        }
      }
    }
  }

  void tilesGrowWithTheProduct() {
    KernelChoice choice;
    choice.sharedBytes = 65536;
    gpu::chooseMatrices(capsOf({{16, 16, 16}}, 32), choice);
    const auto sizeOf = [&](const gpu::MatMulPush& push) {
      const auto tile = gpu::matrixTileFor(choice, push, 0);
      return tile ? std::pair(tile->rows, tile->tokens) : std::pair(0U, 0U);
    };
    QCOMPARE(sizeOf(pushOf(16, {100})), std::pair(0U, 0U));  // matmul_tiles
    QCOMPARE(sizeOf(pushOf(20, {100})), std::pair(64U, 32U));
    QCOMPARE(sizeOf(pushOf(256, {64})), std::pair(64U, 32U));  // 32 · 8 workgroups, still too few for more
    QCOMPARE(sizeOf(pushOf(512, {64})), std::pair(64U, 64U));
    QCOMPARE(sizeOf(pushOf(512, {1000, 1})), std::pair(128U, 128U));
    choice.matrix = {};
    QCOMPARE(sizeOf(pushOf(512, {1000})), std::pair(0U, 0U));
  }
};

QTEST_GUILESS_MAIN(TestGpuMatrixTile)
#include "tst_gpu_matrix_tile.moc"
