#include "app/lesson_view/point_input.h"

#include <QVBoxLayout>

#include "app/lesson_view/point_chart.h"

namespace app {

PointInput::PointInput(const PointQuestion& question, const LessonPlayer& player, QWidget* parent)
    : QuestionInput(parent),
      m_curve(*player.results()->curve),
      m_chart(new PointChart(question, player.step()->title)) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->addWidget(m_chart);
  setFocusProxy(m_chart);
  setTruth(nullptr);
  connect(m_chart, &PointChart::guessed, this, &QuestionInput::changed);
  connect(m_chart, &PointChart::submitted, this, &QuestionInput::submitted);
}

std::optional<Guess> PointInput::guess() const {
  return m_chart->guess() ? std::optional<Guess>(*m_chart->guess()) : std::nullopt;
}

void PointInput::setGuess(const Guess& guess) {
  if (const auto* x = std::get_if<double>(&guess)) m_chart->setGuess(*x);
}

void PointInput::setTruth(const StepResults* results) {
  const auto* x = results == nullptr ? nullptr : std::get_if<double>(&results->truth);
  m_chart->setCurve(m_curve, results != nullptr);
  m_chart->setTruth(x == nullptr ? std::nullopt : std::optional(*x));
}

}  // namespace app
