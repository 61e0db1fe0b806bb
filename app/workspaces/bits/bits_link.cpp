#include "app/workspaces/bits/bits_link.h"

#include <QCoreApplication>
#include <cmath>
#include <vector>

#include "app/selection/bits_state.h"
#include "core/base/error.h"

namespace app {
namespace {

using core::numeric::NumberFormat;
using core::numeric::Rounding;

QString tr(const char* text) { return QCoreApplication::translate("bits", text); }

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
    if (m_link.path.size() > 2) return tr("\"%1\" names more than a format and its bits.").arg(m_link.toString());
    if (!m_link.path.isEmpty()) readFormat();
    readRounding();
    readRange();
    readChain();
    readNumber();
    readView();
    return m_problem;
  }
  BitsSetup& setup() { return m_setup; }
  const NumberFormat& format() const { return *m_format; }
  const std::optional<LensTab>& tab() const { return m_tab; }

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
    const bool zeroPoint = m_link.value(QStringLiteral("zero_point")) == QStringLiteral("on");
    if (low || high) range = {low.value_or(range.low), high.value_or(range.high), false, true};
    if (m_link.has(QStringLiteral("zero_point"))) range.zeroPoint = zeroPoint;
    if (!range.isUsable())
      fails(tr("A range goes from a number to a larger one; found %1 and %2.")
                .arg(shortText(range.low), shortText(range.high)));
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
    try {
      const auto scale = m_state.scaleFor(*m_format, input.range);
      const auto number = core::numeric::parseTypedNumber(input.text.toStdString(), *m_format, scale);
      if (number.patternFormat) input.display = shortText(number.nearest);
      if (!number.patternFormat && !hasText) fails(tr("Bits are written 0x… or 0b…; found \"%1\".").arg(input.text));
    } catch (const core::Error& error) {
      fails(QString::fromUtf8(error.what()));
    }
  }
  void readView() {
    const QString name = m_link.value(QStringLiteral("view"));
    if (name.isEmpty()) return;
    for (const LensTab tab : {LensTab::Value, LensTab::Rounding, LensTab::Line, LensTab::Chain, LensTab::Range,
                              LensTab::Tensor, LensTab::Arithmetic})
      if (lensName(tab) == name) m_tab = tab;
    if (!m_tab) fails(tr("There is no view \"%1\" in Bits.").arg(name));
  }

  const Link& m_link;
  BitsState& m_state;
  BitsSetup m_setup;
  const NumberFormat* m_format = nullptr;
  std::optional<LensTab> m_tab;
  QString m_problem;
};

}  // namespace

Link numberLink(const BitsState& state, LensTab tab) {
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
  if (tab == LensTab::Chain) link.set(QStringLiteral("chain"), chainText(state.setup().chain));
  if (tab != LensTab::Value) link.set(QStringLiteral("view"), lensName(tab));
  return link;
}

QString openNumberLink(const Link& link, BitsState& state, std::optional<LensTab>& tab) {
  Reader reader(link, state);
  const QString problem = reader.read();
  if (!problem.isEmpty()) return problem;
  state.change(reader.setup(), tr("follow a link"));
  state.selectRow(state.rowOf(reader.format()));
  tab = reader.tab();
  if (!tab && !state.number().isArithmetic()) tab = LensTab::Value;
  return {};
}

}  // namespace app
