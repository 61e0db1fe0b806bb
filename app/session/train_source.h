#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "app/session/open_model.h"
#include "app/session/train_run.h"
#include "core/train/data/minibatch.h"
#include "core/train/trainer.h"

namespace app {

/// What a run reads.
struct TrainSource {
  std::unique_ptr<core::train::BatchSource> batches;
  std::uint64_t tokens = 0;  ///< of everything, read once
};

/// Rows of the data, packed.
/// @throws core::Error for a text that is none, naming line and field, or that has nothing to learn; core::Cancelled
TrainSource sourceOf(const OpenModel& model, const QatLabSettings& settings, const core::JobContext& job);
/// The facts in all wordings that are trained, an exchange a row, and beside them rows of old conversations, each with
/// weight 1. @throws as the other, and (InvalidArgument) without facts or for one that says nothing
TrainSource sourceOf(const OpenModel& model, const QloraLabSettings& settings, const core::JobContext& job);

/// Tokens that a step reads, rows filled up included; of facts, were every row as long as the longest.
/// @throws as sourceOf
double tokensOfStep(const OpenModel& model, const LabSettings& settings, const core::JobContext& job);

/// Of a trainer that only takes up what a checkpoint holds.
class NoBatches final : public core::train::BatchSource {
 public:
  std::vector<core::train::Minibatch> batches(std::uint64_t /*step*/) const override { return {}; }
};

/// What the trainer is told of settings that both labs have.
core::train::TrainerSettings trainerSettings(const TrainSettings& settings);

}  // namespace app
