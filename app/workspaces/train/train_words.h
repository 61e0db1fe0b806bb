#pragma once
#include <QString>

#include "app/workspaces/train/train_run.h"

namespace app {

/// The sentences of a run. Nothing is said that was not measured.

/// "INT3 · 32": what a run quantizes to.
QString schemeName(const LabSettings& settings);
/// "A perplexity of 2.43 ± 0.04 after rounding is 1.021 ± 0.002 after 64 steps (3 min)…": what came out so far.
QString outcomeText(const LabSettings& settings, const TrainHistory& history);
/// "demo · INT3 · 32 · 64 steps of 16 × 256 tokens · seed 1": what a picture was computed from.
QString provenanceText(const LabSettings& settings, const QString& model);
/// How much of the facts is known.
struct FactCount {
  std::uint32_t known = 0, wordings = 0, wordingsKnown = 0;
};
FactCount countOf(const TrainEvaluation& evaluation);
/// "9 of 10 facts, 33 of 40 unseen wordings"
QString factsText(const TrainEvaluation& evaluation);

}  // namespace app
