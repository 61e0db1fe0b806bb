#pragma once
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/job_context.h"
#include "core/model/executor.h"
#include "core/trace/parting.h"

namespace core::trace {

/// Whether the two say the same where the trace looks.
enum class Agreement : std::uint8_t {
  Parted,  ///< they have different words
  Agreed   ///< both have A; B is what the compared model would say next best
};

/// A case: where two models were looked at, and what they said there.
struct PartingCase {
  Parting parting;
  Agreement agreement = Agreement::Parted;
  std::size_t promptTokens = 0;                        ///< of parting.tokens; the rest is the reference's answer
  std::vector<float> referenceLogits, comparedLogits;  ///< [known tokens] behind the last token

  /// Tokens of the answer before the word: its position in it.
  std::size_t position() const { return parting.tokens.size() - promptTokens; }
  /// logit(A) − logit(B)
  double referenceDifference() const;
  double comparedDifference() const;
  /// KL(reference ‖ compared) here, in nats.
  double divergence() const;
};

struct PartingSettings {
  std::optional<std::size_t> position =
      {};                        ///< of the answer's token that is asked for; nothing: the first they part at
  std::size_t mostTokens = 256;  ///< of the answer that are looked at
  std::uint32_t contextLength = 4096;
  std::size_t knownTokens = 0;                    ///< ids from here on have no text and are nobody's word; 0: all have
  std::function<bool(model::TokenId)> ends = {};  ///< whether an answer ends with it
  model::KvType referenceKv = model::KvType::F16, comparedKv = model::KvType::F16;
  /// What sentences call the two: "The compared model, INT2 · 32,".
  std::string referenceName = "The reference", comparedName = "The compared model";
};

/// What a search came to.
struct PartingSearch {
  std::optional<PartingCase> found;    ///< nothing: they say the same as far as was looked
  std::vector<model::TokenId> answer;  ///< the reference's greedy answer up to there
  bool hasEnded = false;               ///< it ended by itself
};

/// Has both read the reference's greedy answer to a prompt, token by token, up to the first one at which the compared
/// model's most probable token is another, or to the one asked for.
/// @param prompt at least one token
/// @throws Error (InvalidArgument) when the answer has no such token or does not fit the context, (NotFinite) naming
///         which of the two computes no numbers, and as forward()
PartingSearch findParting(model::Executor& reference, model::Executor& compared, std::span<const model::TokenId> prompt,
                          const PartingSettings& settings, const JobContext& job = JobContext());

/// The case behind given tokens, whoever wrote them.
/// @param promptTokens how many of them are no answer
PartingCase partingBehind(model::Executor& reference, model::Executor& compared, std::span<const model::TokenId> tokens,
                          std::size_t promptTokens, const PartingSettings& settings,
                          const JobContext& job = JobContext());

}  // namespace core::trace
