#include <QtTest>
#include <array>
#include <cmath>

#include "core/numeric/custom_format.h"
#include "core/numeric/number_text.h"
#include "core/numeric/typed_number.h"

using namespace core::numeric;

namespace {

/// The lines of one kind, split at ";".
std::vector<QStringList> vectorsOf(const QString& kind) {
  QFile file(QStringLiteral(QS_TEST_DATA "/exact/vectors.txt"));
  std::vector<QStringList> lines;
  if (!file.open(QIODevice::ReadOnly)) return lines;
  for (const QByteArray& line : file.readAll().split('\n')) {
    const QStringList fields = QString::fromUtf8(line).split(u';');
    if (fields.first() == kind) lines.push_back(fields.mid(1));
  }
  return lines;
}

std::uint64_t code(const QString& hex) { return hex.toULongLong(nullptr, 16); }
QString text(const std::string& s) { return QString::fromStdString(s); }

/// Digits without zeros at the ends, and the exponent of the last one.
std::pair<QString, int> digitsOf(const std::string& shown) {
  QString digits = text(shown).section(u'e', 0, 0).remove(u'-');
  int exponent = text(shown).contains(u'e') ? text(shown).section(u'e', 1).toInt() : 0;
  if (digits.contains(u'.')) exponent -= static_cast<int>(digits.section(u'.', 1).size());
  digits.remove(u'.');
  while (digits.endsWith(u'0') && digits.size() > 1) digits.chop(1), ++exponent;
  while (digits.startsWith(u'0') && digits.size() > 1) digits.remove(0, 1);
  return {digits, exponent};
}

}  // namespace

/// Decimals, fractions and arithmetic against Python's big integers (tests/data/exact).
class TestNumericVectors : public QObject {
  Q_OBJECT
 private slots:
  void textsAreRoundedOnceInEveryMode() {
    constexpr std::array kModes = {Rounding::NearestEven, Rounding::NearestAway, Rounding::TowardZero,
                                   Rounding::Up,          Rounding::Down,        Rounding::Stochastic};
    const auto lines = vectorsOf("round");
    QVERIFY(lines.size() > 900);
    for (const QStringList& fields : lines) {
      const NumberFormat format = parseNumberFormat(fields[0].toStdString());
      const CodeScale scale{fields[1].toDouble(), fields[2].toLongLong()};
      const TypedNumber number = parseTypedNumber(fields[4].toStdString(), format);
      const QStringList codes = fields[5].split(u' ');
      for (std::size_t i = 0; i < kModes.size(); ++i) {
        const RoundingRule rule(kModes[i], fields[3].toDouble());
        const auto found = encodeTyped(format, number, rule, Overflow::AsFormat, scale).decision;
        QVERIFY2(found.code == code(codes[static_cast<int>(i)]),
                 qPrintable(fields.join(u' ').left(300) + " " + toString(kModes[i]) + " gave " +
                            QString::number(found.code, 16)));
        if (ExactNumber::fromDouble(number.nearest).compare(number.exact) != 0) continue;
        QCOMPARE(decideRounding(format, number.nearest, rule, Overflow::AsFormat, scale).code, found.code);
      }
    }
  }
  void allDigitsOfDoubles() {
    const auto lines = vectorsOf("exact");
    QVERIFY(lines.size() > 50);
    for (const QStringList& fields : lines) {
      QCOMPARE(text(decodeExact(numberFormat(FormatId::Fp64), code(fields[0])).toDecimalText()), fields[1]);
      QCOMPARE(text(exactText(decode(numberFormat(FormatId::Fp64), code(fields[0])))), fields[1]);
      const auto read = parseTypedNumber(fields[1].toStdString(), numberFormat(FormatId::Fp64));
      QCOMPARE(encodeTyped(numberFormat(FormatId::Fp64), read).decision.code, code(fields[0]));
    }
  }
  void shortestDigitsOfDoubles() {
    const auto lines = vectorsOf("shortest");
    QVERIFY(lines.size() > 50);
    for (const QStringList& fields : lines) {
      const auto [digits, exponent] =
          digitsOf(shortestText(parseNumberFormat(fields[0].toStdString()), code(fields[1])));
      QCOMPARE(digits, fields[2]);
      QCOMPARE(exponent, fields[3].toInt());
    }
  }
  void firstDigitsOfFractions() {
    const auto lines = vectorsOf("digits");
    QVERIFY(lines.size() > 30);
    for (const QStringList& fields : lines) {
      const auto number = parseTypedNumber(fields[0].toStdString(), numberFormat(FormatId::Fp64));
      const int count = fields[1].toInt(), exponent = fields[3].toInt();
      const QString shown = text(number.exact.toDecimalText(static_cast<std::size_t>(count)));
      QString digits = shown;
      digits.remove(u'.').remove(QChar(0x2026));
      while (digits.startsWith(u'0')) digits.remove(0, 1);
      QVERIFY2(fields[2].startsWith(digits.left(count)), qPrintable(shown));  // zeros at the end may be left out
      const qsizetype point = shown.indexOf(u'.');
      const auto before = static_cast<int>(point < 0 ? shown.size() - shown.count(QChar(0x2026)) : point);
      if (exponent >= 0) QCOMPARE(before, exponent + 1);
    }
  }
  void arithmeticIsExact() {
    const auto lines = vectorsOf("value");
    QVERIFY(lines.size() > 50);
    for (const QStringList& fields : lines) {
      const auto number = parseTypedNumber(fields[0].toStdString(), numberFormat(FormatId::Fp64));
      const QString fraction = text(number.exact.toFractionText());
      QCOMPARE(fraction.contains(u'/') ? fraction : fraction + "/1", fields[1]);
    }
  }
};

QTEST_GUILESS_MAIN(TestNumericVectors)
#include "tst_numeric_vectors.moc"
