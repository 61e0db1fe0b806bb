#include "app/workspaces/quantize/input_story.h"

#include <algorithm>
#include <cmath>

#include "app/text/numbers.h"
#include "app/text/tr.h"

namespace app {

using text::tr;

namespace {

using core::quant::ActivationName;
using core::quant::ActivationRange;
using core::quant::Activations;

constexpr qsizetype kBefore = 16;  ///< letters in front of a token

QString lostText(const core::calibrate::RangeStudy& range) { return text::percent(std::sqrt(range.error), 2); }

const core::calibrate::RangeStudy& bestStatic(const LabInputs& inputs) {
  const auto& ranges = inputs.study.ranges;
  return *std::min_element(ranges.begin(), ranges.end(), [](const auto& a, const auto& b) {
    return std::pair(!a.how.isStatic(), a.error) < std::pair(!b.how.isStatic(), b.error);
  });
}

/// On one line, with the spaces at its ends. (Vocabularies write a space as ▁.)
QString onOneLine(const std::string& text) {
  return QString::fromStdString(text).replace(u'\n', u' ').replace(u'\t', u' ').replace(u'▁', u' ');
}

}  // namespace

QString rangeName(const Activations& how) {
  if (!how.isStatic()) return tr("dynamic");
  if (how.range == ActivationRange::MinMax) return tr("min–max");
  return how.range == ActivationRange::Entropy ? tr("entropy") : text::trimmed(how.percentile, 6) + tr(" %");
}

int rangeOf(const LabInputs& inputs, const Activations& activations) {
  const auto& ranges = inputs.study.ranges;
  const auto found = std::ranges::find_if(ranges, [&](const auto& range) {
    return range.how.name == activations.name && (!activations.isStatic() || range.how.range == activations.range);
  });
  return static_cast<int>(found == ranges.end() ? &bestStatic(inputs) - ranges.data() : found - ranges.begin());
}

QString inputsSentence(const LabInputs& inputs, const core::quant::Scheme& scheme) {
  const auto& best = bestStatic(inputs);
  QString text = (inputs.isCalibrated
                      ? tr("On %1 tokens of the text that the ranges were chosen by, the best static one (%2) loses %3 "
                           "of the inputs, a range of each token's own (dynamic) %4.")
                      : tr("On %1 tokens of a text that the ranges have not seen, the best static one (%2) loses %3 of "
                           "the inputs, a range of each token's own (dynamic) %4."))
                     .arg(text::count(inputs.study.tokens.size()), rangeName(best.how), lostText(best),
                          lostText(inputs.study.ranges.back()));
  if (scheme.activations.name == ActivationName::LlmInt8)
    text += u' ' + tr("%1 of %2 columns reach %3 on the calibration text: LLM.int8() leaves such columns in FP16.")
                       .arg(text::count(inputs.outlierColumns), text::count(inputs.columns),
                            text::trimmed(static_cast<double>(scheme.activations.threshold), 3));
  if (scheme.method.name == core::quant::MethodName::SmoothQuant)
    text += u' ' + tr("These are the inputs before SmoothQuant divides them (tab Columns).");
  return text;
}

QString clippedSentence(const LabInputs& inputs, const core::calibrate::RangeStudy& range) {
  if (!range.how.isStatic()) return tr("A range of the token's own clips nothing.");
  if (range.clippedTokens == 0)
    return tr("No token of %1 has values that %2 clips.")
        .arg(text::count(inputs.study.tokens.size()), rangeName(range.how));
  return tr("%1 of %2 tokens have values that %3 clips, the largest first:")
      .arg(text::count(range.clippedTokens), text::count(inputs.study.tokens.size()), rangeName(range.how));
}

QString tokenText(const InputToken& token) {
  const QString text = onOneLine(token.token).trimmed();
  return text.isEmpty() ? tr("(space)") : text;
}

QString tokenInText(const InputToken& token) {
  QString before = onOneLine(token.before);
  if (before.size() > kBefore) before = u'…' + before.right(kBefore);
  return before + u'[' + onOneLine(token.token) + u']' + onOneLine(token.after);
}

}  // namespace app
