#include "app/workspaces/bits/rounding_text.h"

#include <QLocale>
#include <QRegularExpression>
#include <algorithm>
#include <cmath>

#include "app/text/numbers.h"
#include "app/text/tr.h"

namespace app {

using text::tr;

namespace {

using core::numeric::FormatKind;
using core::numeric::Rounding;
using core::numeric::RoundingDecision;
using core::numeric::RoundingDirection;

QString becomes(double value) {
  if (std::isnan(value)) return tr("it becomes NaN");
  if (std::isinf(value)) return value > 0 ? tr("it becomes infinity") : tr("it becomes −infinity");
  return tr("it becomes %1").arg(text::trimmed(value, 9));
}

/// What a code stands for, as an end of a sentence.
QString becomes(const FormatRow& row) { return becomes(row.value); }

bool isUp(const FormatRow& row) { return row.decision.direction == RoundingDirection::AwayFromZero; }

/// A number that no double is near: its first digits, cut off, and the power of ten.
QString scientific(const core::numeric::ExactNumber& value, int digits) {
  const std::string text = value.magnitude().toDecimalText();
  const std::size_t point = std::min(text.find('.'), text.size()), first = text.find_first_of("123456789");
  const bool isWhole = first < point;
  const auto exponent = static_cast<int>(isWhole ? point - first - 1 : first - point);
  QString all = QString::fromStdString(text.substr(first)).remove(u'.').remove(QStringLiteral("…"));
  all.truncate(digits);
  while (all.size() > 1 && all.endsWith(u'0')) all.chop(1);
  if (all.size() > 1) all.insert(1, QLocale().decimalPoint());
  return (value.isNegative() ? QStringLiteral("−") : QString()) + all + QStringLiteral("×10") +
         text::superscript(isWhole ? exponent : -exponent);
}

/// Ties of E8M0 and of code books have rules of their own.
QString tieSentence(const FormatRow& row, Rounding rounding) {
  const RoundingDecision& d = row.decision;
  if (rounding == Rounding::NearestAway)
    return tr("Exactly half way: ties go to the larger magnitude, so away from zero.");
  if (row.format->kind == FormatKind::CodeBook)
    return tr("Exactly between two levels of the code book: the lower one is taken.");
  if (row.format->kind == FormatKind::PowerOfTwo) return tr("Exactly half way: ties of E8M0 go up.");
  if (d.underflow) return tr("Exactly half the smallest value: ties go to even, so it becomes zero.");
  return isUp(row) ? tr("Exactly half way, and the last bit kept is odd: ties go to even, so away from zero.")
                   : tr("Exactly half way, and the last bit kept is even: ties go to even, so it stays.");
}

QString nearestSentence(const FormatRow& row, Rounding rounding) {
  const RoundingDecision& d = row.decision;
  if (d.tie) return tieSentence(row, rounding);
  if (row.format->kind == FormatKind::CodeBook) return tr("The nearest level of the code book.");
  if (d.underflow) return tr("Smaller than half the smallest value: it becomes zero.");
  return isUp(row) ? tr("What is cut off is more than half a unit: away from zero.")
                   : tr("What is cut off is less than half a unit: toward zero.");
}

QString directedSentence(const FormatRow& row, Rounding rounding) {
  const bool codeBook = row.format->kind == FormatKind::CodeBook;
  if (rounding == Rounding::TowardZero)
    return codeBook ? tr("The nearest level of the code book toward zero.")
                    : tr("Rounding toward zero simply cuts the bits off.");
  const QString what = rounding == Rounding::Up ? tr("Rounding up takes the next value above")
                                                : tr("Rounding down takes the next value below");
  const bool away = (rounding == Rounding::Up) != row.rounded.isNegative();
  return away ? tr("%1: something is cut off, so away from zero.").arg(what)
              : tr("%1: toward zero, so the bits are simply cut off.").arg(what);
}

QString stochasticSentence(const FormatRow& row, double draw) {
  const QString part = probabilityText(row.decision.fraction);
  return isUp(row)
             ? tr("It goes away from zero with a probability of %1; the draw, %2, lies below: away from zero.")
                   .arg(part, text::number(draw, 3))
             : tr("It goes away from zero with a probability of %1; the draw, %2, does not lie below: toward zero.")
                   .arg(part, text::number(draw, 3));
}

}  // namespace

QString noSuchValueText(const core::numeric::NumberFormat& format, const core::numeric::ExactNumber& number,
                        double became) {
  const QString what = becomes(became), name = titleOf(format);
  if (number.isNan()) return tr("%1 has no NaN: %2").arg(name, what);
  if (number.isInfinite()) return tr("%1 has no infinity: %2").arg(name, what);
  return tr("%1 has neither zero nor negative values: %2").arg(name, what);
}

QString roundingName(Rounding rounding) {
  switch (rounding) {
    case Rounding::NearestEven:
      return tr("Nearest, ties to even");
    case Rounding::NearestAway:
      return tr("Nearest, ties away");
    case Rounding::TowardZero:
      return tr("Toward zero");
    case Rounding::Up:
      return tr("Up, toward +∞");
    case Rounding::Down:
      return tr("Down, toward −∞");
    case Rounding::Stochastic:
      return tr("Stochastic");
  }
  return {};
}

QString roundingSentence(const FormatRow& row, const core::numeric::RoundingRule& rule) {
  const RoundingDecision& d = row.decision;
  const bool codeBook = row.format->kind == FormatKind::CodeBook;
  if (d.noSuchValue) return noSuchValueText(*row.format, row.rounded, row.value) + u'.';
  if (row.rounded.isNan()) return tr("Not a number: nothing is rounded.");
  if (row.rounded.isInfinite()) return tr("Infinity has a code of its own: nothing is rounded.");
  if (d.overflow) return tr("Outside the range of this format: %1.").arg(becomes(row));
  if (d.direction == RoundingDirection::Exact)
    return codeBook ? tr("The value is a level of the code book.") : tr("Nothing is cut off: the value fits exactly.");
  switch (rule.mode) {
    case Rounding::NearestEven:
    case Rounding::NearestAway:
      return nearestSentence(row, rule.mode);
    case Rounding::Stochastic:
      return stochasticSentence(row, rule.draw);
    default:
      return directedSentence(row, rule.mode);
  }
}

QString exponentText(const FormatRow& row) {
  const core::numeric::Explanation& e = row.explanation;
  if (!e.exponentField) return {};
  const QString field = QString::number(*e.exponentField);
  if (!e.exponent) return tr("%1: all ones → %2").arg(field, className(e.numberClass));
  if (e.numberClass == core::numeric::NumberClass::Zero) return tr("%1: zero").arg(field);
  const QString counted = e.implicitBit == 0 ? QStringLiteral("1") : field;
  return tr("%1 − %2 → 2%3").arg(counted).arg(row.format->bias).arg(text::superscript(*e.exponent));
}

QString fieldSentence(const FormatRow& row) {
  if (row.explanation.numberClass != core::numeric::NumberClass::Subnormal) return {};
  return tr("Subnormal: the exponent field is 0, which counts as 1 (1 − %1 = %2), and the implicit 1 is missing.")
      .arg(row.format->bias)
      .arg(QString::number(1 - row.format->bias).replace(u'-', u'−'));
}

QString className(core::numeric::NumberClass numberClass) {
  using core::numeric::NumberClass;
  switch (numberClass) {
    case NumberClass::Zero:
      return tr("zero");
    case NumberClass::Subnormal:
      return tr("subnormal");
    case NumberClass::Normal:
      return tr("normal");
    case NumberClass::Infinite:
      return tr("infinity");
    case NumberClass::NotANumber:
      return tr("not a number");
  }
  return {};
}

QString formulaText(const FormatRow& row) {
  QString formula = QString::fromStdString(row.explanation.formula);
  formula.replace(u'-', u'−');
  // 2^7 → 2⁷; powers in parentheses stay as they are, they show a difference.
  static const QRegularExpression power(QStringLiteral("\\^(−?)(\\d+)"));
  for (QRegularExpressionMatch match = power.match(formula); match.hasMatch(); match = power.match(formula)) {
    const int exponent = match.captured(2).toInt();
    formula.replace(match.capturedStart(), match.capturedLength(),
                    text::superscript(match.captured(1).isEmpty() ? exponent : -exponent));
  }
  return formula;
}

QString provenanceText(const BitsState& state) {
  const BitsInput& input = state.input();
  const CodeRange& range = input.range;
  const FormatRow& row = state.selected();
  const QString scaled = state.typedScale(*row.format) != nullptr ? scaleSentence(state)
                         : range.zeroPoint || range.low != -range.high
                             ? tr("range %1 … %2").arg(text::number(range.low), text::number(range.high))
                             : tr("block absmax %1").arg(text::number(range.absmax()));
  const QString rounding = roundingName(state.rounding());
  return QStringList{input.display, input.origin.isEmpty() ? tr("typed") : tr("weight %1").arg(input.origin), scaled,
                     tr("rounded: %1").arg(rounding.left(1).toLower() + rounding.mid(1))}
      .join(QStringLiteral(" · "));
}

QString scaleSentence(const BitsState& state) {
  const FormatRow& row = state.selected();
  const QString format = titleOf(*row.format), scale = scaleShown(state, row, 4);
  if (!row.format->isInteger()) return tr("%1: absmax %2").arg(format, scale);
  if (row.scale.zeroPoint == 0) return tr("%1: S = %2").arg(format, scale);
  return tr("%1: S = %2, Z = %3").arg(format, scale, QString::number(row.scale.zeroPoint).replace(u'-', u'−'));
}

QString scaleShown(const BitsState& state, const FormatRow& row, int digits) {
  const TypedScale* typed = state.typedScale(*row.format);
  constexpr int kMost = 24;
  return typed == nullptr ? text::trimmed(row.scale.scale, digits) : text::shortened(typed->scale, kMost);
}

double levelOf(const FormatRow& row) {
  return static_cast<double>(row.format->codeBook[row.explanation.codeBookIndex.value_or(0)]);
}

QString exactShown(const core::numeric::ExactNumber& value, int digits) {
  const double near = core::numeric::nearestDouble(value);
  if (value.isFinite() && !value.isZero() && (near == 0 || std::isinf(near))) return scientific(value, digits);
  // Without an exponent a text would be mostly zeros.
  if (near != 0 && (std::fabs(near) < 1e-5 || std::fabs(near) >= 1e17))
    return text::trimmed(near, std::min(digits, 17));
  return QString::fromStdString(value.toDecimalText(static_cast<std::size_t>(digits))).replace(u'-', u'−');
}

QString intervalText(const core::numeric::RoundingInterval& interval, int digits) {
  const QString low = interval.lowUnbounded() ? QStringLiteral("−∞") : exactShown(interval.low, digits);
  const QString high = interval.highUnbounded() ? QStringLiteral("∞") : exactShown(interval.high, digits);
  return (interval.lowClosed ? u'[' : u'(') + low + QStringLiteral(", ") + high + (interval.highClosed ? u']' : u')');
}

QString probabilityText(double fraction) {
  if (fraction <= 0 || fraction >= 1) return text::percent(fraction, 0);
  if (fraction < 0.0005) return QStringLiteral("< ") + text::percent(0.0005, 2);
  if (fraction > 0.9995) return QStringLiteral("> ") + text::percent(0.9995, 2);
  return text::percent(fraction, fraction < 0.01 || fraction > 0.99 ? 2 : 1);
}

}  // namespace app
