#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/session/engine.h"
#include "app/session/open_model.h"
#include "app/session/variant.h"
#include "core/quant/explain/weight_decision.h"
#include "core/trace/attribution.h"
#include "core/trace/depth.h"
#include "core/trace/parting_search.h"
#include "core/trace/proof.h"
#include "core/trace/restore.h"

namespace app {

/// From where to where something is traced.
struct TraceRequest {
  Variant reference, compared;
  std::vector<core::model::TokenId> prompt;
  /// What was said behind it, by whomever; nothing: the reference's greedy answer is found.
  std::optional<std::vector<core::model::TokenId>> answer;
  std::optional<std::size_t> position;  ///< of the greedy answer; nothing: the first token at which they part
  std::uint64_t seed = 1;               ///< of the random sets of the proof
  std::size_t mostTokens = 256;         ///< of the greedy answer that are looked at
};

/// A tensor of which the two hold different versions.
struct TracedTensor {
  std::string name;
  std::optional<std::uint32_t> layer;
  std::uint64_t rows = 0, width = 0;
  std::uint32_t blockSize = 0;   ///< weights of a block along the row
  std::uint64_t matrixRows = 0;  ///< of a stack of experts, rows of one of them, which lie one behind the other; else 0
};

/// What a proved set does when the model is run in the usual way, as the chat would run it.
struct Confirmation {
  std::string device;
  core::trace::Effect effect;
};

enum class TraceStage : std::uint8_t { Case, Depth, Layers, Tensors, Contributions, Blocks, Weights };
std::string_view toString(TraceStage stage);  ///< "case", "depth", …

/// A whole trace, as far as it is known.
struct Trace {
  std::string model, modelHash;               ///< what it was opened by; of its contents
  std::string reference, compared;            ///< texts of the variants
  std::string referenceTitle, comparedTitle;  ///< for people
  std::string referenceDevice, comparedDevice;
  core::trace::PartingSearch search;  ///< without a case where they never part: then nothing else is there
  std::uint64_t differingWeights = 0;
  std::vector<TracedTensor> tensors;  ///< what other parts speak of by index
  std::optional<core::trace::Depth> depth;
  /// Its tensors in its order, but for the one in which a whole proof lies: that is first.
  std::optional<core::trace::Restoration> restoration;
  std::optional<core::trace::Attribution> attribution;
  std::optional<core::trace::Proof> proof;  ///< not where both say the same
  /// Nothing also where restored weights meet inputs of integers, which floats cannot in an ordinary run.
  std::optional<Confirmation> confirmedBlocks, confirmedWeights;
  /// Of the proved weights, in their order, as far as they have codes: what each was, became, and why.
  std::vector<core::quant::DecidedWeight> decisions;
  std::vector<std::pair<TraceStage, double>> seconds;  ///< each stage took
  std::uint64_t seed = 1;

  const core::trace::PartingCase& found() const { return *search.found; }
};

/// The tokens of a conversation's prompt, or of a text that is continued as it is.
/// @throws core::Error (Unsupported) without what it takes
std::vector<core::model::TokenId> tracePrompt(const OpenModel& model,
                                              std::span<const core::text::ChatMessage> messages);
std::vector<core::model::TokenId> tracePrompt(const OpenModel& model, const std::string& text);

/// Finds the case and follows it from the layers to single weights. On the inference thread, as Engine asks. An adapter
/// that is added to a variant's matrices counts as part of their weights (withAdapterFolded).
/// @param onStage told what is known as soon as a stage is complete; may be empty
/// @throws core::Error, core::Cancelled
Trace traceModel(Engine& engine, OpenModel& model, const TraceRequest& request,
                 const std::function<void(const Trace&, TraceStage)>& onStage = {},
                 const core::JobContext& job = core::JobContext());

/// The weights of a proved set as the reference has them, in whole tensors: with them as Recipe::replacements the
/// compared variant goes on with the word restored. Those that the recipe replaces already stay replaced.
/// Where products take integers, a restored matrix is floats, and its inputs are no longer rounded.
/// @throws core::Error, core::Cancelled
std::map<std::string, core::quant::QuantizedTensorPtr> restoredTensors(
    Engine& engine, OpenModel& model, const Variant& reference, const Variant& compared, const Trace& trace,
    const core::trace::ProvedSet& set, const core::JobContext& job = core::JobContext());

/// What the compared variant says at the case with these tensors in place of its own: a code stored differently, a bit
/// toggled, a head switched off. @throws core::Error, core::Cancelled
core::trace::Effect effectOf(Engine& engine, OpenModel& model, const Variant& compared,
                             const std::map<std::string, core::quant::QuantizedTensorPtr>& replacements,
                             const core::trace::PartingCase& at, const core::JobContext& job = core::JobContext());

}  // namespace app
