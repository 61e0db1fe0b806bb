#pragma once
#include "app/session/evaluation.h"

namespace app::cli {

/// What was measured as a table for people, no more than 100 columns wide; the reference first.
void printEvaluation(const Evaluation& evaluation);

}  // namespace app::cli
