#pragma once
#include <exception>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/job_context.h"
#include "core/model/probabilities.h"
#include "core/model/sampler.h"
#include "core/model/session_state.h"

namespace core::text {
class Detokenizer;
}

namespace core::model {

struct GeneratedToken {
  TokenId id;
  std::string text;                   ///< what became visible with it; may be empty
  float probability;                  ///< under the model, temperature 1, among the tokens the tokenizer has
  std::vector<TokenProbability> top;  ///< up to 5 of them
  std::vector<float> logits;          ///< only when GenerationOptions::keepLogits
  /// Of the distribution it was drawn from, in nats, as probability; NaN where nobody computed it.
  float entropy = std::numeric_limits<float>::quiet_NaN();
};

struct GenerationOptions {
  SamplingOptions sampling;
  std::uint32_t maxTokens = 256;
  bool keepLogits = false;
  /// The answer is made to begin with these tokens, whatever the model would rather say, and goes on from there. They
  /// count as tokens of the answer and are described like any other. Draws go on as if the sampler had drawn them.
  std::vector<TokenId> beginning;
};

enum class StopReason : std::uint8_t { EndOfTurn, MaxTokens, ContextFull, Cancelled };

struct GenerationResult {
  std::string text;
  std::vector<TokenId> tokens;
  std::uint32_t promptTokens = 0;
  std::uint32_t cachedTokens = 0;    ///< of the prompt, already in the KV cache
  std::uint32_t restoredTokens = 0;  ///< of these, from a prompt cache, where somebody read one (kv_snapshot.h)
  double timeToFirstTokenS = 0;
  double prefillTokensPerS = 0;  ///< of the prompt's tokens that were not cached
  /// Of every token after the first: what next() took, drawing and describing included; of tokens that were computed
  /// together with those of other answers (a batch, or the same commands), what computing all of them took.
  double decodeTokensPerS = 0;
  std::uint32_t besides = 0;  ///< other answers that tokens of this one were computed together with, at most
  StopReason stop = StopReason::EndOfTurn;
};

class Generation;

/// What next() gives, or what it would have thrown.
struct NextToken {
  std::optional<GeneratedToken> token;
  std::exception_ptr failure;
};
/// next() of each of these answers, the tokens of all of them computed together (computeTogether()), but for the first,
/// with which an answer's prompt is computed: the same tokens and probabilities as alone, as far as the device's sums
/// are the same. A cancelled job ends all of them. @pre each once
std::vector<NextToken> nextTogether(std::span<Generation* const> answers, const JobContext& job = JobContext());

/// An answer being written: one token a call, so that several sessions can write in turn. While it computes it has a KV
/// cache to itself, so whatever its session does meanwhile does not change the answer; it may outlive the session.
class Generation {
 public:
  ~Generation();
  Generation(const Generation&) = delete;
  Generation& operator=(const Generation&) = delete;

  /// Computes and describes the next token; nothing once the answer has ended. The first call computes the prompt.
  /// A device then computes the token behind it already, unless logits are kept or computeAhead() says no.
  /// A cancelled job ends the answer with StopReason::Cancelled. The token that ends the turn is not part of the
  /// answer.
  /// @throws Error (NotFinite, Device, DeviceLost, OutOfMemory)
  std::optional<GeneratedToken> next(const JobContext& job = JobContext());
  bool ended() const { return m_ended; }
  /// Whether tokens from the next one on bring their logits (GenerationOptions::keepLogits).
  void keepLogits(bool keep) { m_options.keepLogits = keep; }
  /// Not where several answers are written: each would compute in the others' time, and the next token of each alone.
  void computeAhead(bool ahead) { m_computesAhead = ahead; }
  /// What was written so far.
  const GenerationResult& result() const { return m_result; }
  /// The prompt's tokens and those written so far.
  std::span<const TokenId> history() const { return m_history; }

 private:
  friend class Session;
  friend std::vector<NextToken> nextTogether(std::span<Generation* const> answers, const JobContext& job);
  Generation(std::shared_ptr<SessionState> state, std::span<const TokenId> prompt, const GenerationOptions& options);
  std::optional<GeneratedToken> step(const JobContext& job);
  /// Whether the next step is one token of a sequence that has been begun.
  bool isUnderWay() const;
  /// Draws and describes the token behind the logits; nothing where it ends the turn.
  std::optional<GeneratedToken> take(const Candidates& found);
  /// @param decoded tokens before this one
  void count(std::size_t decoded, double seconds);
  std::optional<GeneratedToken> end(StopReason reason);
  CandidatesWanted wanted() const;
  /// What the answer was made to begin with, then what the sampler draws.
  TokenId choose(const Candidates& found);
  Candidates computePrompt(const JobContext& job);
  /// Lets the device begin with what follows the last token, where that will be asked for.
  void prepareNext();
  /// Of the tokens that can be chosen, behind the last one.
  std::span<const float> knownLogits();
  float logitOf(TokenId id, const Candidates& found);
  GeneratedToken describe(TokenId id, float logit, const Candidates& found);

  std::shared_ptr<SessionState> m_state;
  LentCache m_cache;  ///< from the first token to the end
  GenerationOptions m_options;
  Sampler m_sampler;
  std::unique_ptr<text::Detokenizer> m_detokenizer;
  std::vector<TokenId> m_history;  ///< the prompt and what was written
  GenerationResult m_result;
  double m_decodeSeconds = 0;
  bool m_ended = false, m_computesAhead = true;
};

}  // namespace core::model
