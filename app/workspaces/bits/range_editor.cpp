#include "app/workspaces/bits/range_editor.h"

#include <QCheckBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QStyle>
#include <QVBoxLayout>
#include <cmath>

#include "app/selection/bits_state.h"
#include "app/text/numbers.h"
#include "app/widgets/label.h"
#include "app/widgets/popup_place.h"
#include "app/widgets/theme.h"
#include "app/workspaces/bits/rounding_text.h"
#include "app/workspaces/bits/scale_editor.h"
#include "core/base/error.h"

namespace app {

namespace {
constexpr int kWidth = 350;  ///< at 100 %
}  // namespace

QString rangeText(const BitsState& state) {
  if (state.typedScale(*state.selected().format) != nullptr) return scaleSentence(state);
  const CodeRange& range = state.input().range;
  const bool symmetric = range.low == -range.high && !range.zeroPoint;
  return symmetric ? RangeEditor::tr("Range: absmax %1").arg(text::trimmed(range.high, 4))
                   : RangeEditor::tr("Range: %1 … %2").arg(text::trimmed(range.low, 3), text::trimmed(range.high, 3));
}

RangeEditor::RangeEditor(BitsState& state, QWidget* parent)
    : QFrame(parent, Qt::Popup),
      m_state(state),
      m_zeroPoint(new QCheckBox(tr("Signed integers with a zero-point, too"))),
      m_follow(new QPushButton(tr("Follow the number"))),
      m_formulas(new Label(Label::Style::Number)),
      m_problem(new Label(Label::Style::Error)),
      m_scale(new ScaleEditor(state)) {
  setObjectName(QStringLiteral("range-editor"));
  setAccessibleName(tr("Range of the scaled formats"));
  setProperty("kind", QStringLiteral("popup"));
  build();
  connect(m_absmax, &QLineEdit::editingFinished, this, &RangeEditor::takeAbsmax);
  connect(m_low, &QLineEdit::editingFinished, this, &RangeEditor::takeEnds);
  connect(m_high, &QLineEdit::editingFinished, this, &RangeEditor::takeEnds);
  connect(m_zeroPoint, &QCheckBox::clicked, this, &RangeEditor::takeZeroPoint);
  connect(m_follow, &QPushButton::clicked, this, &RangeEditor::followNumber);
  for (QLineEdit* field : {m_absmax, m_low, m_high})
    connect(field, &QLineEdit::textEdited, this, [this, field] { showProblem(field, {}); });
  connect(m_scale, &ScaleEditor::resized, this, &RangeEditor::adjustSize);
  connect(&state, &BitsState::changed, this, &RangeEditor::refresh);
  refresh();
}

void RangeEditor::build() {
  auto* outer = new QVBoxLayout(this);
  outer->setContentsMargins(space::kTwo, space::kTwo, space::kTwo, space::kTwo);
  outer->setSpacing(space::kOne);
  outer->addWidget(new Label(Label::Style::Heading, tr("Range of integers and code books")));
  auto* hint =
      new Label(Label::Style::Muted, tr("Their codes stand for nothing until a block's range gives them a scale."));
  hint->setWrapping();
  outer->addWidget(hint);
  auto* form = new QFormLayout;
  form->setHorizontalSpacing(space::kTwo);
  form->setVerticalSpacing(space::kHalf);
  const auto add = [&](const QString& name, const QString& what) {
    auto* field = new QLineEdit;
    field->setAccessibleName(name);
    field->setAlignment(Qt::AlignRight);
    field->setToolTip(what);
    form->addRow(new Label(Label::Style::Hint, name), field);
    return field;
  };
  m_absmax =
      add(tr("Block absmax"), tr("The largest magnitude of the block: it becomes the largest value of NF4 and of "
                                 "signed integers. Empty: follow the number."));
  m_low = add(tr("Lowest value"), tr("What the smallest integer stands for, with a zero-point"));
  m_high = add(tr("Highest value"), tr("What the largest integer stands for, with a zero-point"));
  form->addRow(QString(), m_zeroPoint);
  outer->addLayout(form);
  for (Label* label : {m_formulas, m_problem}) {
    label->setWrapping();
    outer->addWidget(label);
  }
  m_problem->hide();
  m_formulas->setObjectName(QStringLiteral("range-formulas"));
  auto* row = new QHBoxLayout;
  row->addStretch(1);
  row->addWidget(m_follow);
  outer->addLayout(row);
  outer->addSpacing(space::kOne);
  outer->addWidget(m_scale);
}

void RangeEditor::openUnder(const QWidget& anchor) {
  refresh();
  for (Label* label : {m_formulas, m_problem}) label->setFixedWidth(Theme::instance().px(kWidth));
  m_scale->followRow();
  adjustSize();
  move(placeUnder(anchor, size()));
  show();
  m_absmax->setFocus();
  m_absmax->selectAll();
}

std::optional<double> RangeEditor::numberIn(QLineEdit* field) {
  const QString typed = field->text().trimmed();
  try {
    const auto& fp64 = core::numeric::numberFormat(core::numeric::FormatId::Fp64);
    const double value = core::numeric::parseTypedNumber(typed.toStdString(), fp64).nearest;
    if (field == m_absmax ? value > 0 && std::isfinite(value) : std::isfinite(value)) return value;
    showProblem(field, field == m_absmax
                           ? tr("The largest magnitude of a block is a number above zero; found %1.").arg(typed)
                           : tr("An end of the range is a finite number; found %1.").arg(typed));
  } catch (const core::Error& error) {
    showProblem(field, QString::fromUtf8(error.what()));
  }
  return std::nullopt;
}

void RangeEditor::takeAbsmax() {
  if (!m_absmax->isModified()) return;
  if (m_absmax->text().trimmed().isEmpty()) return followNumber();
  const std::optional<double> value = numberIn(m_absmax);
  if (!value) return;
  m_absmax->setModified(false);
  m_state.setBlockAbsmax(value);
  refresh();
}

void RangeEditor::takeEnds() {
  if (!m_low->isModified() && !m_high->isModified()) return;
  const std::optional<double> low = numberIn(m_low), high = numberIn(m_high);
  if (!low || !high) return;
  if (!(*low < *high))
    return showProblem(
        m_high, tr("The highest value lies above the lowest; found %1 and %2.").arg(shortText(*low), shortText(*high)));
  m_low->setModified(false);
  m_high->setModified(false);
  m_state.setRange(CodeRange{*low, *high, true, true});
  refresh();
}

void RangeEditor::takeZeroPoint(bool on) {
  CodeRange range = m_state.input().range;
  range.zeroPoint = on;
  m_state.setRange(range);
}

void RangeEditor::followNumber() {
  for (QLineEdit* field : {m_absmax, m_low, m_high}) {
    field->setModified(false);
    showProblem(field, {});
  }
  m_state.setRange(std::nullopt);
  refresh();
}

void RangeEditor::showProblem(QLineEdit* field, const QString& sentence) {
  field->setProperty("invalid", !sentence.isEmpty());
  field->style()->polish(field);
  m_problem->setText(sentence);
  m_problem->setVisible(!sentence.isEmpty());
}

void RangeEditor::refresh() {
  const CodeRange& range = m_state.input().range;
  const auto fill = [](QLineEdit* field, double value) {
    if (!field->isModified()) field->setText(text::trimmed(value, 9));
  };
  fill(m_absmax, range.absmax());
  fill(m_low, range.low);
  fill(m_high, range.high);
  m_zeroPoint->setChecked(range.zeroPoint);
  const auto term = [](double value) {
    const QString shown = text::trimmed(value, 6);
    return value < 0 ? u'(' + shown + u')' : shown;
  };
  QStringList lines;
  for (const auto id : {core::numeric::FormatId::Int8, core::numeric::FormatId::UInt8}) {
    const auto& format = core::numeric::numberFormat(id);
    const auto scale = range.scaleOf(format);
    const auto q = [](std::int64_t value) { return QString::number(value).replace(u'-', u'−'); };
    if (format.kind == core::numeric::FormatKind::SignedInteger && !range.zeroPoint) {
      lines << tr("%1: S = %2 / %3 = %4")
                   .arg(titleOf(format), text::trimmed(range.absmax(), 6), q(format.maxInteger()),
                        text::trimmed(scale.scale, 7));
      continue;
    }
    lines << tr("%1: S = (%2 − %3) / %4 = %5")
                 .arg(titleOf(format), text::trimmed(range.high, 6), term(range.low),
                      q(format.maxInteger() - format.minInteger()), text::trimmed(scale.scale, 7));
    lines << tr("  Z = round(%1 − %2 / S) = %3").arg(q(format.minInteger()), term(range.low), q(scale.zeroPoint));
  }
  m_formulas->setText(lines.join(u'\n'));
  if (isVisible()) adjustSize();
}

}  // namespace app
