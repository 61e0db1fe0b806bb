#include "app/lesson_view/slider_input.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLineEdit>
#include <QLocale>
#include <QSignalBlocker>
#include <QSlider>
#include <cmath>

#include "app/jobs/job_runner.h"
#include "app/lesson_view/lesson_text.h"
#include "app/lessons/lesson_words.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "core/base/error.h"
#include "core/numeric/typed_number.h"

namespace app {
namespace {

/// Shift+Left and Right go in larger steps: Page Up and Down belong to the lesson.
class GuessSlider : public QSlider {
 public:
  GuessSlider() : QSlider(Qt::Horizontal) {}

 protected:
  void keyPressEvent(QKeyEvent* event) override {
    const bool isLeft = event->key() == Qt::Key_Left, isRight = event->key() == Qt::Key_Right;
    if ((isLeft || isRight) && event->modifiers().testFlag(Qt::ShiftModifier))
      triggerAction(isLeft ? SliderPageStepSub : SliderPageStepAdd);
    else
      QSlider::keyPressEvent(event);
  }
};

}  // namespace

SliderInput::SliderInput(const LessonStep& step, JobRunner& jobs, QWidget* parent)
    : QuestionInput(parent),
      m_step(step),
      m_jobs(jobs),
      m_value(question().start),
      m_slider(new GuessSlider),
      m_field(new QLineEdit),
      m_reading(new LessonText) {
  m_reading->setObjectName(QStringLiteral("slider-reading"));
  const int steps = static_cast<int>(std::lround((question().to - question().from) / question().step));
  m_slider->setRange(0, steps);
  m_slider->setPageStep(std::max(1, steps / 20));
  m_slider->setObjectName(QStringLiteral("lesson-slider"));
  m_slider->setAccessibleName(tr("Your guess"));
  m_slider->setToolTip(tr("Left and Right move it, with Shift in larger steps; Enter checks"));
  m_field->setObjectName(QStringLiteral("lesson-slider-value"));
  m_field->setAccessibleName(tr("Your guess as a number"));
  m_field->setFont(Theme::instance().monoFont());
  m_field->setFixedWidth(fontMetrics().horizontalAdvance(QStringLiteral("0")) * 9 + space::kThree);
  auto* row = new QHBoxLayout;
  row->setSpacing(space::kOne);
  row->addWidget(m_slider, 1);
  row->addWidget(m_field);
  if (!m_step.unit.isEmpty()) row->addWidget(new Label(Label::Style::Muted, m_step.unit));
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(space::kOne);
  column->addLayout(row);
  column->addWidget(m_reading);
  m_reading->setVisible(!question().live.empty());
  setFocusProxy(m_slider);
  connect(m_slider, &QSlider::valueChanged, this, [this](int at) { take(question().from + at * question().step); });
  connect(m_field, &QLineEdit::editingFinished, this, &SliderInput::takeTyped);
  connect(m_field, &QLineEdit::returnPressed, this, [this] {
    takeTyped();
    Q_EMIT submitted();
  });
  take(question().start);
}

QString SliderInput::shown(double value) const {
  const int decimals = std::max(0, static_cast<int>(std::ceil(-std::log10(question().step) - 1e-9)));
  return QLocale().toString(value, 'f', decimals);
}

void SliderInput::takeTyped() {
  if (m_field->text() == shown(m_value)) return;
  try {
    const auto& format = core::numeric::numberFormat(core::numeric::FormatId::Fp64);
    take(core::numeric::parseTypedNumber(m_field->text().toStdString(), format).nearest);
  } catch (const core::Error&) {
    m_field->setText(shown(m_value));  // as it was
  }
}

void SliderInput::take(double value) {
  if (!std::isfinite(value)) value = m_value;
  m_value = std::clamp(value, question().from, question().to);
  const QSignalBlocker blocker(m_slider);
  m_slider->setValue(static_cast<int>(std::lround((m_value - question().from) / question().step)));
  m_field->setText(shown(m_value));
  computeReading();
  Q_EMIT changed();
}

void SliderInput::computeReading() {
  if (question().live.empty()) return;
  m_jobs.run(
      this, {QStringLiteral("lessons/slider"), {}, Lane::Pool},
      [live = question().live, value = m_value](const core::JobContext& job) { return computeLive(live, value, job); },
      [this, value = m_value](const QHash<QString, FactValue>& values) {
        m_reading->setText(filledReading(question(), values, m_step, value));
      });
}

void SliderInput::setGuess(const Guess& guess) {
  if (const auto* number = std::get_if<double>(&guess)) take(*number);
}

void SliderInput::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter)
    Q_EMIT submitted();
  else
    QuestionInput::keyPressEvent(event);
}

/// The slider stays free: what the truth says can be tried on it.
void SliderInput::setTruth(const StepResults*) {}

}  // namespace app
