#pragma once
#include "app/lessons/step_results.h"

namespace app {

/// A computed value in words, in the locale's numbers: "0.4567", "from 0.9996 to 1.0018", "0x3eeaf790".
QString factWords(const FactValue& value, const ShownFact& shown);
/// What a person answered, with the unit; a choice by its text.
QString answerWords(const LessonStep& step, const Guess& answer);
/// The truth of a step, with the unit; a choice by its text.
QString truthWords(const LessonStep& step, const StepResults& results);
/// A text with every "{name}" replaced by the value of this name ("{name.low}" and "{name.high}" of an interval);
/// "{truth}" and "{answer}" too. What is not computed yet stands as "…".
QString filledText(const QString& text, const LessonStep& step, const StepResults* results, const Guess* answer);
/// The same for the read-out of a slider.
QString filledReading(const SliderQuestion& slider, const QHash<QString, FactValue>& live, const LessonStep& step,
                      double answer);

/// The id of the choice that a value stands for: a text is one, a number its shortest digits.
QString choiceIdOf(const FactValue& value);
/// For the settings: "n:0.5", "c:nf4", "b:3f800000"; and back.
QString storedAnswer(const Guess& answer);
std::optional<Guess> restoredAnswer(const QString& stored);

}  // namespace app
