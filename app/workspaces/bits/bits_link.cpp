#include "app/workspaces/bits/bits_link.h"

#include <cmath>
#include <vector>

#include "app/selection/bits_state.h"
#include "app/text/tr.h"
#include "core/base/error.h"

namespace app {

using text::tr;

namespace {

using core::numeric::NumberFormat;
using core::numeric::Rounding;

const QString kScaleKey = QStringLiteral(".scale"), kZeroPointKey = QStringLiteral(".zero_point");

/// Of one format: "int8.scale".
bool isScaleKey(const QString& key) { return key.endsWith(kScaleKey) || key.endsWith(kZeroPointKey); }

QString nameOf(Rounding rounding) { return QLatin1String(core::numeric::toString(rounding)); }

QString chainText(const std::vector<ChainStop>& chain) {
  QStringList steps;
  for (const ChainStop& step : chain)
    steps << (step.rounding == Rounding::NearestEven ? step.format : step.format + u'/' + nameOf(step.rounding));
  return steps.join(u',');
}

void writeRange(const CodeRange& range, Link& link) {
  if (range.low == -range.high && !range.zeroPoint) return link.set(QStringLiteral("absmax"), shortText(range.high));
  link.set(QStringLiteral("low"), shortText(range.low));
  link.set(QStringLiteral("high"), shortText(range.high));
  if (range.zeroPoint) link.set(QStringLiteral("zero_point"), QStringLiteral("on"));
}

void writeScales(const QMap<QString, TypedScale>& scales, Link& link) {
  for (auto one = scales.constBegin(); one != scales.constEnd(); ++one) {
    link.set(one.key() + kScaleKey, one->scale);
    if (!one->zeroPoint.isEmpty()) link.set(one.key() + kZeroPointKey, one->zeroPoint);
  }
}

/// Reads the parts of a link one after the other into a setup; the first that cannot be read is said.
class Reader {
 public:
  Reader(const Link& link, BitsState& state) : m_link(link), m_state(state), m_setup(state.setup()) {}

  /// @return the sentence about what could not be read; empty for nothing
  QString read() {
    m_format = m_state.selected().format;
    // What a link does not say is as usual, not as it happens to be: it shows the same wherever it is opened.
    m_setup.rule = {};
    m_setup.input.range = CodeRange{};
    m_setup.scales.clear();
    if (m_link.path.size() > 2) return tr("\"%1\" names more than a format and its bits.").arg(m_link.toString());
    if (!m_link.path.isEmpty()) readFormat();
    readRounding();
    readRange();
    readScales();
    readChain();
    readNumber();
    readView();
    return m_problem;
  }
  BitsSetup& setup() { return m_setup; }
  const NumberFormat& format() const { return *m_format; }
  const LinkedView& view() const { return m_view; }

 private:
  bool fails(const QString& problem) {
    if (m_problem.isEmpty()) m_problem = problem;
    return !problem.isEmpty();
  }
  std::optional<double> numberOf(const QString& key) {
    if (!m_link.has(key)) return std::nullopt;
    bool isNumber = false;
    const double value = m_link.value(key).toDouble(&isNumber);
    if (isNumber && std::isfinite(value)) return value;
    fails(tr("%1 is a finite number; found \"%2\".").arg(key, m_link.value(key)));
    return std::nullopt;
  }
  void readFormat() {
    QString problem;
    const NumberFormat* format = m_state.format(m_link.path[0], &problem);
    if (format == nullptr) return void(fails(problem));
    m_format = format;
    const QString name = QString::fromStdString(format->name);
    if (!m_setup.formats.contains(name)) m_setup.formats << name;
  }
  void readRounding() {
    if (const auto draw = numberOf(QStringLiteral("draw"))) {
      if (*draw < 0 || *draw >= 1) fails(tr("draw lies from 0 to below 1; found %1.").arg(shortText(*draw)));
      m_setup.rule.draw = *draw;
    }
    if (!m_link.has(QStringLiteral("rounding"))) return;
    if (const auto mode = roundingOf(m_link.value(QStringLiteral("rounding")))) m_setup.rule.mode = *mode;
  }
  std::optional<Rounding> roundingOf(const QString& name) {
    const auto mode = core::numeric::findRounding(name.toStdString());
    if (!mode)
      fails(tr("\"%1\" is no rounding: nearest_even, nearest_away, toward_zero, up, down or stochastic.").arg(name));
    return mode;
  }
  void readRange() {
    CodeRange& range = m_setup.input.range;
    if (const auto absmax = numberOf(QStringLiteral("absmax"))) range = CodeRange::symmetric(*absmax, true);
    const auto low = numberOf(QStringLiteral("low")), high = numberOf(QStringLiteral("high"));
    const QString zero = m_link.value(QStringLiteral("zero_point"));
    const bool zeroPoint = zero == QStringLiteral("on");
    if (!zero.isEmpty() && !zeroPoint && zero != QStringLiteral("off"))
      fails(tr("zero_point is on or off, and that of one format is written int8.zero_point; found \"%1\".").arg(zero));
    if (low || high) range = {low.value_or(range.low), high.value_or(range.high), false, true};
    if (m_link.has(QStringLiteral("zero_point"))) range.zeroPoint = zeroPoint;
    if (!range.isUsable())
      fails(tr("A range goes from a number to a larger one; found %1 and %2.")
                .arg(shortText(range.low), shortText(range.high)));
  }
  void readScales() {
    for (const auto& [key, value] : m_link.query.queryItems())
      if (isScaleKey(key)) readScale(key.section(u'.', 0, 0));
  }
  void readScale(const QString& name) {
    QString problem;
    const NumberFormat* format = m_state.format(name, &problem);
    if (format == nullptr) return void(fails(problem));
    m_setup.scales.insert(QString::fromStdString(format->name),
                          {m_link.value(name + kScaleKey), m_link.value(name + kZeroPointKey)});
    try {
      (void)m_setup.scaleOf(*format);
    } catch (const core::Error& error) {
      fails(QString::fromUtf8(error.what()));
    }
  }
  // Names of custom formats have commas of their own: a piece with "=" goes on with the name before it.
  void readChain() {
    if (!m_link.has(QStringLiteral("chain"))) return;
    QStringList steps;
    for (const QString& piece : m_link.value(QStringLiteral("chain")).split(u',', Qt::SkipEmptyParts)) {
      const bool goesOn = !steps.isEmpty() && piece.contains(u'=') && !piece.contains(u':');
      if (goesOn)
        steps.last() += u',' + piece;
      else
        steps << piece;
    }
    m_setup.chain.clear();
    for (const QString& step : steps) readStep(step);
  }
  void readStep(const QString& text) {
    const qsizetype slash = text.indexOf(u'/');
    QString problem;
    const NumberFormat* format = m_state.format(slash < 0 ? text : text.left(slash), &problem);
    if (format == nullptr) return void(fails(problem));
    ChainStop step{QString::fromStdString(format->name)};
    if (slash >= 0) step.rounding = roundingOf(text.mid(slash + 1)).value_or(step.rounding);
    m_setup.chain.push_back(step);
  }
  void readNumber() {
    const bool hasText = m_link.has(QStringLiteral("text"));
    if (m_link.path.size() < 2 && !hasText) return;
    BitsInput& input = m_setup.input;
    input.text = hasText ? m_link.value(QStringLiteral("text")) : m_link.path[1];
    input.display = input.text;
    input.origin.clear();
    input.patternFormat = QString::fromStdString(m_format->name);
    if (!m_problem.isEmpty()) return;
    try {
      const auto scale = m_setup.scaleOf(*m_format);
      const auto number = core::numeric::parseTypedNumber(input.text.toStdString(), *m_format, scale);
      if (number.patternFormat) input.display = shortText(number.nearest);
      if (!number.patternFormat && !hasText) fails(tr("Bits are written 0x… or 0b…; found \"%1\".").arg(input.text));
    } catch (const core::Error& error) {
      fails(QString::fromUtf8(error.what()));
    }
  }
  void readView() {
    if (const QString spacing = m_link.value(QStringLiteral("spacing")); !spacing.isEmpty()) {
      const auto named = findSpacing(spacing);
      if (!named) fails(tr("The spacing of the number line is linear or values; found \"%1\".").arg(spacing));
      m_view.spacing = named.value_or(Spacing::Linear);
    }
    const QString name = m_link.value(QStringLiteral("view"));
    if (name.isEmpty()) return;
    for (const LensTab tab : {LensTab::Value, LensTab::Rounding, LensTab::Line, LensTab::Chain, LensTab::Range,
                              LensTab::Tensor, LensTab::Arithmetic})
      if (lensName(tab) == name) m_view.tab = tab;
    if (!m_view.tab) fails(tr("There is no view \"%1\" in Bits.").arg(name));
  }

  const Link& m_link;
  BitsState& m_state;
  BitsSetup m_setup;
  const NumberFormat* m_format = nullptr;
  LinkedView m_view;
  QString m_problem;
};

}  // namespace

QStringList numberKeys(const Link& link) {
  QStringList keys;
  for (const char* key :
       {"text", "rounding", "draw", "chain", "absmax", "low", "high", "zero_point", "view", "spacing"})
    keys << QLatin1String(key);
  for (const auto& [key, value] : link.query.queryItems())
    if (isScaleKey(key)) keys << key;
  return keys;
}

Link numberLink(const BitsState& state, const LinkedView& view) {
  const LensTab tab = view.tab.value_or(LensTab::Value);
  const FormatRow& row = state.selected();
  const QString name = QString::fromStdString(row.format->name);
  Link link{QStringLiteral("bits"), {name}, {}};
  const BitsInput& input = state.input();
  if (state.number().patternFormat && input.patternFormat == name)
    link.path << QString::fromStdString(row.explanation.hex);
  else if (state.number().patternFormat)
    link.set(QStringLiteral("text"), QString::fromStdString(core::numeric::exactText(state.number().nearest)));
  else
    link.set(QStringLiteral("text"), input.text);
  if (state.rounding() != Rounding::NearestEven) link.set(QStringLiteral("rounding"), nameOf(state.rounding()));
  if (state.rounding() == Rounding::Stochastic) link.set(QStringLiteral("draw"), shortText(state.rule().draw));
  if (row.format->isScaled() || input.range.chosen) writeRange(input.range, link);
  writeScales(state.setup().scales, link);
  if (tab == LensTab::Chain) link.set(QStringLiteral("chain"), chainText(state.setup().chain));
  if (tab == LensTab::Line && view.spacing != Spacing::Linear)
    link.set(QStringLiteral("spacing"), nameOf(view.spacing));
  if (tab != LensTab::Value) link.set(QStringLiteral("view"), lensName(tab));
  return link;
}

QString openNumberLink(const Link& link, BitsState& state, LinkedView& view) {
  Reader reader(link, state);
  const QString problem = reader.read();
  if (!problem.isEmpty()) return problem;
  state.change(reader.setup(), tr("follow a link"));
  state.selectRow(state.rowOf(reader.format()));
  view = reader.view();
  if (!view.tab && !state.number().isArithmetic()) view.tab = LensTab::Value;
  return {};
}

}  // namespace app
