#include "app/workspaces/bits/block_text.h"

#include <cmath>

#include "app/pictures/block_field_style.h"
#include "app/text/numbers.h"

namespace app {
namespace {

using core::quant::BlockExplanation;
using core::quant::ExplanationParameter;
using core::quant::ExplanationStep;
using core::quant::StepId;

QString fromText(const std::string& text) { return QString::fromStdString(text); }

QString covered(const ExplanationParameter& parameter, const BlockExplanation& block) {
  if (parameter.valueCount == 0 || parameter.valueCount >= block.fields.values) return QStringLiteral("all");
  const std::uint32_t last = parameter.firstValue + parameter.valueCount - 1;
  return parameter.valueCount == 1 ? QString::number(parameter.firstValue)
                                   : QStringLiteral("%1–%2").arg(parameter.firstValue).arg(last);
}

QString number(double value, int digits) {
  return std::isnan(value) ? QStringLiteral("NaN") : text::trimmed(value, digits);
}

QString stepValue(const BlockExplanation& block, StepId id, std::size_t value, int digits) {
  const ExplanationStep* step = block.step(id);
  return step == nullptr || value >= step->values.size() ? QString() : number(step->values[value], digits);
}

}  // namespace

std::vector<QStringList> parameterLines(const BlockExplanation& block) {
  std::vector<QStringList> lines;
  for (const ExplanationParameter& parameter : block.parameters)
    lines.push_back({fromText(parameter.symbol), blockFieldName(parameter.role), covered(parameter, block),
                     number(parameter.stored, 7), fromText(parameter.storedAs)});
  return lines;
}

std::vector<QStringList> weightLines(const BlockExplanation& block) {
  std::vector<QStringList> lines;
  const ExplanationStep* decoded = block.step(StepId::Decoded);
  if (decoded == nullptr) return lines;
  for (std::size_t i = 0; i < decoded->values.size(); ++i) {
    const double weight = i < block.values.size() ? static_cast<double>(block.values[i]) : 0.0;
    lines.push_back({QString::number(i), stepValue(block, StepId::Code, i, 4), stepValue(block, StepId::Level, i, 4),
                     number(decoded->values[i], 6), number(weight, 6), number(decoded->values[i] - weight, 3)});
  }
  return lines;
}

QString decodingText(const BlockExplanation& block, int value) {
  QStringList parts;  // with symbols, then with this weight's numbers
  for (std::size_t step = 0; step < block.steps.size(); ++step) {
    const StepId id = block.steps[step].id;
    if (id != StepId::Level && id != StepId::Decoded) continue;
    if (static_cast<std::size_t>(value) >= block.steps[step].values.size()) continue;
    const QString symbols = fromText(core::quant::stepFormula(block.steps[step]));
    const QString numbers = fromText(core::quant::stepText(block, step, static_cast<std::size_t>(value)));
    parts << (symbols.isEmpty() || numbers.startsWith(symbols) ? numbers
                                                               : symbols + numbers.mid(numbers.indexOf(u'=') - 1));
  }
  return parts.join(u'\n');
}

}  // namespace app
