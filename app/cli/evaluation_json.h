#pragma once
#include "app/cli/command.h"
#include "app/session/evaluation.h"

namespace app::cli {

/// Everything that was measured and what from: an array with a row per compared variant. Every figure has its standard
/// error beside it, "kl_mean" and "kl_mean_error"; null where it is not known.
Json evaluationJson(const Evaluation& evaluation);

/// The same as a table for people, no more than 100 columns wide; the reference first.
void printEvaluation(const Evaluation& evaluation);

}  // namespace app::cli
