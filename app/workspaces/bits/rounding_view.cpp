#include "app/workspaces/bits/rounding_view.h"

#include <QBoxLayout>
#include <QButtonGroup>
#include <QGridLayout>
#include <QPushButton>
#include <QRadioButton>
#include <QRandomGenerator>
#include <QSignalBlocker>
#include <algorithm>
#include <cmath>

#include "app/selection/bits_state.h"
#include "app/text/numbers.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "app/workspaces/bits/bit_rows.h"
#include "app/workspaces/bits/guard_bits.h"
#include "app/workspaces/bits/rounding_text.h"

namespace app {
namespace {

using core::numeric::ExactNumber;
using core::numeric::FormatId;
using core::numeric::FormatKind;
using core::numeric::NumberFormat;
using core::numeric::Rounding;
using core::numeric::RoundingRule;

constexpr int kFewestDigits = 7;
constexpr int kSideBySide = 780;  ///< from this width on the modes stand beside the decision

/// FP32's bits, and FP64's for what FP32 holds no more of.
const NumberFormat& sourceOf(const NumberFormat& format) {
  const bool wide = format.mantissaBits >= 23 || format.exponentBits > 8;
  return core::numeric::numberFormat(wide ? FormatId::Fp64 : FormatId::Fp32);
}

int digitsFor(std::vector<double> values) {
  std::erase_if(values, [](double value) { return !std::isfinite(value); });
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return text::digitsToTellApart(values, kFewestDigits);
}

QString errorText(const ExactNumber& error) {
  if (error.isZero()) return RoundingView::tr("exact");
  if (!error.isFinite()) return QStringLiteral("—");
  return (error.isNegative() ? QString() : QStringLiteral("+")) + text::number(core::numeric::nearestDouble(error), 2);
}

}  // namespace

RoundingView::RoundingView(BitsState& state, QWidget* parent)
    : QWidget(parent),
      m_state(state),
      m_guard(new GuardBits),
      m_sentence(new Label(Label::Style::Body)),
      m_interval(new Label(Label::Style::Muted)),
      m_bitsTitle(new Label(Label::Style::Hint)),
      m_rolls(new Label(Label::Style::Muted)),
      m_bits(new BitRows),
      m_group(new QButtonGroup(this)),
      m_roll(new QPushButton(tr("Roll"))),
      m_rollMany(new QPushButton(tr("Roll 1000 ×"))) {
  m_columns = new QBoxLayout(QBoxLayout::LeftToRight, this);
  m_columns->setContentsMargins(0, space::kHalf, 0, 0);
  m_columns->setSpacing(space::kTwo);
  const auto keepSmall = [this] { setMinimumWidth(Theme::instance().px(600)); };  // then the columns stand in one
  keepSmall();
  connect(&Theme::instance(), &Theme::changed, this, keepSmall);
  m_columns->addWidget(buildDecision(), 1);
  m_columns->addWidget(buildModes());
  connect(m_roll, &QPushButton::clicked, this, [this] { roll(1); });
  connect(m_rollMany, &QPushButton::clicked, this, [this] { roll(1000); });
  connect(m_group, &QButtonGroup::idClicked, this,
          [this](int mode) { m_state.setRounding(static_cast<Rounding>(mode)); });
  connect(&state, &BitsState::changed, this, &RoundingView::refresh);
  connect(&state, &BitsState::selectedRowChanged, this, &RoundingView::refresh);
  refresh();
}

QWidget* RoundingView::buildDecision() {
  auto* widget = new QWidget;
  auto* layout = new QVBoxLayout(widget);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(space::kOne);
  auto* row = new QHBoxLayout;
  row->setSpacing(space::kTwo);
  row->addWidget(m_guard, 0, Qt::AlignTop);
  auto* words = new QVBoxLayout;
  words->setSpacing(space::kHalf);
  m_sentence->setWrapping();
  m_sentence->setObjectName(QStringLiteral("rounding-sentence"));
  m_interval->setWrapping();
  words->addWidget(m_sentence);
  words->addWidget(m_interval);
  row->addLayout(words, 1);
  layout->addLayout(row);
  layout->addWidget(m_bitsTitle);
  m_bits->setAccessibleName(tr("Cut off against rounded, bit by bit"));
  m_bits->setObjectName(QStringLiteral("rounding-bits"));
  layout->addWidget(m_bits);
  layout->addStretch(1);
  return widget;
}

QWidget* RoundingView::buildModes() {
  auto* widget = new QWidget;
  auto* grid = new QGridLayout(widget);
  grid->setContentsMargins(0, 0, 0, 0);
  grid->setHorizontalSpacing(space::kOne);
  grid->setVerticalSpacing(0);
  int line = 0;
  for (const Rounding mode : kRoundings) {
    ModeLine shown{new QRadioButton(roundingName(mode)), new Label(Label::Style::Number),
                   new Label(Label::Style::Number)};
    m_group->addButton(shown.button, static_cast<int>(mode));
    shown.button->setToolTip(tr("Round this way, in every format"));
    shown.value->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    shown.error->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    shown.error->setRole(Label::Style::Hint);
    grid->addWidget(shown.button, line, 0);
    grid->addWidget(shown.value, line, 1);
    grid->addWidget(shown.error, line++, 2);
    m_modes.push_back(shown);
  }
  auto* rolls = new QHBoxLayout;
  rolls->setSpacing(space::kOne);
  m_roll->setObjectName(QStringLiteral("roll"));
  m_rollMany->setObjectName(QStringLiteral("roll-many"));
  m_rolls->setWrapping();
  m_rolls->setObjectName(QStringLiteral("rolls"));
  rolls->addWidget(m_roll);
  rolls->addWidget(m_rollMany);
  rolls->addStretch(1);
  grid->addLayout(rolls, line++, 0, 1, 3);
  grid->addWidget(m_rolls, line++, 0, 1, 3);
  grid->setColumnStretch(1, 1);
  grid->setRowStretch(line, 1);
  return widget;
}

void RoundingView::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  const bool narrow = width() < Theme::instance().px(kSideBySide);
  m_columns->setDirection(narrow ? QBoxLayout::TopToBottom : QBoxLayout::LeftToRight);
}

void RoundingView::refresh() {
  const FormatRow& row = m_state.selected();
  m_guard->setDecision(row.decision);
  m_sentence->setText(roundingSentence(row, m_state.rule()));
  const auto& interval = m_state.interval();
  m_interval->setText(interval ? tr("Everything in %1 becomes this code.").arg(intervalText(*interval)) : QString());
  m_interval->setVisible(interval.has_value());
  refreshBits(row);
  refreshModes(row);
  m_rolled = m_away = 0;
  m_sum = 0;
  refreshRolls();
}

// The way hardware and hand go: from FP32's bits to fewer. Cutting off is the one way, rounding the other.
void RoundingView::refreshBits(const FormatRow& row) {
  const NumberFormat& target = *row.format;
  const NumberFormat& source = sourceOf(target);
  const auto from = core::numeric::encodeTyped(source, m_state.number(), RoundingRule());
  const double value = core::numeric::decode(source, from.decision.code);
  const bool shown =
      target.kind == FormatKind::Float && target.mantissaBits < source.mantissaBits && std::isfinite(value);
  m_bits->setVisible(shown);
  m_bitsTitle->setVisible(shown);
  if (!shown) return;
  const auto decision = core::numeric::decideRounding(target, value, m_state.rule());
  const std::uint64_t cutCode = decision.truncatedCode, code = decision.code;
  const auto valueOf = [&](std::uint64_t of) { return core::numeric::decode(target, of); };
  const int digits = digitsFor({value, valueOf(cutCode), valueOf(code)});
  const auto valueText = [&](std::uint64_t of) { return text::trimmed(valueOf(of), digits); };
  // What FP32 has rounded already is rounded again here; the row of the table was rounded once.
  const bool twice = code != row.code && row.scale.scale == 1;
  m_bitsTitle->setText(
      twice ? tr("From the bits of %1: cut off against rounded. Rounded twice it ends elsewhere than the "
                 "number itself: see Conversions.")
                  .arg(titleOf(source))
            : tr("From the bits of %1 (hatched: cut off): cut off against rounded").arg(titleOf(source)));
  const auto distance = [&](std::uint64_t of) {
    const double error = valueOf(of) - value;
    return error == 0 ? tr("exact") : std::isfinite(error) ? text::number(error, 2) : QStringLiteral("—");
  };
  m_bits->setRows({
      {titleOf(source),
       &source,
       from.decision.code,
       bitsCutOff(source, from.decision.code, target, cutCode),
       0,
       text::trimmed(value, digits),
       {},
       false},
      {tr("cut off"), &target, cutCode, 0, 0, valueText(cutCode), distance(cutCode), false},
      {tr("rounded"), &target, code, 0, code ^ cutCode, valueText(code), distance(code), false},
  });
}

void RoundingView::refreshModes(const FormatRow& row) {
  std::vector<core::numeric::TypedEncoding> encodings;
  std::vector<double> values;
  for (const Rounding mode : kRoundings) {
    encodings.push_back(core::numeric::encodeTyped(*row.format, m_state.number(), {mode, m_state.rule().draw},
                                                   core::numeric::Overflow::AsFormat, row.scale));
    values.push_back(core::numeric::decode(*row.format, encodings.back().decision.code, row.scale));
  }
  const int digits = digitsFor(values);
  for (std::size_t i = 0; i < m_modes.size(); ++i) {
    const ModeLine& line = m_modes[i];
    const QSignalBlocker quiet(line.button);
    line.button->setChecked(kRoundings[i] == m_state.rounding());
    line.value->setText(text::trimmed(values[i], digits));
    const auto& exact = encodings[i].error;
    QString error = exact ? errorText(*exact) : QStringLiteral("—");
    if (kRoundings[i] == Rounding::Stochastic && exact && !exact->isZero())
      error = tr("away: %1").arg(probabilityText(row.decision.fraction));
    line.error->setText(error);
  }
}

void RoundingView::roll(int times) {
  const FormatRow row = m_state.selected();  // setDraw makes another
  std::uint64_t rolled = m_rolled, away = m_away;
  double sum = m_sum, draw = 0;
  for (int i = 0; i < times; ++i) {
    draw = QRandomGenerator::global()->generateDouble();
    const auto encoding = core::numeric::encodeTyped(*row.format, m_state.number(), {Rounding::Stochastic, draw},
                                                     core::numeric::Overflow::AsFormat, row.scale);
    ++rolled;
    away += encoding.decision.direction == core::numeric::RoundingDirection::AwayFromZero ? 1 : 0;
    sum += core::numeric::decode(*row.format, encoding.decision.code, row.scale);
  }
  m_state.setRule({Rounding::Stochastic, draw});
  m_rolled = rolled, m_away = away, m_sum = sum;
  refreshRolls();
}

void RoundingView::refreshRolls() {
  const bool canRoll = m_state.selected().exactError && m_state.selected().decision.fraction > 0;
  m_roll->setEnabled(canRoll);
  m_rollMany->setEnabled(canRoll);
  if (m_rolled == 0)
    return m_rolls->setText(
        canRoll
            ? tr("Away from zero with a probability of %1.").arg(probabilityText(m_state.selected().decision.fraction))
            : tr("Nothing is cut off: every roll gives the same."));
  const auto rolled = static_cast<double>(m_rolled);
  m_rolls->setText(tr("%1 of %2 rolls went away from zero (%3); their mean is %4.")
                       .arg(text::count(m_away), text::count(m_rolled),
                            text::percent(static_cast<double>(m_away) / rolled), text::trimmed(m_sum / rolled, 6)));
}

}  // namespace app
