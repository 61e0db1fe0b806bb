#include "app/workspaces/bits/arithmetic_view.h"

#include <QHBoxLayout>
#include <QPushButton>
#include <QVBoxLayout>
#include <cmath>

#include "app/selection/bits_state.h"
#include "app/text/numbers.h"
#include "app/widgets/label.h"
#include "app/widgets/text_table.h"
#include "app/widgets/theme.h"
#include "app/workspaces/bits/arithmetic_text.h"
#include "app/workspaces/bits/rounding_text.h"

namespace app {
namespace {

using core::numeric::ArithmeticException;
using core::numeric::Evaluation;
using core::numeric::EvaluationStep;
using core::numeric::ExactNumber;

QString hex(const FormatRow& row, std::uint64_t code) {
  const int digits = static_cast<int>((row.format->bits + 3) / 4);
  return QStringLiteral("0x") + QString::number(static_cast<qulonglong>(code), 16).rightJustified(digits, u'0');
}

/// What the operation gives before it is rounded.
QString exactly(const EvaluationStep& step) {
  const bool none =
      step.exception == ArithmeticException::Invalid || step.exception == ArithmeticException::DivisionByZero;
  return none ? ArithmeticView::tr("no value") : exactShown(step.exact, 17);
}

QString errorText(const ExactNumber& error) {
  if (error.isNan()) return QStringLiteral("—");
  return error.isZero() ? ArithmeticView::tr("exact") : exactShown(error, 6);
}

/// How many values apart two codes are, by their distance in units of the second.
QString unitsApart(const FormatRow& row, const Evaluation& computed) {
  const double unit = std::fabs(row.explanation.ulp), value = core::numeric::nearestDouble(computed.value);
  if (computed.code == row.code || value == row.value) return ArithmeticView::tr("nothing");
  if (!std::isfinite(value) || !std::isfinite(row.value) || !(unit > 0)) return ArithmeticView::tr("another value");
  return ArithmeticView::tr("%1 ulp").arg(text::trimmed((value - row.value) / unit, 4));
}

}  // namespace

ArithmeticView::ArithmeticView(BitsState& state, QWidget* parent)
    : QWidget(parent),
      m_state(state),
      m_steps(new TextTable({tr("Step"), tr("Exactly"), tr("Stored"), tr("Error"), tr("Code")},
                            tr("Steps of the computation"), 1)),
      m_formats(new TextTable({tr("Format"), tr("Off by"), tr("Computes")}, tr("Every format's result"), 1)),
      m_hint(new Label(Label::Style::Hint)),
      m_take(new QPushButton(tr("Look at the result"))) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, space::kHalf, 0, 0);
  layout->setSpacing(space::kHalf);
  auto* row = new QHBoxLayout;
  m_hint->setElide(Qt::ElideRight);
  row->addWidget(m_hint, 1);
  m_take->setToolTip(tr("Puts the code that the selected format computed under the lens"));
  m_take->setObjectName(QStringLiteral("arithmetic-take"));
  row->addWidget(m_take);
  layout->addLayout(row);
  auto* tables = new QHBoxLayout;
  tables->setSpacing(space::kTwo);
  m_steps->fitColumns();
  m_steps->setColumnToolTip(1, tr("The result of the operation on what is stored, before it is rounded"));
  m_formats->fitColumns();
  m_formats->setColumnToolTip(1, tr("Against rounding the exact result once"));
  m_steps->setObjectName(QStringLiteral("arithmetic-steps"));
  tables->addWidget(m_steps, 2);
  tables->addWidget(m_formats, 1);
  layout->addLayout(tables, 1);
  connect(m_take, &QPushButton::clicked, this,
          [this] { m_state.setCode(m_state.selectedRow(), computedIn(m_state, m_state.selected()).code); });
  connect(m_formats, &QTableWidget::cellClicked, this, [this](int line) { m_state.selectRow(line); });
  connect(&state, &BitsState::changed, this, &ArithmeticView::refresh);
  connect(&state, &BitsState::selectedRowChanged, this, &ArithmeticView::refresh);
  refresh();
}

void ArithmeticView::refresh() {
  if (!m_state.number().isArithmetic()) return;
  m_hint->setText(tr("What is typed is read into %1, then every operation is rounded to it; beside: every format.")
                      .arg(titleOf(*m_state.selected().format)));
  fillSteps();
  fillFormats();
}

void ArithmeticView::fillSteps() {
  const FormatRow& row = m_state.selected();
  std::vector<QStringList> lines;
  for (const EvaluationStep& step : computedIn(m_state, row).steps)
    lines.push_back({operationText(row, step), exactly(step), storedText(row, step.code), errorText(step.error),
                     hex(row, step.code)});
  m_steps->setLines(lines);
}

void ArithmeticView::fillFormats() {
  std::vector<QStringList> lines;
  for (const FormatRow& row : m_state.rows()) {
    const Evaluation computed = computedIn(m_state, row);
    lines.push_back({titleOf(*row.format), unitsApart(row, computed), storedText(row, computed.code)});
  }
  m_formats->setLines(lines);
  m_formats->selectRow(m_state.selectedRow());
}

}  // namespace app
