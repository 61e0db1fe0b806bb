// Shapes and the bytes they need, with every overflow noticed.
#include <QTest>

#include "core/tensor/shape.h"

using core::tensor::DType;
using core::tensor::Shape;
using core::tensor::storageBytes;
using Bytes = std::optional<std::uint64_t>;

class TestTensorShape : public QObject {
  Q_OBJECT
 private slots:
  void rowsAndCounts();
  void overflowIsNoticedAtTheStepThatOverflows();
  void storage();
};

void TestTensorShape::rowsAndCounts() {
  const Shape matrix{3, 5};
  QCOMPARE(matrix.rank(), 2U);
  QCOMPARE(matrix.count(), 15U);
  QCOMPARE(matrix.rows(), 3U);
  QCOMPARE(matrix.rowValues(), 5U);
  QCOMPARE(matrix.toString(), std::string("[3, 5]"));
  const Shape scalar;
  QCOMPARE(scalar.count(), 1U);
  QCOMPARE(scalar.rows(), 1U);
  QCOMPARE(scalar.rowValues(), 1U);
  QCOMPARE(scalar.toString(), std::string("[]"));
  const Shape stack{2, 3, 4};
  QCOMPARE(stack.rows(), 6U);
  const Shape empty{4, 0};
  QCOMPARE(empty.count(), 0U);
  QCOMPARE(empty.rows(), 0U);  // nobody may loop over, or make room for, rows that hold nothing
  const Shape claims{1ULL << 62, 1ULL << 62, 0};
  QCOMPARE(claims.count(), 0U);
  QCOMPARE(claims.rows(), 0U);
  QCOMPARE(claims.checkedCount(), Bytes(0));
}

void TestTensorShape::overflowIsNoticedAtTheStepThatOverflows() {
  QCOMPARE((Shape{1ULL << 32, 1ULL << 31}).checkedCount(), Bytes(1ULL << 63));
  QCOMPARE((Shape{1ULL << 32, 1ULL << 32}).checkedCount(), Bytes());  // wraps to 0
  QCOMPARE((Shape{1ULL << 63, 3}).checkedCount(), Bytes());           // wraps to 2^63
  QCOMPARE((Shape{~0ULL}).checkedCount(), Bytes(~0ULL));
}

void TestTensorShape::storage() {
  QCOMPARE(storageBytes(DType::F32, {3, 5}), Bytes(60));
  QCOMPARE(storageBytes(DType::F32, {}), Bytes(4));
  QCOMPARE(storageBytes(DType::F32, {0, 7}), Bytes(0));
  QCOMPARE(storageBytes(DType::Q4_0, {2, 64}), Bytes(2 * 2 * 18));
  QCOMPARE(storageBytes(DType::Q4_0, {64, 2}), Bytes());  // 128 values are whole blocks, rows of 2 are not
  QCOMPARE(storageBytes(DType::Q4_0, {}), Bytes());
  QCOMPARE(storageBytes(DType::Q6_K, {1, 512}), Bytes(420));
  QCOMPARE(storageBytes(DType::F64, {1ULL << 61}), Bytes());
  QCOMPARE(storageBytes(DType::F64, {(1ULL << 61) - 1}), Bytes(~0ULL - 7));
}

QTEST_GUILESS_MAIN(TestTensorShape)
#include "tst_tensor_shape.moc"
