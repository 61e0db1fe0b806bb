#include "app/workspaces/bits/chain_text.h"

#include <algorithm>
#include <cmath>

#include "app/selection/bits_state.h"
#include "app/text/numbers.h"
#include "app/text/tr.h"
#include "app/workspaces/bits/rounding_text.h"

namespace app {

using text::tr;

namespace {

using core::numeric::DivergenceCause;
using core::numeric::ExactNumber;

QString chainErrorText(const ExactNumber& error) {
  if (error.isNan()) return QStringLiteral("—");
  if (error.isZero()) return tr("exact");
  const QString sign = error.isNegative() ? QString() : QStringLiteral("+");
  return sign + text::number(core::numeric::nearestDouble(error), 3);
}

QString valueText(const ExactNumber& value) { return text::trimmed(core::numeric::nearestDouble(value), 10); }

/// What came to a step: the number, or what the step before it left.
const ExactNumber& cameTo(const ChainResult& result, std::size_t step) {
  return step == 0 ? result.number : result.chain.steps[step - 1].value;
}

/// The first format without a code for what came to it, and what that did; empty when all had one.
QString lossText(const ChainResult& result) {
  const auto& steps = result.chain.steps;
  const auto lost =
      std::find_if(steps.begin(), steps.end(), [](const auto& step) { return step.decision.noSuchValue; });
  if (lost == steps.end()) return {};
  const auto at = static_cast<std::size_t>(lost - steps.begin());
  const QString what =
      noSuchValueText(*result.formats[at], cameTo(result, at), core::numeric::nearestDouble(lost->value));
  if (steps.size() == 1) return what + u'.';
  const QString last = titleOf(*result.formats.back());
  if (!result.chain.divergence)
    return tr("%1. A single rounding from the number to %2 gives the same.").arg(what, last);
  const ExactNumber direct =
      core::numeric::decodeExact(*result.formats.back(), steps.back().direct.code, result.links.back().scale);
  return tr("%1. A single rounding from the number to %2 gives %3.").arg(what, last, valueText(direct));
}

/// Why a step has no error.
QString noErrorText(const ChainResult& result, std::size_t step) {
  if (!result.chain.steps[step].decision.noSuchValue) return {};
  const ExactNumber& came = cameTo(result, step);
  return came.isNan() ? tr("has no NaN") : came.isInfinite() ? tr("has no infinity") : tr("has no such value");
}

QString causeText(DivergenceCause cause, const QString& madeBy, const QString& at) {
  switch (cause) {
    case DivergenceCause::TieMade:
      return tr("Double rounding: rounding to %1 put the number exactly half way between two values of %2, where it "
                "had "
                "not been, and the tie went the other way.")
          .arg(madeBy, at);
    case DivergenceCause::MovedAcross:
      return tr("Double rounding: rounding to %1 moved the number across the border between two values of %2.")
          .arg(madeBy, at);
    case DivergenceCause::PrecisionLost:
      return tr("%1 is coarser than %2: nothing was left to round.").arg(madeBy, at);
    case DivergenceCause::Overflow:
      return tr("%1 does not reach so far: the number overflowed before it came to %2.").arg(madeBy, at);
    case DivergenceCause::Underflow:
      return tr("%1 turned the number into zero before it came to %2.").arg(madeBy, at);
  }
  return {};
}

}  // namespace

ChainResult convert(BitsState& state) {
  ChainResult result;
  for (const ChainStop& stop : state.setup().chain) {
    const core::numeric::NumberFormat* format = state.format(stop.format);
    result.formats.push_back(format);
    result.links.push_back(
        {format, {stop.rounding, state.rule().draw}, core::numeric::Overflow::AsFormat, state.scaleFor(*format)});
  }
  result.number = state.number().exact;
  result.chain = core::numeric::convertThrough(result.number, result.links);
  return result;
}

std::vector<BitRows::Row> chainRows(const ChainResult& result) {
  std::vector<BitRows::Row> rows;
  const auto& steps = result.chain.steps;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    BitRows::Row row;
    row.title = titleOf(*result.formats[i]);
    row.format = result.formats[i];
    row.code = steps[i].code;
    row.changed = i == 0 ? 0 : steps[i].code ^ steps[i].decision.truncatedCode;
    if (i + 1 < steps.size())
      row.cut = bitsCutOff(*row.format, row.code, *result.formats[i + 1], steps[i + 1].decision.truncatedCode);
    row.value = valueText(steps[i].value);
    const QString none = noErrorText(result, i);
    row.note = !none.isEmpty() ? none
               : i == 0        ? tr("this step %1").arg(chainErrorText(steps[i].stepError))
                               : tr("this step %1 · in total %2")
                              .arg(chainErrorText(steps[i].stepError), chainErrorText(steps[i].totalError));
    row.isBad = result.chain.divergence && result.chain.divergence->step == i;
    rows.push_back(row);
  }
  if (!result.chain.divergence) return rows;
  BitRows::Row straight;
  straight.title = tr("straight to %1").arg(titleOf(*result.formats.back()));
  straight.format = result.formats.back();
  straight.code = steps.back().direct.code;
  straight.changed = straight.code ^ steps.back().code;
  const ExactNumber value = core::numeric::decodeExact(*straight.format, straight.code, result.links.back().scale);
  straight.value = valueText(value);
  if (value.isFinite() && result.number.isFinite())
    straight.note = tr("in total %1").arg(chainErrorText(value - result.number));
  rows.push_back(straight);
  return rows;
}

QString chainSentence(const ChainResult& result) {
  if (result.chain.steps.empty()) return {};
  const QString last = titleOf(*result.formats.back());
  const QString end = valueText(result.chain.steps.back().value);
  if (const QString loss = lossText(result); !loss.isEmpty()) return loss;
  if (result.chain.steps.size() == 1) return tr("%1 stores %2.").arg(last, end);
  if (!result.chain.divergence)
    return tr("No double rounding: a single rounding from the number to %1 gives %2, too.").arg(last, end);
  const auto& divergence = *result.chain.divergence;
  return causeText(divergence.cause, titleOf(*result.formats[divergence.madeBy]),
                   titleOf(*result.formats[divergence.step]));
}

}  // namespace app
