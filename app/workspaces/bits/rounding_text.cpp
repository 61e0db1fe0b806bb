#include "app/workspaces/bits/rounding_text.h"

#include <QCoreApplication>
#include <QRegularExpression>
#include <cmath>

#include "app/text/numbers.h"

namespace app {
namespace {

using core::numeric::RoundingDirection;

QString tr(const char* text) { return QCoreApplication::translate("bits", text); }

/// What a code stands for, as an end of a sentence.
QString becomes(const FormatRow& row) {
  if (std::isnan(row.value)) return tr("it becomes NaN");
  if (std::isinf(row.value)) return row.value > 0 ? tr("it becomes infinity") : tr("it becomes −infinity");
  if (row.value == 0) return tr("it becomes 0");
  return tr("it becomes %1").arg(text::trimmed(row.value, 9));
}

QString noSuchValueSentence(const FormatRow& row, double number) {
  const QString format = QString::fromUtf8(row.format->title.data(), static_cast<qsizetype>(row.format->title.size()));
  if (std::isnan(number)) return tr("%1 has no NaN: %2.").arg(format, becomes(row));
  if (std::isinf(number)) return tr("%1 has no infinity: %2.").arg(format, becomes(row));
  return tr("%1 has neither zero nor negative values: %2.").arg(format, becomes(row));
}

QString codeBookSentence(const FormatRow& row) {
  if (row.decision.direction == RoundingDirection::Exact) return tr("The value is a level of the code book.");
  return row.decision.tie ? tr("Exactly between two levels of the code book: the lower one is taken.")
                          : tr("The nearest level of the code book.");
}

}  // namespace

QString roundingSentence(const FormatRow& row, double number, core::numeric::Rounding rounding) {
  using core::numeric::Rounding;
  const core::numeric::RoundingDecision& d = row.decision;
  const bool codeBook = row.format->kind == core::numeric::FormatKind::CodeBook;
  if (d.noSuchValue) return noSuchValueSentence(row, number);
  if (std::isnan(number)) return tr("Not a number: nothing is rounded.");
  if (std::isinf(number)) return tr("Infinity has a code of its own: nothing is rounded.");
  if (d.overflow) return tr("Outside the range of this format: %1.").arg(becomes(row));
  if (codeBook && rounding == Rounding::NearestEven) return codeBookSentence(row);
  if (d.direction == RoundingDirection::Exact)
    return codeBook ? codeBookSentence(row) : tr("Nothing is cut off: the value fits exactly.");
  if (rounding == Rounding::TowardZero)
    return codeBook ? tr("The nearest level of the code book toward zero.")
                    : tr("Rounding toward zero simply cuts the bits off.");
  const bool up = d.direction == RoundingDirection::AwayFromZero;
  if (d.tie && d.underflow) return tr("Exactly half the smallest value: ties go to even, so it becomes zero.");
  if (d.tie)
    return up ? tr("Exactly half way, and the last bit kept is odd: ties go to even, so away from zero.")
              : tr("Exactly half way, and the last bit kept is even: ties go to even, so it stays.");
  if (d.underflow) return tr("Smaller than half the smallest value: it becomes zero.");
  return up ? tr("What is cut off is more than half a unit: away from zero.")
            : tr("What is cut off is less than half a unit: toward zero.");
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
  if (row.factor != 1) {
    formula = QStringLiteral("codebook[%1] · absmax = %2 · %3")
                  .arg(row.explanation.codeBookIndex.value_or(row.code))
                  .arg(shortText(row.explanation.value), shortText(row.factor));
  }
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
  return QStringList{input.display, input.origin.isEmpty() ? tr("typed") : tr("weight %1").arg(input.origin),
                     tr("block absmax %1").arg(text::number(input.blockAbsmax)),
                     state.rounding() == core::numeric::Rounding::NearestEven ? tr("rounded to nearest, ties to even")
                                                                              : tr("rounded toward zero")}
      .join(QStringLiteral(" · "));
}

}  // namespace app
