#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "core/train/adam_w.h"
#include "core/train/lora/lora_model.h"
#include "core/train/qat/qat_model.h"

namespace app {

/// What both labs are told. Two equal settings on one model are the same run.
struct TrainSettings {
  std::string data = "demo";     ///< "demo", the built-in conversations, or a file: text or JSONL of conversations
  std::string heldOut = "demo";  ///< "demo", or a file; what the perplexity is of, never trained on
  std::uint64_t steps = 0;
  double rate = 1e-3;
  std::uint32_t batch = 16;    ///< sequences per step
  std::uint32_t length = 256;  ///< tokens of a sequence
  std::uint64_t seed = 1;
  bool isEvaluated = true;           ///< else nothing is read or asked but what is trained on: for large models
  std::uint64_t evaluateEvery = 10;  ///< steps; evaluated before the first and after the last, too
  std::vector<std::string> prompts;  ///< asked at every evaluation
  std::string tasks;                 ///< questions that are asked at the end: "demo", a file of them, or empty for none
};

struct QatLabSettings : TrainSettings {
  std::string scheme = "int3";  ///< of every matrix of the blocks, or a recipe's text
  core::train::QatRange range = core::train::QatRange::Recomputed;
  double distillation = 0.0;  ///< core::train::TrainerSettings
  std::string watched;        ///< tensor whose histogram is wanted; empty: the first matrix
};

/// What is to be known afterwards.
struct NewFact {
  std::string question, answer;
  bool operator==(const NewFact&) const = default;
};

struct QloraLabSettings : TrainSettings {
  std::string base = "nf4:double=on";
  std::vector<NewFact> facts;
  core::train::LoraSettings adapter;
  core::train::StateKind optimizerState = core::train::StateKind::Fp32;
  bool replay = true;            ///< old conversations (`data`) are read beside the facts, against forgetting
  std::uint32_t replayRows = 4;  ///< of them, sequences of `length` tokens per step; `batch` are of the facts
};

}  // namespace app
