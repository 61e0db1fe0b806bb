#include "app/workspaces/bits/format_details.h"

#include <QBoxLayout>
#include <QGridLayout>
#include <cmath>

#include "app/selection/bits_state.h"
#include "app/text/numbers.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "app/workspaces/bits/rounding_text.h"
#include "core/numeric/number_text.h"

namespace app {
namespace {

const QString kNone = QStringLiteral("—");

/// Long digit strings may wrap anywhere.
QString breakable(const QString& digits) {
  QString result;
  for (qsizetype i = 0; i < digits.size(); i += 10) result += digits.mid(i, 10) + QChar(0x200B);
  return result;
}

}  // namespace

FormatDetails::FormatDetails(BitsState& state, QWidget* parent)
    : QWidget(parent),
      m_state(state),
      m_columns(new QBoxLayout(QBoxLayout::LeftToRight)),
      m_facts(new QGridLayout),
      m_title(new Label(Label::Style::Heading)),
      m_exact(new Label(Label::Style::Number)),
      m_formula(new Label(Label::Style::Number)),
      m_fields(new Label(Label::Style::Muted)),
      m_rounding(new Label(Label::Style::Muted)),
      m_scheme(new Label(Label::Style::Body)),
      m_heading(new QBoxLayout(QBoxLayout::LeftToRight)) {
  auto* outer = new QVBoxLayout(this);
  outer->setContentsMargins(0, space::kHalf, 0, 0);
  outer->setSpacing(space::kOne);
  auto* value = new QVBoxLayout;
  value->setSpacing(space::kHalf + 2);
  for (Label* label : {m_exact, m_formula, m_fields, m_rounding, m_scheme}) {
    label->setWrapping();
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
  }
  m_heading->setSpacing(space::kOne);
  m_heading->addWidget(m_title, 0, Qt::AlignTop);
  m_heading->addWidget(m_exact, 1, Qt::AlignTop);
  value->addLayout(m_heading);
  value->addWidget(m_formula);
  value->addWidget(m_fields);
  value->addWidget(m_rounding);
  value->addWidget(m_scheme);
  value->addStretch(1);
  m_facts->setHorizontalSpacing(space::kOneHalf);
  m_facts->setVerticalSpacing(3);
  m_hex = addFact(tr("Code"));
  m_class = addFact(tr("Class"));
  m_exponent = addFact(tr("Exponent"));
  m_mantissa = addFact(tr("Significand"));
  m_shortest = addFact(tr("Shortest"));
  m_shortest->setToolTip(tr("The fewest digits that read back as this code"));
  m_ulp = addFact(tr("Unit (ulp)"));
  m_previous = addFact(tr("Previous"));
  m_next = addFact(tr("Next"));
  m_interval = addFact(tr("Rounds here"));
  m_error = addFact(tr("Error"));
  m_relative = addFact(tr("Relative"));
  m_ulps = addFact(tr("In units"));
  m_columns->setSpacing(space::kThree);
  m_columns->addLayout(value, 2);
  auto* right = new QVBoxLayout;
  right->setSpacing(space::kOne);
  right->addLayout(m_facts);
  right->addStretch(1);
  m_columns->addLayout(right, 3);
  outer->addLayout(m_columns);
  outer->addStretch(1);
  m_scheme->setObjectName(QStringLiteral("scheme-note"));
  m_scheme->hide();
  placeFacts(2);
  connect(&state, &BitsState::changed, this, &FormatDetails::refresh);
  connect(&state, &BitsState::selectedRowChanged, this, &FormatDetails::refresh);
  refresh();
}

Label* FormatDetails::addFact(const QString& caption) {
  auto* name = new Label(Label::Style::Hint, caption);
  auto* value = new Label(Label::Style::Number);
  value->setWrapping();
  value->setAccessibleName(caption);
  m_factLabels.emplace_back(name, value);
  return value;
}

void FormatDetails::placeFacts(int columns) {
  const int rows = (static_cast<int>(m_factLabels.size()) + columns - 1) / columns;
  for (int i = 0; i < static_cast<int>(m_factLabels.size()); ++i) {
    const auto& [name, value] = m_factLabels[static_cast<std::size_t>(i)];
    m_facts->addWidget(name, i % rows, 2 * (i / rows), Qt::AlignTop);
    m_facts->addWidget(value, i % rows, 2 * (i / rows) + 1, Qt::AlignTop);
  }
  for (int column = 0; column < 2; ++column) m_facts->setColumnStretch(2 * column + 1, column < columns ? 1 : 0);
  for (int row = 0; row < 14; ++row) m_facts->setRowStretch(row, row == rows ? 1 : 0);
}

void FormatDetails::setNarrow(bool narrow) {
  m_columns->setDirection(narrow ? QBoxLayout::TopToBottom : QBoxLayout::LeftToRight);
  m_heading->setDirection(narrow ? QBoxLayout::TopToBottom : QBoxLayout::LeftToRight);
  placeFacts(narrow ? 1 : 2);
}

void FormatDetails::setSchemeNote(const QString& note, const QString& origin, double number) {
  m_scheme->setText(note);
  m_noteOrigin = origin;
  m_noteNumber = number;
  refreshNote();
}

void FormatDetails::refreshNote() {
  const double number = m_state.number().nearest;
  const bool sameNumber = number == m_noteNumber || (std::isnan(number) && std::isnan(m_noteNumber));
  m_scheme->setVisible(!m_scheme->text().isEmpty() && sameNumber && m_state.input().origin == m_noteOrigin);
}

void FormatDetails::refresh() {
  refreshNote();
  const FormatRow& row = m_state.selected();
  const core::numeric::Explanation& e = row.explanation;
  m_title->setText(tr("%1 stores").arg(titleOf(*row.format)));
  m_exact->setText(breakable(QString::fromStdString(e.valueText)));
  m_formula->setText(QStringLiteral("= ") + formulaText(row));
  m_fields->setText(fieldSentence(row));
  m_fields->setVisible(!m_fields->text().isEmpty());
  m_rounding->setText(roundingSentence(row, m_state.rule()));
  m_hex->setText(QString::fromStdString(e.hex));
  m_class->setText(className(e.numberClass));
  m_exponent->setText(e.exponentField ? exponentText(row) : kNone);
  m_mantissa->setText(significandText(row));
  m_shortest->setText(QString::fromStdString(core::numeric::shortestText(*row.format, row.code, row.scale)));
  m_ulp->setText(std::isfinite(e.ulp) ? text::trimmed(e.ulp, 9) : kNone);
  refreshNeighbours(row);
  refreshErrors(row);
}

QString FormatDetails::significandText(const FormatRow& row) const {
  const core::numeric::Explanation& e = row.explanation;
  if (e.mantissaField && e.implicitBit)
    return tr("implicit %1 + %2/2%3")
        .arg(*e.implicitBit)
        .arg(*e.mantissaField)
        .arg(text::superscript(static_cast<int>(row.format->mantissaBits)));
  const QString scale = scaleShown(m_state, row, 5);
  if (e.integer && row.scale.zeroPoint != 0)
    return tr("q = %1, Z = %2, S = %3").arg(*e.integer).arg(row.scale.zeroPoint).arg(scale);
  if (e.integer) return tr("q = %1, S = %2").arg(*e.integer).arg(scale);
  if (e.codeBookIndex) return tr("level %1 of %2").arg(*e.codeBookIndex).arg(row.format->codeBook.size());
  return kNone;
}

void FormatDetails::refreshNeighbours(const FormatRow& row) {
  const auto valueOf = [&](std::uint64_t code) { return core::numeric::decode(*row.format, code, row.scale); };
  std::vector<double> near = {row.value};
  for (const auto& code : {row.explanation.previous, row.explanation.next})
    if (code) near.push_back(valueOf(*code));
  const int digits = text::digitsToTellApart(near, 12);
  const auto neighbour = [&](const std::optional<std::uint64_t>& code) {
    return code ? text::trimmed(valueOf(*code), digits) : kNone;
  };
  m_previous->setText(neighbour(row.explanation.previous));
  m_next->setText(neighbour(row.explanation.next));
  // The ends lie half way between those.
  m_interval->setText(m_state.interval() ? intervalText(*m_state.interval(), digits + 1) : kNone);
}

void FormatDetails::refreshErrors(const FormatRow& row) {
  QString error = kNone, relative = kNone, ulps = kNone;
  if (row.isExact()) {
    error = tr("none: exact");
  } else if (row.exactError) {
    error = exactShown(*row.exactError, 9);
    if (!std::isnan(row.relative)) relative = text::number(row.relative * 100, 4) + QChar(0x202F) + u'%';
    const double unit = std::fabs(row.explanation.ulp);
    if (unit > 0 && std::isfinite(unit)) ulps = tr("%1 ulp").arg(text::trimmed(row.error / unit, 5));
  } else if (row.decision.overflow) {
    error = tr("infinite: overflow");
  }
  m_error->setText(error);
  m_relative->setText(relative);
  m_ulps->setText(ulps);
}

}  // namespace app
