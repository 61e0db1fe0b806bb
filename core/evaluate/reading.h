#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/job_context.h"
#include "core/calibrate/token_windows.h"
#include "core/evaluate/passage.h"

namespace core::evaluate {

/// How a text is read, and which of its tokens are scored.
///
/// Running text is cut into windows of `context` tokens that begin `stride` tokens apart, each read from an empty cache
/// with BOS in place of its first token where the model asks for BOS. The predictions at positions scoreFrom … context
/// − 2 of a window count. With the defaults, windows do not overlap and the second half of each is scored: what
/// llama-perplexity does. A stride below the context scores only what no earlier window had (scoreFrom = context −
/// stride − 1), so that every scored token was seen after at least that many: the longer they are, the more the
/// rounding of keys and values shows.
///
/// Of conversations only the answers are scored, the token that ends each included; documents of a JSONL file are read
/// each for itself from their first token on, texts among them in windows of which the first is scored whole.
struct ReadingSettings {
  /// Computed, at most, in whole passages from the beginning on: reading ends before the first that does not fit, be it
  /// only longer than those behind it; the first is read in any case. 0: the whole text
  std::uint32_t tokens = 0;
  /// Tokens of a window; 0: 512, or the model's context where that is shorter, or `tokens` of a lone text.
  std::uint32_t context = 0;
  std::uint32_t stride = 0;                     ///< 0: the context
  std::optional<std::uint32_t> scoreFrom = {};  ///< below context − 1; nothing: context / 2, or what a stride says

  bool operator==(const ReadingSettings&) const = default;
};

/// A text as a model reads it.
struct Reading {
  std::vector<Passage> passages;  ///< in the order of their blocks
  std::uint32_t blocks = 0;       ///< windows of a lone text, else documents
  std::uint32_t context = 0;      ///< tokens that a cache has to hold
  std::uint64_t tokens = 0, scored = 0;
  std::uint64_t answers = 0;
  std::uint64_t leftOut = 0;  ///< answers that do not fit the context, documents without any
  std::uint64_t unread = 0;   ///< documents of which something stands behind the `tokens` that were asked for
  std::uint64_t hash = 0;     ///< of tokens, and what of them is scored
};

/// @throws Error (InvalidArgument) with one sentence when there is nothing to score in the text or the settings
///         contradict each other or the model; (Unsupported) for conversations without a template, and as rendering;
///         Cancelled
Reading readText(const calibrate::CalibrationText& text, const calibrate::TextReader& reader,
                 const ReadingSettings& settings, const JobContext& job = JobContext());

}  // namespace core::evaluate
