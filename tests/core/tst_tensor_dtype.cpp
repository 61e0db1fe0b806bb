// The dtype table: figures as ggml reports them, names that find their way back.
#include <QTest>
#include <set>

#include "core/tensor/dtype.h"
#include "core/tensor/foreign_types.h"
#include "core/tensor/shape.h"
#include "support/golden.h"

using namespace core::tensor;

class TestTensorDType : public QObject {
  Q_OBJECT
 private slots:
  void layoutsAreThoseOfGgml();
  void namesFindTheirWayBack();
  void namesAndNumbersAreUnique();
  void unknownIsNothing();
  void foreignTypesHaveNames();
  void unknownHasNoBytes();
};

void TestTensorDType::layoutsAreThoseOfGgml() {
  const auto expected = support::readJson(std::string(QS_TEST_DATA) + "/io/ggml_types.json");
  QVERIFY(expected.size() >= 27);
  for (const auto& [name, figures] : expected.items()) {
    const auto dtype = fromGgmlType(figures[0].get<std::uint32_t>());
    QVERIFY2(dtype.has_value(), name.c_str());
    QCOMPARE(std::string(info(*dtype).name), name);
    QCOMPARE(info(*dtype).blockValues, figures[1].get<std::uint32_t>());
    QCOMPARE(info(*dtype).blockBytes, figures[2].get<std::uint32_t>());
  }
}

void TestTensorDType::namesFindTheirWayBack() {
  for (const DTypeInfo& row : allDTypes()) {
    QCOMPARE(&info(row.dtype), &row);
    QCOMPARE(fromName(row.name), std::optional(row.dtype));
    if (row.ggmlType >= 0) QCOMPARE(fromGgmlType(static_cast<std::uint32_t>(row.ggmlType)), std::optional(row.dtype));
    if (!row.safetensors.empty()) QCOMPARE(fromSafetensors(row.safetensors), std::optional(row.dtype));
    QVERIFY(row.ggmlType >= 0 || !row.safetensors.empty());  // otherwise no file could hold it
    if (!row.safetensors.empty()) QCOMPARE(row.blockValues, 1U);
  }
}

void TestTensorDType::namesAndNumbersAreUnique() {
  std::set<std::string_view> names;
  std::set<std::int32_t> numbers;
  for (const DTypeInfo& row : allDTypes()) {
    QVERIFY2(names.insert(row.name).second, row.name.data());
    if (row.ggmlType >= 0) QVERIFY2(numbers.insert(row.ggmlType).second, row.name.data());
  }
}

void TestTensorDType::unknownIsNothing() {
  QVERIFY(!fromGgmlType(43).has_value());
  QVERIFY(!fromGgmlType(0xFFFFFFFFU).has_value());  // −1, which marks rows without a number, must not be found
  QVERIFY(!fromSafetensors("").has_value());        // likewise the empty name
  QVERIFY(!fromSafetensors("f32").has_value());
  QVERIFY(!fromName("F32").has_value());
}

void TestTensorDType::foreignTypesHaveNames() {
  std::vector<std::uint32_t> foreign;
  for (std::uint32_t type = 0; type <= 42; ++type) {
    const bool isKnown = fromGgmlType(type).has_value();
    QVERIFY2(isKnown != core::tensor::foreignGgmlType(type).has_value(), std::to_string(type).c_str());
    if (!isKnown) foreign.push_back(type);
  }
  QCOMPARE(foreign, (std::vector<std::uint32_t>{4, 5, 31, 32, 33, 36, 37, 38}));
  const auto nameOf = [](std::uint32_t type) { return std::string(core::tensor::foreignGgmlType(type)->name); };
  QCOMPARE(nameOf(4), std::string("q4_2"));
  QCOMPARE(nameOf(36), std::string("i2_s"));
  QCOMPARE(nameOf(139), std::string("iq4_k"));
  QCOMPARE(nameOf(399), std::string("q8_k_r8"));
  QVERIFY(!core::tensor::foreignGgmlType(43));
  QVERIFY(!core::tensor::foreignGgmlType(~0U));
  std::set<std::string_view> names;  // a fork may not take a name that GGUF has
  for (std::uint32_t type = 0; type < 1000; ++type) {
    const auto known = core::tensor::foreignGgmlType(type);
    if (known) QVERIFY2(!fromName(known->name) && names.insert(known->name).second, known->name.data());
  }
}

void TestTensorDType::unknownHasNoBytes() {
  QCOMPARE(std::string(info(DType::Unknown).name), std::string("unknown"));
  QVERIFY(!core::tensor::storageBytes(DType::Unknown, core::tensor::Shape{4}));
  for (const DTypeInfo& row : allDTypes()) QVERIFY(row.dtype != DType::Unknown);
}

QTEST_GUILESS_MAIN(TestTensorDType)
#include "tst_tensor_dtype.moc"
