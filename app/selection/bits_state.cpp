#include "app/selection/bits_state.h"

#include <QLocale>
#include <QUndoCommand>
#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "core/numeric/custom_format.h"

namespace app {
namespace {

using core::numeric::CodeScale;
using core::numeric::FormatId;
using core::numeric::FormatKind;
using core::numeric::NumberFormat;

constexpr int kMostFormats = 64;  ///< rows

bool isUsable(const BitsSetup& setup, const NumberFormat& format) {
  try {
    (void)setup.scaleOf(format);
    return true;
  } catch (const core::Error&) {
    return false;
  }
}

CodeRange ownRange(double value) {
  return CodeRange::symmetric(std::isfinite(value) ? std::max(1.0, std::fabs(value)) : 1.0, false);
}

}  // namespace

QString shortText(double value) {
  if (std::isnan(value)) return QStringLiteral("nan");
  if (std::isinf(value)) return value > 0 ? QStringLiteral("inf") : QStringLiteral("-inf");
  return QString::number(value, 'g', QLocale::FloatingPointShortest);
}

QString titleOf(const NumberFormat& format) { return QString::fromStdString(format.title); }

/// Remembers the whole setup; typing the same thing twice is one step, and so is everything of one stroke.
class BitsState::Change final : public QUndoCommand {
 public:
  Change(BitsState& state, BitsSetup before, BitsSetup after, const QString& what, int stroke)
      : QUndoCommand(what), m_state(state), m_before(std::move(before)), m_after(std::move(after)), m_stroke(stroke) {}
  void undo() override { m_state.apply(m_before); }
  void redo() override { m_state.apply(m_after); }
  int id() const override { return m_stroke == 0 ? -1 : m_stroke; }
  bool mergeWith(const QUndoCommand* other) override {
    m_after = static_cast<const Change*>(other)->m_after;
    setObsolete(m_after == m_before);
    return true;
  }

 private:
  BitsState& m_state;
  BitsSetup m_before, m_after;
  int m_stroke;
};

BitsState::BitsState(QObject* parent) : QObject(parent) {
  m_undo.setUndoLimit(500);
  restore(BitsSetup::first());
  m_selectedRow = rowOf(core::numeric::numberFormat(FormatId::Fp32));
  recomputeInterval();
}

BitsState::~BitsState() = default;

int BitsState::rowOf(const NumberFormat& format) const {
  for (std::size_t row = 0; row < m_rows.size(); ++row)
    if (*m_rows[row].format == format) return static_cast<int>(row);
  return -1;
}

const NumberFormat* BitsState::format(const QString& name, QString* problem) {
  const std::string text = name.trimmed().toStdString();
  if (const NumberFormat* known = core::numeric::findNumberFormat(text)) return known;
  try {
    NumberFormat made = core::numeric::parseNumberFormat(text);
    auto& place = m_custom[made.name];
    if (!place) place = std::make_unique<const NumberFormat>(std::move(made));
    return place.get();
  } catch (const core::Error& error) {
    if (problem != nullptr) *problem = QString::fromUtf8(error.what());
    return nullptr;
  }
}

void BitsState::restore(const BitsSetup& setup) {
  BitsSetup known = setup;
  known.formats.removeIf([this](const QString& name) { return format(name) == nullptr; });
  known.formats = known.formats.mid(0, kMostFormats);
  if (known.formats.isEmpty()) known.formats = BitsSetup::first().formats;
  std::erase_if(known.chain, [this](const ChainStop& step) { return format(step.format) == nullptr; });
  known.scales.removeIf([this, &known](const std::pair<const QString&, TypedScale&>& one) {
    const NumberFormat* scaled = format(one.first);
    return scaled == nullptr || !isUsable(known, *scaled);
  });
  apply(known);
  m_undo.clear();
}

void BitsState::apply(const BitsSetup& setup) {
  const bool otherFormats = setup.formats != m_setup.formats;
  const bool otherChain = setup.chain != m_setup.chain;
  m_setup = setup;
  const BitsInput& input = m_setup.input;
  const NumberFormat& pattern = *format(input.patternFormat);
  m_number = core::numeric::parseTypedNumber(input.text.toStdString(), pattern, scaleFor(pattern));
  if (!input.range.chosen && input.origin.isEmpty() && !m_number.patternFormat)
    m_setup.input.range = ownRange(m_number.nearest);
  if (otherFormats) applyFormats(setup.formats);
  recompute();
  if (otherFormats) Q_EMIT rowsChanged();
  Q_EMIT changed();
  if (otherChain) Q_EMIT chainChanged();
}

void BitsState::applyFormats(const QStringList& names) {
  const NumberFormat* before = m_rows.empty() ? nullptr : selected().format;
  m_rows.clear();
  for (const QString& name : names) {
    FormatRow row;
    row.format = format(name);
    m_rows.push_back(std::move(row));
  }
  // The selected row goes with its format; then the one that the number was set in is the nearest to it.
  const int same = before == nullptr ? -1 : rowOf(*before), pattern = rowOf(*format(m_setup.input.patternFormat));
  m_selectedRow = same >= 0      ? same
                  : pattern >= 0 ? pattern
                                 : std::clamp(m_selectedRow, 0, static_cast<int>(m_rows.size()) - 1);
}

const TypedScale* BitsState::typedScale(const NumberFormat& format) const {
  const auto typed = m_setup.scales.constFind(QString::fromStdString(format.name));
  return typed == m_setup.scales.constEnd() ? nullptr : &typed.value();
}

void BitsState::recompute() {
  for (FormatRow& row : m_rows) recompute(row);
  recomputeInterval();
}

void BitsState::recompute(FormatRow& row) const {
  const NumberFormat& format = *row.format;
  row.scale = scaleFor(format);
  const auto encoding =
      core::numeric::encodeTyped(format, m_number, m_setup.rule, core::numeric::Overflow::AsFormat, row.scale);
  row.decision = encoding.decision;
  row.rounded = encoding.rounded;
  row.code = encoding.decision.code;
  row.value = core::numeric::decode(format, row.code, row.scale);
  row.explanation = core::numeric::explain(format, row.code, row.scale);
  row.exactError = encoding.error;
  row.error = row.relative = std::numeric_limits<double>::quiet_NaN();
  if (!row.exactError) return;
  row.error = core::numeric::nearestDouble(*row.exactError);
  if (!m_number.exact.isZero()) row.relative = core::numeric::nearestDouble(*row.exactError / m_number.exact);
}

void BitsState::recomputeInterval() {
  const FormatRow& row = selected();
  m_interval = core::numeric::roundingInterval(*row.format, row.code, m_setup.rule, core::numeric::Overflow::AsFormat,
                                               row.scale);
}

void BitsState::change(BitsSetup setup, const QString& what) {
  if (setup == m_setup) return;
  m_undo.push(new Change(*this, m_setup, std::move(setup), what, m_stroke));
}

void BitsState::beginStroke() { m_stroke = ++m_strokes; }
void BitsState::endStroke() { m_stroke = 0; }

QString BitsState::setText(const QString& text) {
  BitsSetup next = m_setup;
  next.input.text = next.input.display = text.trimmed();
  next.input.origin.clear();
  next.input.patternFormat = QString::fromStdString(selected().format->name);
  try {
    (void)core::numeric::parseTypedNumber(next.input.text.toStdString(), *selected().format, selected().scale);
  } catch (const core::Error& error) {
    return QString::fromUtf8(error.what());
  }
  change(std::move(next), tr("type %1").arg(text));
  return {};
}

void BitsState::setWeight(float value, double blockAbsmax, const QString& origin, std::optional<FormatId> storedAs) {
  if (storedAs) selectRow(rowOf(core::numeric::numberFormat(*storedAs)));
  BitsSetup next = m_setup;
  next.input = {};
  next.input.text = QString::fromStdString(core::numeric::exactText(static_cast<double>(value)));
  next.input.display = QString::number(value, 'g', QLocale::FloatingPointShortest);
  next.input.origin = origin;
  next.input.range = CodeRange::symmetric(blockAbsmax > 0 && std::isfinite(blockAbsmax) ? blockAbsmax : 1.0, false);
  change(std::move(next), tr("take %1").arg(origin));
}

void BitsState::setCode(int row, std::uint64_t code) {
  const FormatRow& target = m_rows[static_cast<std::size_t>(row)];
  BitsSetup next = m_setup;
  next.input.origin.clear();
  next.input.text = QStringLiteral("0x") + QString::number(static_cast<qulonglong>(code), 16);
  next.input.patternFormat = QString::fromStdString(target.format->name);
  next.input.display = shortText(core::numeric::decode(*target.format, code, target.scale));
  change(std::move(next), tr("set %1").arg(titleOf(*target.format)));
}

void BitsState::setBit(int row, int bit, bool value) {
  const FormatRow& target = m_rows[static_cast<std::size_t>(row)];
  if ((((target.code >> bit) & 1U) != 0) != value) setCode(row, target.code ^ (std::uint64_t{1} << bit));
}

void BitsState::toggleBit(int row, int bit) {
  setBit(row, bit, ((m_rows[static_cast<std::size_t>(row)].code >> bit) & 1U) == 0);
}

void BitsState::step(int row, int direction) {
  const FormatRow& target = m_rows[static_cast<std::size_t>(row)];
  const auto neighbour = direction > 0 ? core::numeric::next(*target.format, target.code)
                                       : core::numeric::previous(*target.format, target.code);
  if (neighbour) setCode(row, *neighbour);
}

void BitsState::stepExponent(int row, int direction) {
  const FormatRow& target = m_rows[static_cast<std::size_t>(row)];
  const NumberFormat& format = *target.format;
  if (format.isInteger()) {
    const std::int64_t q = core::numeric::explain(format, target.code).integer.value_or(0);
    const std::int64_t wanted = direction > 0 ? 2 * q : q / 2;
    if (wanted < format.minInteger() || wanted > format.maxInteger()) return;
    return setCode(row, static_cast<std::uint64_t>(wanted) & format.codeMask());
  }
  if (format.kind != FormatKind::Float) return step(row, direction);
  const std::uint64_t sign = target.code & format.signMask(), magnitude = target.code & ~format.signMask();
  const std::uint64_t one = std::uint64_t{1} << format.mantissaBits;
  if (direction < 0 && magnitude < one) return;
  const std::uint64_t moved = direction > 0 ? magnitude + one : magnitude - one;
  if (moved > format.maxFiniteCode()) return;
  setCode(row, sign | moved);
}

void BitsState::setRange(const std::optional<CodeRange>& range) {
  BitsSetup next = m_setup;
  if (range && !range->isUsable()) return;
  next.input.range = range ? *range : ownRange(m_number.nearest);
  next.input.range.chosen = range.has_value();
  change(std::move(next), tr("set the range"));
}

void BitsState::setBlockAbsmax(std::optional<double> absmax) {
  if (!absmax) return setRange(std::nullopt);
  if (*absmax > 0) setRange(CodeRange::symmetric(*absmax, true));
}

QString BitsState::setScale(const NumberFormat& format, const std::optional<TypedScale>& typed) {
  BitsSetup next = m_setup;
  const QString name = QString::fromStdString(format.name);
  if (typed)
    next.scales.insert(name, *typed);
  else
    next.scales.remove(name);
  try {
    (void)next.scaleOf(format);
  } catch (const core::Error& error) {
    return QString::fromUtf8(error.what());
  }
  change(std::move(next), tr("set the scale of %1").arg(titleOf(format)));
  return {};
}

void BitsState::setRounding(core::numeric::Rounding rounding) { setRule({rounding, m_setup.rule.draw}); }

void BitsState::setRule(const core::numeric::RoundingRule& rule) {
  BitsSetup next = m_setup;
  next.rule = rule;
  const bool rolls = rule.mode == core::numeric::Rounding::Stochastic && rule.mode == m_setup.rule.mode;
  change(std::move(next), rolls ? tr("roll") : tr("round differently"));
}

void BitsState::selectRow(int row) {
  if (row == m_selectedRow || row < 0 || row >= static_cast<int>(m_rows.size())) return;
  m_selectedRow = row;
  recomputeInterval();
  Q_EMIT selectedRowChanged();
}

QString BitsState::addFormat(const QString& name) {
  QString problem;
  const NumberFormat* wanted = format(name, &problem);
  if (wanted == nullptr) return problem;
  if (rowOf(*wanted) < 0) {
    if (m_setup.formats.size() >= kMostFormats) return tr("There are %1 formats already.").arg(kMostFormats);
    setFormats(m_setup.formats + QStringList{QString::fromStdString(wanted->name)});
  }
  selectRow(rowOf(*wanted));
  return {};
}

void BitsState::removeFormat(const QString& name) {
  QStringList names = m_setup.formats;
  names.removeAll(name);
  if (!names.isEmpty()) setFormats(names);
}

// In the order of the table; those of one's own behind it, in the order of their making.
void BitsState::setFormats(const QStringList& names) {
  BitsSetup next = m_setup;
  next.formats.clear();
  for (const NumberFormat& known : core::numeric::numberFormats())
    if (const QString name = QString::fromStdString(known.name); names.contains(name)) next.formats << name;
  for (const QString& name : names)
    if (!next.formats.contains(name) && format(name) != nullptr) next.formats << name;
  if (!next.formats.isEmpty()) change(std::move(next), tr("choose formats"));
}

void BitsState::setChain(std::vector<ChainStop> chain) {
  BitsSetup next = m_setup;
  next.chain = std::move(chain);
  change(std::move(next), tr("change the chain"));
}

}  // namespace app
