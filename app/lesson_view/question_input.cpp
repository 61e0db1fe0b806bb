#include "app/lesson_view/question_input.h"

#include "app/lesson_view/choice_input.h"
#include "app/lesson_view/number_input.h"
#include "app/lesson_view/pattern_input.h"
#include "app/lesson_view/point_input.h"
#include "app/lesson_view/slider_input.h"

namespace app {

QuestionInput* QuestionInput::create(const LessonPlayer& player, JobRunner& jobs) {
  const LessonStep& step = *player.step();
  if (const auto* choice = std::get_if<ChoiceQuestion>(&step.asks)) return new ChoiceInput(*choice, player);
  if (const auto* bits = std::get_if<BitsQuestion>(&step.asks)) return new PatternInput(*bits);
  if (std::holds_alternative<SliderQuestion>(step.asks)) return new SliderInput(step, jobs);
  if (const auto* point = std::get_if<PointQuestion>(&step.asks)) return new PointInput(*point, player);
  return new NumberInput(step);
}

}  // namespace app
