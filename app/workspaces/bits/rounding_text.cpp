#include "app/workspaces/bits/rounding_text.h"

#include <QCoreApplication>
#include <QRegularExpression>
#include <cmath>

#include "app/text/numbers.h"

namespace app {
namespace {

QString tr(const char* text) { return QCoreApplication::translate("bits", text); }

}  // namespace

QString roundingSentence(const FormatRow& row, core::numeric::Rounding rounding) {
  using core::numeric::RoundingDirection;
  const core::numeric::RoundingDecision& d = row.decision;
  if (d.noSuchValue) return tr("This format has no such value; it stores its nearest substitute.");
  if (d.overflow) return tr("Beyond the largest value of this format.");
  if (!d.hasBits)
    return row.error == 0 ? tr("The value is in the code book.") : tr("The nearest entry of the code book.");
  if (d.direction == RoundingDirection::Exact) return tr("Nothing is cut off: the value fits exactly.");
  if (d.underflow) return tr("Smaller than half the smallest value: it becomes zero.");
  const bool up = d.direction == RoundingDirection::AwayFromZero;
  if (rounding == core::numeric::Rounding::TowardZero) return tr("Rounding toward zero simply cuts the bits off.");
  if (d.tie)
    return up ? tr("Exactly half way, and the last bit kept is odd: ties go to even, so away from zero.")
              : tr("Exactly half way, and the last bit kept is even: ties go to even, so it stays.");
  return up ? tr("What is cut off is more than half a unit: away from zero.")
            : tr("What is cut off is less than half a unit: toward zero.");
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

}  // namespace app
