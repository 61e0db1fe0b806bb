#include "app/lesson_view/number_input.h"

#include <QHBoxLayout>
#include <QLineEdit>
#include <cmath>

#include "app/text/numbers.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "core/base/error.h"
#include "core/numeric/typed_number.h"

namespace app {

NumberInput::NumberInput(const LessonStep& step, QWidget* parent) : QuestionInput(parent), m_field(new QLineEdit) {
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(space::kOne);
  m_field->setPlaceholderText(tr("Your guess"));
  m_field->setAccessibleName(tr("Your guess"));
  m_field->setObjectName(QStringLiteral("lesson-number"));
  row->addWidget(m_field, 1);
  if (!step.unit.isEmpty()) row->addWidget(new Label(Label::Style::Muted, step.unit));
  setFocusProxy(m_field);
  connect(m_field, &QLineEdit::textChanged, this, &QuestionInput::changed);
  connect(m_field, &QLineEdit::returnPressed, this, &QuestionInput::submitted);
}

std::optional<Guess> NumberInput::guess() const {
  if (m_field->text().trimmed().isEmpty()) return std::nullopt;
  try {
    const auto& format = core::numeric::numberFormat(core::numeric::FormatId::Fp64);
    const double value = core::numeric::parseTypedNumber(m_field->text().toStdString(), format).nearest;
    return std::isfinite(value) ? std::optional<Guess>(value) : std::nullopt;
  } catch (const core::Error&) {
    return std::nullopt;
  }
}

QString NumberInput::problem() const {
  if (m_field->text().trimmed().isEmpty() || guess()) return {};
  return tr("\"%1\" is no number. Write it like 0.25, 1/4 or 2.5e-1.").arg(m_field->text().trimmed().left(40));
}

void NumberInput::setGuess(const Guess& guess) {
  if (const auto* number = std::get_if<double>(&guess)) m_field->setText(text::trimmed(*number, 12));
}

void NumberInput::setTruth(const StepResults* results) { m_field->setReadOnly(results != nullptr); }

}  // namespace app
