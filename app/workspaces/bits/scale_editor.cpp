#include "app/workspaces/bits/scale_editor.h"

#include <QComboBox>
#include <QFormLayout>
#include <QLineEdit>
#include <QSignalBlocker>
#include <QStyle>
#include <QVBoxLayout>

#include "app/selection/bits_state.h"
#include "app/text/numbers.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"

namespace app {
namespace {

constexpr int kEditorWidth = 350;  ///< of a sentence, at 100 %

QString whole(std::int64_t value) { return QString::number(value).replace(u'-', u'−'); }

}  // namespace

ScaleEditor::ScaleEditor(BitsState& state, QWidget* parent)
    : QWidget(parent),
      m_state(state),
      m_formats(new QComboBox),
      m_scale(new QLineEdit),
      m_zeroPoint(new QLineEdit),
      m_formatName(new Label(Label::Style::Hint, tr("Format"))),
      m_scaleName(new Label(Label::Style::Hint)),
      m_zeroPointName(new Label(Label::Style::Hint, tr("Zero-point"))),
      m_problem(new Label(Label::Style::Error)) {
  auto* outer = new QVBoxLayout(this);
  outer->setContentsMargins(0, 0, 0, 0);
  outer->setSpacing(space::kHalf);
  outer->addWidget(new Label(Label::Style::Heading, tr("Scale of one format")));
  auto* hint = new Label(Label::Style::Muted,
                         tr("Used exactly as typed: 0.1 is one tenth, 1/127 a fraction. Empty: from the range."));
  hint->setWrapping();
  outer->addWidget(hint);
  auto* form = new QFormLayout;
  form->setHorizontalSpacing(space::kTwo);
  form->setVerticalSpacing(space::kHalf);
  form->addRow(m_formatName, m_formats);
  form->addRow(m_scaleName, m_scale);
  form->addRow(m_zeroPointName, m_zeroPoint);
  outer->addLayout(form);
  outer->addWidget(m_problem);
  m_problem->setWrapping();
  m_problem->setObjectName(QStringLiteral("scale-problem"));
  m_problem->hide();
  m_formats->setAccessibleName(tr("Format whose scale is typed"));
  m_formats->setObjectName(QStringLiteral("scale-format"));
  m_scale->setObjectName(QStringLiteral("scale-typed"));
  m_zeroPoint->setObjectName(QStringLiteral("zero-point-typed"));
  m_zeroPoint->setAccessibleName(tr("Zero-point"));
  m_zeroPoint->setToolTip(tr("The integer that stands for 0"));
  for (QLineEdit* field : {m_scale, m_zeroPoint}) {
    field->setAlignment(Qt::AlignRight);
    connect(field, &QLineEdit::editingFinished, this, &ScaleEditor::take);
    connect(field, &QLineEdit::textEdited, this, [this] { showProblem({}); });
  }
  connect(m_formats, &QComboBox::currentIndexChanged, this, [this] {
    m_format = m_formats->currentData().toString();
    for (QLineEdit* field : {m_scale, m_zeroPoint}) field->setModified(false);
    showProblem({});
    refresh();
  });
  connect(&state, &BitsState::changed, this, &ScaleEditor::refresh);
  refresh();
}

void ScaleEditor::followRow() {
  const core::numeric::NumberFormat& selected = *m_state.selected().format;
  if (selected.isScaled()) m_format = QString::fromStdString(selected.name);
  refresh();
}

void ScaleEditor::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  m_problem->setFixedWidth(Theme::instance().px(kEditorWidth));
  m_formatName->setMinimumWidth(m_formatName->fontMetrics().horizontalAdvance(tr("Highest value")));  // as the range's
  refresh();
}

void ScaleEditor::take() {
  if (!m_scale->isModified() && !m_zeroPoint->isModified()) return;
  const auto& format = *m_state.format(m_format);
  TypedScale typed{m_scale->text().trimmed(), m_zeroPoint->text().trimmed()};
  // A zero-point alone goes with the scale that the range gives.
  if (typed.scale.isEmpty() && !typed.zeroPoint.isEmpty()) typed.scale = shortText(m_state.scaleFor(format).scale);
  const bool none = typed.scale.isEmpty() && typed.zeroPoint.isEmpty();
  const QString problem = m_state.setScale(format, none ? std::nullopt : std::optional(typed));
  showProblem(problem);
  if (!problem.isEmpty()) return;
  for (QLineEdit* field : {m_scale, m_zeroPoint}) field->setModified(false);
  refresh();
}

void ScaleEditor::showProblem(const QString& sentence) {
  for (QLineEdit* field : {m_scale, m_zeroPoint}) {
    field->setProperty("invalid", !sentence.isEmpty() && field->isModified());
    field->style()->polish(field);
  }
  if (m_problem->text() == sentence) return;
  m_problem->setText(sentence);
  m_problem->setVisible(!sentence.isEmpty());
  Q_EMIT resized();
}

// What follows from the range stands in the empty fields.
void ScaleEditor::refresh() {
  const QSignalBlocker quiet(m_formats);
  m_formats->clear();
  for (const FormatRow& row : m_state.rows())
    if (row.format->isScaled()) m_formats->addItem(titleOf(*row.format), QString::fromStdString(row.format->name));
  if (m_formats->findData(m_format) < 0) m_formats->addItem(titleOf(*m_state.format(m_format)), m_format);
  m_formats->setCurrentIndex(m_formats->findData(m_format));
  const auto& format = *m_state.format(m_format);
  const QString name = format.isInteger() ? tr("Scale") : tr("Absmax");
  m_scaleName->setText(name);
  m_scale->setAccessibleName(name);
  m_scale->setToolTip(format.isInteger() ? tr("What one step of the integer stands for")
                                         : tr("What the level 1 stands for"));
  m_zeroPoint->setVisible(format.isInteger());
  m_zeroPointName->setVisible(format.isInteger());
  const TypedScale* typed = m_state.typedScale(format);
  const auto fromRange = m_state.input().range.scaleOf(format);
  m_scale->setPlaceholderText(text::trimmed(fromRange.scale, 9));
  m_zeroPoint->setPlaceholderText(typed == nullptr ? whole(fromRange.zeroPoint) : QStringLiteral("0"));
  if (!m_scale->isModified()) m_scale->setText(typed == nullptr ? QString() : typed->scale);
  if (!m_zeroPoint->isModified()) m_zeroPoint->setText(typed == nullptr ? QString() : typed->zeroPoint);
}

}  // namespace app
