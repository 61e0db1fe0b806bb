#include "app/selection/bits_state.h"

#include <QLocale>
#include <QUndoCommand>
#include <array>
#include <cmath>
#include <limits>

#include "core/base/error.h"

namespace app {
namespace {

using core::numeric::FormatId;
using core::numeric::FormatKind;
using core::numeric::NumberFormat;

constexpr std::array kFormats{FormatId::Fp64,    FormatId::Fp32,    FormatId::Tf32,    FormatId::Fp16,
                              FormatId::Bf16,    FormatId::Fp8E4M3, FormatId::Fp8E5M2, FormatId::Fp6E3M2,
                              FormatId::Fp6E2M3, FormatId::Fp4E2M1, FormatId::Nf4,     FormatId::Int8,
                              FormatId::Int4,    FormatId::Int2};

/// Symmetric absmax scale: the largest integer stands for the block's largest magnitude.
core::numeric::CodeScale scaleFor(const NumberFormat& format, double absmax) {
  core::numeric::CodeScale scale;
  if (format.isInteger()) scale.scale = absmax / static_cast<double>(format.maxInteger());
  return scale;
}

/// The range a number sits in when no block of weights gives one: 1, or its own magnitude beyond that.
double ownAbsmax(double value) { return std::isfinite(value) ? std::max(1.0, std::fabs(value)) : 1.0; }

double errorOf(const core::numeric::TypedEncoding& encoding, double value, double number) {
  if (encoding.error) return core::numeric::nearestDouble(*encoding.error);
  return value - number;
}

}  // namespace

QString shortText(double value) {
  if (std::isnan(value)) return QStringLiteral("nan");
  if (std::isinf(value)) return value > 0 ? QStringLiteral("inf") : QStringLiteral("-inf");
  return QString::number(value, 'g', QLocale::FloatingPointShortest);
}

/// Remembers a whole input; typing the same thing twice is one step.
class BitsState::Change final : public QUndoCommand {
 public:
  Change(BitsState& state, BitsInput before, BitsInput after, const QString& what)
      : QUndoCommand(what), m_state(state), m_before(std::move(before)), m_after(std::move(after)) {}
  void undo() override { m_state.apply(m_before); }
  void redo() override { m_state.apply(m_after); }

 private:
  BitsState& m_state;
  BitsInput m_before, m_after;
};

BitsState::BitsState(QObject* parent) : QObject(parent) {
  m_undo.setUndoLimit(500);
  for (const FormatId id : kFormats) {
    FormatRow row;
    row.format = &core::numeric::numberFormat(id);
    m_rows.push_back(row);
  }
  m_input.text = m_input.display = QStringLiteral("0.1");
  apply(m_input);
}

void BitsState::apply(const BitsInput& input) {
  m_input = input;
  const NumberFormat& pattern = core::numeric::numberFormat(input.patternFormat);
  m_number = core::numeric::parseTypedNumber(input.text.toStdString(), pattern, scaleFor(pattern, input.blockAbsmax));
  if (!m_input.absmaxChosen && m_input.origin.isEmpty() && !m_number.patternFormat)
    m_input.blockAbsmax = ownAbsmax(m_number.nearest);
  recompute();
  Q_EMIT changed();
}

void BitsState::recompute() {
  for (FormatRow& row : m_rows) {
    const NumberFormat& format = *row.format;
    row.scale = scaleFor(format, m_input.blockAbsmax);
    if (format.kind == FormatKind::CodeBook) {
      row.factor = m_input.blockAbsmax;
      row.decision = core::numeric::decideRounding(format, m_number.nearest / row.factor, m_rounding);
      row.code = row.decision.code;
      row.value = core::numeric::decode(format, row.code) * row.factor;
      row.error = row.value - m_number.nearest;
    } else {
      const auto encoding =
          core::numeric::encodeTyped(format, m_number, m_rounding, core::numeric::Overflow::AsFormat, row.scale);
      row.decision = encoding.decision;
      row.code = encoding.decision.code;
      row.value = core::numeric::decode(format, row.code, row.scale);
      row.error = errorOf(encoding, row.value, m_number.nearest);
    }
    if (!std::isfinite(row.value) || !std::isfinite(m_number.nearest))
      row.error = std::numeric_limits<double>::quiet_NaN();
    row.explanation = core::numeric::explain(format, row.code, row.scale);
  }
}

void BitsState::propose(BitsInput input, const QString& what) {
  if (input == m_input) return;
  m_undo.push(new Change(*this, m_input, std::move(input), what));
}

QString BitsState::setText(const QString& text) {
  BitsInput next = m_input;
  next.text = next.display = text.trimmed();
  next.origin.clear();
  next.patternFormat = selected().format->id;
  try {
    const NumberFormat& pattern = *selected().format;
    (void)core::numeric::parseTypedNumber(next.text.toStdString(), pattern, scaleFor(pattern, next.blockAbsmax));
  } catch (const core::Error& error) {
    return QString::fromUtf8(error.what());
  }
  propose(std::move(next), tr("type %1").arg(text));
  return {};
}

void BitsState::setWeight(float value, double blockAbsmax, const QString& origin, std::optional<FormatId> storedAs) {
  for (int row = 0; row < static_cast<int>(m_rows.size()); ++row)
    if (storedAs == m_rows[static_cast<std::size_t>(row)].format->id) selectRow(row);
  BitsInput next;
  next.text = QString::fromStdString(core::numeric::exactText(static_cast<double>(value)));
  next.display = QString::number(value, 'g', QLocale::FloatingPointShortest);
  next.origin = origin;
  next.blockAbsmax = blockAbsmax > 0 && std::isfinite(blockAbsmax) ? blockAbsmax : 1.0;
  propose(std::move(next), tr("take %1").arg(origin));
}

void BitsState::setCode(int row, std::uint64_t code) {
  const FormatRow& target = m_rows[static_cast<std::size_t>(row)];
  BitsInput next = m_input;
  next.origin.clear();
  if (target.format->kind == FormatKind::CodeBook) {
    const double value = core::numeric::decode(*target.format, code) * target.factor;
    next.text = QString::fromStdString(core::numeric::exactText(value));
    next.display = shortText(value);
    next.absmaxChosen = true;  // the range must stay, or the code would change its meaning under the hand
  } else {
    next.text = QStringLiteral("0x") + QString::number(static_cast<qulonglong>(code), 16);
    next.patternFormat = target.format->id;
    next.display = shortText(core::numeric::decode(*target.format, code, target.scale));
  }
  propose(std::move(next), tr("set %1").arg(QLatin1String(target.format->title.data())));
}

void BitsState::toggleBit(int row, int bit) {
  const FormatRow& target = m_rows[static_cast<std::size_t>(row)];
  setCode(row, (target.code ^ (std::uint64_t{1} << bit)) & target.format->codeMask());
}

void BitsState::step(int row, int direction) {
  const FormatRow& target = m_rows[static_cast<std::size_t>(row)];
  const auto neighbour = direction > 0 ? core::numeric::next(*target.format, target.code)
                                       : core::numeric::previous(*target.format, target.code);
  if (neighbour) setCode(row, *neighbour);
}

void BitsState::setBlockAbsmax(std::optional<double> absmax) {
  BitsInput next = m_input;
  next.absmaxChosen = absmax.has_value();
  if (absmax) {
    if (!(*absmax > 0) || !std::isfinite(*absmax)) return;
    next.blockAbsmax = *absmax;
  } else {
    next.blockAbsmax = ownAbsmax(m_number.nearest);
  }
  propose(std::move(next), tr("set the range"));
}

void BitsState::setRounding(core::numeric::Rounding rounding) {
  if (rounding == m_rounding) return;
  m_rounding = rounding;
  recompute();
  Q_EMIT changed();
}

void BitsState::selectRow(int row) {
  if (row == m_selectedRow || row < 0 || row >= static_cast<int>(m_rows.size())) return;
  m_selectedRow = row;
  Q_EMIT selectedRowChanged();
}

}  // namespace app
