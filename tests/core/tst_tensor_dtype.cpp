// The dtype table: figures as ggml reports them, names that find their way back.
#include <QTest>
#include <set>

#include "core/tensor/dtype.h"
#include "support/golden.h"

using namespace core::tensor;

class TestTensorDType : public QObject {
  Q_OBJECT
 private slots:
  void layoutsAreThoseOfGgml();
  void namesFindTheirWayBack();
  void namesAndNumbersAreUnique();
  void unknownIsNothing();
  void removedTypesHaveNames();
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

void TestTensorDType::removedTypesHaveNames() {
  std::vector<std::uint32_t> removed;
  for (std::uint32_t type = 0; type <= 42; ++type) {
    const bool isKnown = fromGgmlType(type).has_value();
    QVERIFY2(isKnown != !removedGgmlType(type).empty(), std::to_string(type).c_str());
    if (!isKnown) removed.push_back(type);
  }
  QCOMPARE(removed, (std::vector<std::uint32_t>{4, 5, 31, 32, 33, 36, 37, 38}));
}

QTEST_GUILESS_MAIN(TestTensorDType)
#include "tst_tensor_dtype.moc"
