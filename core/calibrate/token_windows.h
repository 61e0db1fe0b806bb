#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/base/job_context.h"
#include "core/calibrate/calibration_text.h"
#include "core/text/tokenizer.h"

namespace core::calibrate {

/// How much of a text is read, and in which pieces.
struct CalibrationSettings {
  std::uint32_t tokens = 4096;        ///< in all, rounded down to whole windows; a shorter text gives what it has
  std::uint32_t context = 0;          ///< tokens of a window; 0: 512, or the model's context where that is shorter
  std::optional<std::uint64_t> seed;  ///< which windows are drawn; nothing: the first ones, in their order

  bool operator==(const CalibrationSettings&) const = default;
};

/// The pieces of a text that a model reads, each alone.
struct TokenWindows {
  std::vector<text::TokenId> tokens;  ///< count() × context
  std::uint32_t context = 0;

  std::size_t count() const { return tokens.size() / context; }
  std::span<const text::TokenId> window(std::size_t index) const {
    return std::span(tokens).subspan(index * context, context);
  }
};

/// What the tokens come from.
struct TextReader {
  const text::Tokenizer& tokenizer;
  const text::ChatTemplate* chatTemplate = nullptr;  ///< null: conversations are refused
  std::uint32_t modelContext = 0;
  bool isEncoder = false;  ///< every window is a text with an end: EOS in place of its last token, where the model asks
};

/// Tokenizes the documents, one after the other, and cuts them into windows that do not overlap; a window may hold the
/// end of one document and the beginning of the next. Where the model asks for BOS, every window begins with it (in
/// place of its first token), as llama.cpp's tools have it. Of a text in its own order no more is tokenized than
/// needed.
/// @throws Error (InvalidArgument) with one sentence when the text is shorter than a window, a window is longer than
///         the model's context or than all tokens; (Unsupported) for conversations without a template, and as
///         rendering; Cancelled
TokenWindows cutIntoWindows(const CalibrationText& text, const TextReader& reader, const CalibrationSettings& settings,
                            const JobContext& job = JobContext());

}  // namespace core::calibrate
