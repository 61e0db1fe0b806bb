#pragma once
#include <QString>

#include "app/selection/trace_question.h"
#include "app/session/trace_model.h"

namespace app {

class Selection;

/// A token to be shown: a leading blank as "␣", line ends as "⏎".
QString wordText(const core::text::Tokenizer* tokenizer, core::model::TokenId token);
/// The same between quotes.
QString quotedWord(const core::text::Tokenizer* tokenizer, core::model::TokenId token);
/// "layer 3, attention", "embedding": of a residual stream's name.
QString depthName(const std::string& residual);
/// The same in a few letters: "3a", "3f", "e".
QString shortDepthName(const std::string& residual);
/// What the letters mean: "layer: a behind attention, f behind feed-forward".
QString depthAxisText(const core::trace::Depth& depth);
/// "BF16 as stored", "NF4 · 64": what the list of schemes calls it.
QString recipeTitle(const core::model::Recipe& recipe, const Selection& selection);
/// The same with the type of keys and values where that is not the usual one: "NF4 · 64 · KV INT8".
QString variantTitle(const Variant& variant, const Selection& selection);
/// "3 · attn_q" of "blk.3.attn_q.weight"; of one outside the layers its name without ".weight".
QString shortTensorName(const std::string& name);
/// "row 37", of a stack of experts "expert 6, row 37". @param matrixRows rows of one expert; 0: it is no stack
QString rowText(std::uint64_t row, std::uint64_t matrixRows);
/// The same of a weight; where experts are tensors of their own, whose name says which it is, "row 37".
QString rowText(const TracedTensor& tensor, std::uint64_t element);
/// A number with its sign, as contributions are written: "+0.43".
QString signedNumber(double value, int digits = 3);

/// "NF4 · 64 says “is” where BF16 says “has”: logit difference 2.79 → −0.56, KL 0.31 nats, token 4 of the answer."
QString caseText(const Trace& trace, const TraceQuestion& question, const Selection& selection,
                 const core::text::Tokenizer* tokenizer);
/// What was proved, or why nothing was.
QString proofText(const Trace& trace, const core::text::Tokenizer* tokenizer);
/// Of what "Try it in Chat" makes: "NF4 · 64 with 10 weights restored".
QString restoredTitle(const QString& compared, const core::trace::ProvedSet& set);

/// What the contributions are of, beside the tensors.
struct OtherParts {
  double inputs = 0.0, cache = 0.0, remainder = 0.0;
  bool hasInputs = false, hasCache = false;
};
OtherParts otherParts(const core::trace::Attribution& attribution);

}  // namespace app
