#include "app/text/numbers.h"

#include <QCoreApplication>
#include <QLocale>
#include <QSet>
#include <array>
#include <cmath>

namespace app::text {
namespace {

/// `value` with three significant digits and a unit that follows a thin gap.
QString scaled(double value, const QString& unit) {
  const int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return QLocale().toString(value, 'f', decimals) + QChar(0x202F) + unit;
}

}  // namespace

QString superscript(int value) {
  static const QString digits = QStringLiteral("⁰¹²³⁴⁵⁶⁷⁸⁹");
  QString result;
  for (const QChar c : QString::number(value)) result += c == u'-' ? QChar(u'⁻') : digits[c.digitValue()];
  return result;
}

QString trimmed(double value, int digits) {
  QString text = number(value, digits);
  const qsizetype point = text.indexOf(QLocale().decimalPoint());
  if (point < 0) return text;
  qsizetype end = text.indexOf(u'×');
  const QString power = end < 0 ? QString() : text.mid(end);
  if (end >= 0) text.truncate(end);
  end = text.size();
  while (end > point + 1 && text[end - 1] == QLocale().toString(0)) --end;
  if (end == point + 1) end = point;
  return text.left(end) + power;
}

QString number(double value, int digits) {
  if (std::isnan(value)) return QStringLiteral("NaN");
  if (std::isinf(value)) return value > 0 ? QStringLiteral("∞") : QStringLiteral("−∞");
  if (value == 0) return QStringLiteral("0");
  const QString scientific = QString::number(std::fabs(value), 'e', digits - 1);  // rounded once; says the exponent
  const qsizetype mark = scientific.indexOf(u'e');
  const int exponent = scientific.mid(mark + 1).toInt();
  const QString sign = value < 0 ? QStringLiteral("−") : QString();
  if (exponent < -4 || exponent > 6) {
    QString mantissa = scientific.left(mark);  // as text: another rounding could make two numbers one
    mantissa.replace(u'.', QLocale().decimalPoint());
    return sign + mantissa + QStringLiteral("×10") + superscript(exponent);
  }
  return sign + QLocale().toString(std::fabs(value), 'f', std::max(0, digits - 1 - exponent));
}

int digitsToTellApart(const std::vector<double>& values, int atLeast) {
  constexpr int kMost = 17;  // tell any two doubles apart
  for (int digits = atLeast; digits < kMost; ++digits) {
    QSet<QString> texts;
    for (const double value : values) texts.insert(number(value, digits));
    if (texts.size() == static_cast<qsizetype>(values.size())) return digits;
  }
  return kMost;
}

QString count(std::uint64_t value) { return QLocale().toString(static_cast<qulonglong>(value)); }

QString shortCount(std::uint64_t value) {
  const double v = static_cast<double>(value);
  if (v < 1e4) return count(value);
  if (v < 999.5e3) return scaled(v / 1e3, QCoreApplication::translate("numbers", "k"));
  if (v < 999.5e6) return scaled(v / 1e6, QCoreApplication::translate("numbers", "M"));
  if (v < 999.5e9) return scaled(v / 1e9, QCoreApplication::translate("numbers", "B", "billions"));
  return scaled(v / 1e12, QCoreApplication::translate("numbers", "T", "trillions"));
}

QString bytes(std::uint64_t value) {
  static constexpr std::array<const char*, 5> kUnits{"KiB", "MiB", "GiB", "TiB", "PiB"};
  if (value < 1024) return count(value) + QChar(0x202F) + QStringLiteral("B");
  double v = static_cast<double>(value) / 1024;
  std::size_t unit = 0;
  while (v >= 999.5 && unit + 1 < kUnits.size()) v /= 1024, ++unit;
  return scaled(v, QLatin1String(kUnits[unit]));
}

QString percent(double fraction, int decimals) {
  if (!std::isfinite(fraction)) return number(fraction) + QStringLiteral(" %");
  const QString sign = fraction < 0 ? QStringLiteral("−") : QString();
  return sign + QLocale().toString(std::fabs(fraction) * 100, 'f', decimals) + QChar(0x202F) + u'%';
}

QString shortened(const QString& text, qsizetype most) {
  if (text.size() <= most) return text;
  const qsizetype end = most / 2, start = most - end - 1;
  return text.left(start) + u'…' + text.right(end);
}

QString bitsPerWeight(double bits) {
  return QCoreApplication::translate("numbers", "%1 bits/weight").arg(QLocale().toString(bits, 'f', 2));
}

QString decibel(double value) {
  if (!std::isfinite(value)) return number(value) + QStringLiteral(" dB");
  return QLocale().toString(value, 'f', 1) + QChar(0x202F) + QStringLiteral("dB");
}

QString duration(double seconds) {
  if (seconds < 1) return scaled(seconds * 1e3, QStringLiteral("ms"));
  if (seconds < 60) return scaled(seconds, QStringLiteral("s"));
  const int whole = static_cast<int>(std::lround(seconds));
  return QCoreApplication::translate("numbers", "%1 min %2 s").arg(whole / 60).arg(whole % 60);
}

}  // namespace app::text
