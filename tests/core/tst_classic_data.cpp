#include <QCryptographicHash>
#include <QtTest>

#include "core/classic/counter_random.h"
#include "core/classic/digit_images.h"
#include "core/classic/table.h"
#include "support/golden.h"

using namespace core;

namespace {

QString sha256(const void* data, std::size_t bytes) {
  const QByteArray raw(static_cast<const char*>(data), static_cast<qsizetype>(bytes));
  return QString::fromLatin1(QCryptographicHash::hash(raw, QCryptographicHash::Sha256).toHex());
}

QString sha256(const std::vector<float>& values) { return sha256(values.data(), values.size() * sizeof(float)); }

}  // namespace

/// The data the project draws, against the same drawn by numpy.
class TestClassicData : public QObject {
  Q_OBJECT

 private:
  nlohmann::json m_golden = support::readJson(std::filesystem::path(QS_TEST_DATA) / "classic" / "classic.json");

  void compare(const classic::Table& table, const char* name) const {
    const auto& golden = m_golden[name];
    const auto first = golden["first"].get<std::vector<float>>();
    const std::size_t columns = table.columns.size();
    for (std::size_t r = 0; r < first.size() / (columns + 1); ++r) {
      for (std::size_t c = 0; c < columns; ++c) QCOMPARE(table.row(r)[c], first[r * (columns + 1) + c]);
      QCOMPARE(table.targets[r], first[r * (columns + 1) + columns]);
    }
    QCOMPARE(sha256(table.values), QString::fromStdString(golden["values_sha256"]));
    QCOMPARE(sha256(table.targets), QString::fromStdString(golden["targets_sha256"]));
  }

 private slots:
  void digitsAreThoseOfNumpy() {
    const auto& golden = m_golden["digits"];
    std::vector<std::uint8_t> pixels;
    std::vector<std::uint32_t> labels;
    for (std::uint64_t i = 0; i < golden["count"].get<std::uint64_t>(); ++i) {
      const classic::DigitImage image = classic::drawDigit(classic::kHeldOutSeed, i);
      pixels.insert(pixels.end(), image.pixels.begin(), image.pixels.end());
      if (labels.size() < golden["labels"].size()) labels.push_back(image.label);
    }
    QCOMPARE(labels, golden["labels"].get<std::vector<std::uint32_t>>());
    const auto first = golden["first"].get<std::vector<std::uint8_t>>();
    QCOMPARE(std::vector<std::uint8_t>(pixels.begin(), pixels.begin() + first.size()), first);
    QCOMPARE(sha256(pixels.data(), pixels.size()), QString::fromStdString(golden["sha256"]));
  }

  void tablesAreThoseOfNumpy() {
    compare(classic::houses(classic::kHeldOutSeed, 0, 1000), "houses");
    compare(classic::fruit(classic::kHeldOutSeed, 0, 1000), "fruit");
  }

  void anyPartCanBeDrawnAlone() {
    const classic::Table all = classic::houses(5, 0, 20), part = classic::houses(5, 12, 8);
    QCOMPARE(part.values, std::vector<float>(all.values.begin() + 12 * 4, all.values.end()));
    QCOMPARE(all.column(3)[12], part.row(0)[3]);
  }

  void drawsAreEven() {
    // The ends of a range are reached, and a bell curve has mean 0 and deviation 1.
    int low = 0, high = 0;
    double sum = 0, squares = 0;
    constexpr int kDraws = 4000;
    for (int i = 0; i < kDraws; ++i) {
      const classic::CounterRandom random(9, static_cast<std::uint64_t>(i));
      const auto drawn = random.between(0, -2, 2);
      QVERIFY(drawn >= -2 && drawn <= 2);
      low += drawn == -2, high += drawn == 2;
      const double bell = random.bell(1);
      sum += bell, squares += bell * bell;
    }
    QVERIFY(std::abs(low - kDraws / 5) < 100);
    QVERIFY(std::abs(high - kDraws / 5) < 100);
    QVERIFY(std::abs(sum / kDraws) < 0.06);
    QVERIFY(std::abs(squares / kDraws - 1.0) < 0.08);
  }
};

QTEST_APPLESS_MAIN(TestClassicData)
#include "tst_classic_data.moc"
