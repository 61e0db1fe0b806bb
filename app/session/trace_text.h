#pragma once
#include <string>

#include "app/session/trace_model.h"

namespace app {

/// A trace for people, a few lines for each stage. Not escaped for terminals.
/// @param tokenizer for the texts of tokens; null: ids stand for them
std::string traceText(const Trace& trace, const core::text::Tokenizer* tokenizer);

// Its sentences, which the page and the window say, too.

/// "“ts” becomes “ the” at token 5 of the answer: logit difference 10.01 in the reference, −0.82 in INT4 · 64."
std::string caseSentence(const Trace& trace, const core::text::Tokenizer* tokenizer);
/// "Restoring 10 of 4,718,592 weights alone brings “ts” back; none of 10 random sets of that size does."
std::string proofSentence(const Trace& trace, const core::trace::ProvedSet& set, const char* members,
                          const core::text::Tokenizer* tokenizer);
/// "“ts”", or "token 512".
std::string quotedToken(const core::text::Tokenizer* tokenizer, core::model::TokenId token);

}  // namespace app
