#pragma once
#include "app/lessons/step_results.h"

namespace app {

struct Judgement {
  bool isRight = false;
  const WrongAnswer* tempting = nullptr;  ///< of the step; null when nothing is said about this answer
};

/// What an answer is worth, and which known mistake it is. Small slips of the pen are no mistakes: numbers are compared
/// within the question's tolerance.
Judgement judge(const LessonStep& step, const StepResults& results, const Guess& answer);

}  // namespace app
