#pragma once
#include "app/lessons/lesson.h"
#include "app/lessons/lesson_texts.h"
#include "app/lessons/strict_json.h"

namespace app {

/// The question of a step: {"kind": "number", "choice", "bits", "slider" or "point", …}.
/// @param path of the step's texts  @throws core::Error (InvalidFile)
Question readQuestion(StrictJson object, LessonTexts& texts, const QStringList& path);
/// One sentence when a truth of this kind cannot answer the question, empty when it can: a choice is answered by a text
/// or a number, bits by a pattern, all others by a number or an interval.
QString kindProblem(const Question& question, FactKind truth);

}  // namespace app
