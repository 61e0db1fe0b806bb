#include "app/workspaces/quantize/lab_stage.h"

#include <QStringList>
#include <algorithm>
#include <cmath>

#include "app/text/numbers.h"
#include "app/text/tr.h"
#include "core/quant/explain/formula_text.h"

namespace app {

using text::tr;

namespace {

using core::quant::BlockField;
using core::quant::ExplanationParameter;
using core::quant::FieldRole;
using core::quant::StepId;

QString fromView(std::string_view text) { return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size())); }

QString titleOf(StepId id) {
  switch (id) {
    case StepId::Value:
      return tr("weight");
    case StepId::Input:
      return tr("input");
    case StepId::Offset:
      return tr("less the minimum");
    case StepId::Divide:
      return tr("divide");
    case StepId::Round:
      return tr("round");
    case StepId::Clamp:
      return tr("clamp");
    case StepId::Code:
      return tr("code");
    case StepId::Level:
      return tr("level");
    case StepId::Scaled:
      return tr("scaled");
    case StepId::Factor:
      return tr("factor");
    case StepId::Decoded:
      return tr("decode");
    case StepId::Error:
      return tr("error");
  }
  return {};
}

const BlockField* codeOf(const LabBlock& block, std::size_t shownIndex) {
  const auto value = static_cast<std::uint32_t>(block.offset + shownIndex);
  for (const BlockField& field : block.explanation.fields.fields)
    if ((field.role == FieldRole::Code || field.role == FieldRole::Index) && field.speaksOf(value)) return &field;
  return nullptr;
}

/// "bits 4–7 of byte 17"
QString placeText(const core::quant::BitRange& range) {
  const std::uint32_t byte = range.firstBit / 8, first = range.firstBit % 8, last = first + range.bits - 1;
  if (last < 8)
    return (first == last ? tr("bit %1 of byte %2").arg(first).arg(byte)
                          : tr("bits %1–%2 of byte %3").arg(first).arg(last).arg(byte));
  return tr("%1 bits from bit %2 of byte %3").arg(range.bits).arg(first).arg(byte);
}

QString packText(const LabBlock& block, std::size_t shownIndex) {
  const BlockField* field = codeOf(block, shownIndex);
  if (field == nullptr || block.explanation.bytes.empty()) return {};
  QStringList places;
  for (const auto& range : field->ranges)
    if (range.bits > 0) places << placeText(range);
  const std::uint64_t bits = core::quant::bitsOf(*field, block.explanation.bytes);
  return tr("%1 = %2 goes into %3")
      .arg(field->symbol.empty() ? tr("the code") : fromView(field->symbol),
           QStringLiteral("0b%1").arg(static_cast<qulonglong>(bits), static_cast<int>(field->bits()), 2,
                                      QLatin1Char('0')),
           places.join(tr(" and ")));
}

QString rangeNumbers(const LabBlock& block) {
  const auto& range = block.explanation.range;
  QString text = tr("weights from %1 to %2; the levels span %3 to %4")
                     .arg(text::number(range.min, 5), text::number(range.max, 5), text::number(range.low, 5),
                          text::number(range.high, 5));
  if (range.candidates > 0) text += tr("; %1 ranges were tried").arg(range.candidates);
  if (range.nonFinite > 0) text += tr("; %1 are no finite numbers and took no part").arg(range.nonFinite);
  return text;
}

/// Of the parameters that the weight is under, one line each.
QString parameterLines(const LabBlock& block, std::size_t shownIndex, QString (*text)(const ExplanationParameter&)) {
  QStringList lines;
  const std::size_t value = block.offset + shownIndex;
  for (const ExplanationParameter& parameter : block.explanation.parameters) {
    if (value < parameter.firstValue || value >= std::size_t{parameter.firstValue} + parameter.valueCount) continue;
    if (const QString line = text(parameter); !line.isEmpty()) lines << line;
  }
  return lines.join(QStringLiteral("     "));
}

QString formulaOf(const ExplanationParameter& parameter) { return QString::fromStdString(parameter.formula); }
/// With its numbers; of one that was only read, what was read.
QString numbersOf(const ExplanationParameter& parameter) {
  if (!parameter.numbers.empty()) return QString::fromStdString(parameter.numbers);
  return QStringLiteral("%1 = %2").arg(QString::fromStdString(parameter.symbol), text::trimmed(parameter.stored, 7));
}

bool isWhole(StepId id) {
  return id == StepId::Round || id == StepId::Clamp || id == StepId::Code || id == StepId::Level;
}

}  // namespace

std::vector<LabStage> stagesOf(const LabBlock& block) {
  std::vector<LabStage> stages;
  if (block.isEmpty()) return stages;
  const auto& explanation = block.explanation;
  if (!explanation.range.meaning.empty())
    stages.push_back({LabStage::Kind::Range, QStringLiteral("range"), tr("range"), 0});
  if (!explanation.parameters.empty())
    stages.push_back({LabStage::Kind::Parameters, QStringLiteral("parameters"), tr("scale"), 0});
  for (std::size_t i = 0; i < explanation.steps.size(); ++i) {
    const StepId id = explanation.steps[i].id;
    if (id == StepId::Value) continue;  // given, not made
    stages.push_back({LabStage::Kind::Step, fromView(core::quant::toString(id)), titleOf(id), i});
    const bool codeIsNext = i + 1 < explanation.steps.size() && explanation.steps[i + 1].id == StepId::Code;
    if (id == StepId::Code || (id == StepId::Clamp && !codeIsNext && explanation.step(StepId::Code) == nullptr))
      stages.push_back({LabStage::Kind::Pack, QStringLiteral("pack"), tr("pack"), i});
  }
  return stages;
}

bool isStage(const QString& id) {
  if (id == QLatin1String("range") || id == QLatin1String("parameters") || id == QLatin1String("pack")) return true;
  for (int step = static_cast<int>(StepId::Input); step <= static_cast<int>(StepId::Error); ++step)
    if (id == fromView(core::quant::toString(static_cast<StepId>(step)))) return true;
  return false;
}

QString stageMeaning(const LabBlock& block, const LabStage& stage) {
  switch (stage.kind) {
    case LabStage::Kind::Range:
      return QString::fromStdString(block.explanation.range.meaning);
    case LabStage::Kind::Parameters:
      return tr("what these weights have in common");
    case LabStage::Kind::Pack:
      return tr("Codes lie beside each other in bytes: see “Bytes and size”.");
    case LabStage::Kind::Step:
      return QString::fromStdString(block.explanation.steps[stage.step].meaning);
  }
  return {};
}

QString stageFormula(const LabBlock& block, const LabStage& stage, std::size_t shownIndex) {
  if (stage.kind == LabStage::Kind::Step)
    return QString::fromStdString(core::quant::stepFormula(block.explanation.steps[stage.step]));
  return stage.kind == LabStage::Kind::Parameters ? parameterLines(block, shownIndex, formulaOf) : QString();
}

QString stageNumbers(const LabBlock& block, const LabStage& stage, std::size_t shownIndex) {
  switch (stage.kind) {
    case LabStage::Kind::Range:
      return rangeNumbers(block);
    case LabStage::Kind::Parameters:
      return parameterLines(block, shownIndex, numbersOf);
    case LabStage::Kind::Pack:
      return packText(block, shownIndex);
    case LabStage::Kind::Step:
      break;
  }
  const auto& step = block.explanation.steps[stage.step];
  if (step.id == StepId::Error && block.isCut(shownIndex))
    return tr("x̂ − x before clipping = %1 − %2 = %3")
        .arg(text::number(static_cast<double>(block.decoded[shownIndex]), 6),
             text::number(static_cast<double>(block.values[shownIndex]), 6),
             text::number(stepValue(block, stage.step, shownIndex), 6));
  return QString::fromStdString(core::quant::stepText(block.explanation, stage.step, block.offset + shownIndex));
}

double stepValue(const LabBlock& block, std::size_t step, std::size_t shownIndex) {
  const auto& column = block.explanation.steps[step];
  if (column.id == StepId::Error)
    return static_cast<double>(block.decoded[shownIndex]) - static_cast<double>(block.values[shownIndex]);
  return column.values[block.offset + shownIndex];
}

QString stepValueText(const LabBlock& block, std::size_t step, std::size_t shownIndex) {
  const double value = stepValue(block, step, shownIndex);
  if (std::isnan(value)) return QStringLiteral("–");
  const bool whole = isWhole(block.explanation.steps[step].id) && value == std::floor(value) && std::abs(value) < 1e9;
  const int digits = block.explanation.steps[step].id == StepId::Error ? 3 : 4;
  return whole ? QString::number(static_cast<qlonglong>(value)).replace(u'-', QChar(0x2212))
               : text::number(value, digits);
}

}  // namespace app
