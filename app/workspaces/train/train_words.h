#pragma once
#include <QString>
#include <QStringList>

#include "app/session/merge_model.h"
#include "app/workspaces/train/train_run.h"

namespace app {

/// The sentences of a run. Nothing is said that was not measured.

/// "INT3 · 32": what a run quantizes to.
QString schemeName(const LabSettings& settings);
/// What came out so far, with the step that was evaluated last, and the one at which the run is.
QString outcomeText(const LabSettings& settings, const TrainHistory& history);
/// "Saved as merged.gguf. Beside its base…, merged…": what merging an adapter lost.
QString mergedText(const MergeReport& report);
/// "demo · INT3 · 32 · 64 steps of 16 × 256 tokens · seed 1": what a picture was computed from.
QString provenanceText(const LabSettings& settings, const QString& model);
/// "4 min 20 s": no more digits than anybody can promise.
QString roughly(double seconds);
/// "Training, step 13 of 200.": what a run is at.
QString activityText(const LabSettings& settings, TrainActivity activity, std::uint64_t stepsDone);
/// What to ask what came out: the prompts that were watched, or questions of the facts.
QStringList promptsOf(const LabSettings& settings);
/// How much of the facts is known.
struct FactCount {
  std::uint32_t known = 0, wordings = 0, wordingsKnown = 0;
};
FactCount countOf(const TrainEvaluation& evaluation);
/// "9 of 10 facts, 33 of 40 unseen wordings"
QString factsText(const TrainEvaluation& evaluation);

}  // namespace app
