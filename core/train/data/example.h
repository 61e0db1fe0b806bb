#pragma once
#include <cstdint>
#include <vector>

#include "core/base/job_context.h"
#include "core/calibrate/calibration_text.h"
#include "core/calibrate/token_windows.h"
#include "core/text/token.h"

namespace core::train {

/// What one document has to teach: tokens, and which of them are to be predicted.
struct Example {
  std::vector<text::TokenId> tokens;
  /// [tokens] whether predicting that token is in the loss; never of the first, which nothing is read before.
  std::vector<std::uint8_t> isCounted;

  std::uint64_t counted() const;
  /// Its first tokens alone, where it has more.
  void cut(std::size_t tokens);
};

/// A text as examples.
struct Examples {
  std::vector<Example> all;  ///< each with something that is counted
  std::uint64_t tokens = 0, counted = 0;
  std::uint64_t leftOut = 0;  ///< documents of which nothing can be learned within the length
};

/// Of conversations the answers are counted, the token that ends each included (evaluate::findAnswers); of running text
/// every token. No example has more than length + 1 tokens: conversations are cut there, running text goes on in the
/// next example, which begins with BOS where the model asks for it.
/// @param length predictions of a sequence
/// @throws Error (InvalidArgument) with one sentence when there is nothing to learn in the text, or the length is 0 or
///         beyond the model's context; (Unsupported) for conversations without a template, and as rendering; Cancelled
Examples readExamples(const calibrate::CalibrationText& text, const calibrate::TextReader& reader, std::uint32_t length,
                      const JobContext& job = JobContext());

}  // namespace core::train
