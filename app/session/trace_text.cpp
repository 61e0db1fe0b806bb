#include "app/session/trace_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/session/trace_json.h"
#include "app/session/traced_place.h"

namespace app {

namespace trace = core::trace;
using core::text::Tokenizer;

namespace {

constexpr std::size_t kTensorsShown = 8;

/// 4718592 as "4,718,592".
std::string grouped(std::uint64_t value) {
  std::string text = std::to_string(value);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, 1, ',');
  return text;
}

std::string depthText(const trace::Depth& depth, const Tokenizer* tokenizer) {
  std::string text = "\nDepth (relative error of the residual stream, cosine, what either would say there):\n";
  for (const trace::DepthStep& step : depth.steps) {
    text += fmt::format("  {:<22} {:8.4f}  {:7.4f}  {:<14} {}\n", step.name, step.relativeError, step.cosine,
                        quotedToken(tokenizer, step.referenceTop.front().token),
                        quotedToken(tokenizer, step.comparedTop.front().token));
  }
  return text;
}

const char* word(bool restores) { return restores ? "restores the word" : ""; }

std::string layersText(const trace::Restoration& restoration) {
  std::string text =
      fmt::format("\nLayers (logit difference {:.2f} in the reference, {:.2f} compared; one layer restored):\n",
                  restoration.reference.logitDifference, restoration.compared.logitDifference);
  for (const trace::LayerEffect& layer : restoration.layers)
    text +=
        fmt::format("  {:<10} {:8.2f}  KL {:.4f}  {}\n",
                    layer.layer ? fmt::format("layer {}", *layer.layer) : std::string("outside"),
                    layer.restored.logitDifference, layer.restored.divergence, word(layer.restored.isReferenceWord));
  return text;
}

double contributionOf(const Trace& trace, const std::string& name) {
  if (!trace.attribution) return 0.0;
  const auto found = std::ranges::find(trace.attribution->tensors, name, &trace::TensorContribution::name);
  return found == trace.attribution->tensors.end() ? 0.0 : found->sum;
}

std::string tensorsText(const Trace& trace) {
  const auto& tensors = trace.restoration->tensors;
  std::string text = fmt::format("\nTensors (one restored; {} passes in all):\n", trace.restoration->passes);
  for (std::size_t i = 0; i < std::min(kTensorsShown, tensors.size()); ++i)
    text +=
        fmt::format("  {:<28} {:8.2f}  contributes {:8.3f}  {}\n", tensors[i].name, tensors[i].restored.logitDifference,
                    contributionOf(trace, tensors[i].name), word(tensors[i].restored.isReferenceWord));
  return text;
}

std::string contributionText(const trace::Attribution& attribution) {
  double roundings = 0.0;
  for (const trace::RoundingContribution& term : attribution.roundings) roundings += term.sum;
  std::string text = fmt::format("\nContributions: {:.3f} of {:.3f} with {} points", attribution.total(),
                                 attribution.reference - attribution.compared, attribution.points);
  if (!attribution.roundings.empty()) text += fmt::format("; {:.3f} by rounded activations and caches", roundings);
  return text + ".\n";
}

std::string confirmationText(const std::optional<Confirmation>& confirmed) {
  if (!confirmed) return "";
  return fmt::format(
      "  {} on {}: logit difference {:.3g}.\n",
      confirmed->effect.isReferenceWord ? "Confirmed by an ordinary run" : "Not confirmed by an ordinary run",
      confirmed->device, confirmed->effect.logitDifference);
}

std::string proofText(const Trace& trace, const Tokenizer* tokenizer) {
  std::string text = "\n";
  if (trace.proof->blocks)
    text += proofSentence(trace, *trace.proof->blocks, "blocks", tokenizer) + "\n" +
            confirmationText(trace.confirmedBlocks);
  else
    text += "No small set of blocks was found whose restoration brings the word back.\n";
  if (!trace.proof->weights)
    return text + "No small set of weights was found whose restoration brings the word back.\n";
  text += proofSentence(trace, *trace.proof->weights, "weights", tokenizer) + "\n" +
          confirmationText(trace.confirmedWeights);
  const auto& members = trace.proof->weights->members;
  for (std::size_t i = 0; i < members.size(); ++i) {
    const TracedTensor& tensor = trace.tensors[members[i].tensor];
    text += "  " + tracedPlaceText(tensor, members[i].first);
    if (i < trace.decisions.size())
      text += fmt::format(": {:.5f} became {:.5f} ({})", trace.decisions[i].value, trace.decisions[i].decoded,
                          core::quant::toString(trace.decisions[i].decision));
    text += "\n";
  }
  return text;
}

}  // namespace

std::string quotedToken(const Tokenizer* tokenizer, core::model::TokenId token) {
  return tokenizer == nullptr ? fmt::format("token {}", token) : fmt::format("“{}”", tokenText(tokenizer, token));
}

std::string caseSentence(const Trace& trace, const Tokenizer* tokenizer) {
  if (!trace.search.found) {
    return fmt::format("{} and {} say the same: {} tokens of the reference's answer{}.", trace.referenceTitle,
                       trace.comparedTitle, trace.search.answer.size() + (trace.search.hasEnded ? 1 : 0),
                       trace.search.hasEnded ? ", its end included" : ", as far as it was read");
  }
  const trace::PartingCase& found = trace.found();
  const std::string mine = quotedToken(tokenizer, found.parting.reference),
                    other = quotedToken(tokenizer, found.parting.compared);
  const std::string numbers =
      fmt::format("logit difference {:.2f} in {}, {:.2f} in {}; KL {:.4f}", found.referenceDifference(),
                  trace.referenceTitle, found.comparedDifference(), trace.comparedTitle, found.divergence());
  if (found.agreement == trace::Agreement::Agreed)
    return fmt::format(
        "Both say {} at token {} of the answer, so that nothing is to be restored; against {}, the next "
        "best of the compared model: {}.",
        mine, found.position(), other, numbers);
  return fmt::format("{} becomes {} at token {} of the answer: {}.", mine, other, found.position(), numbers);
}

std::string proofSentence(const Trace& trace, const trace::ProvedSet& set, const char* members,
                          const Tokenizer* tokenizer) {
  const std::string none = set.randomThatRestore == 0 ? "none" : grouped(set.randomThatRestore);
  return fmt::format("Restoring {} of {} {} alone brings {} back; of {} random sets of that size {} {}.",
                     grouped(set.members.size()), grouped(set.candidates), members,
                     quotedToken(tokenizer, trace.found().parting.reference), set.randomSets, none,
                     set.randomThatRestore == 1 || set.randomThatRestore == 0 ? "does" : "do");
}

std::string traceText(const Trace& trace, const Tokenizer* tokenizer) {
  std::string text = caseSentence(trace, tokenizer) + "\n";
  if (!trace.search.found) return text;
  text += depthText(*trace.depth, tokenizer);
  if (!trace.restoration)
    return text + "\nBoth have the same weights: what parts them is the device, or the type of keys and values.\n";
  text += layersText(*trace.restoration) + tensorsText(trace) + contributionText(*trace.attribution);
  if (trace.proof) text += proofText(trace, tokenizer);
  double total = 0.0;
  for (const auto& [stage, seconds] : trace.seconds) total += seconds;
  return text + fmt::format("\n[{:.2f} s; {} against {}]\n", total, trace.comparedDevice, trace.referenceDevice);
}

}  // namespace app
