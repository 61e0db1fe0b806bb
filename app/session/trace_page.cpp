#include "app/session/trace_page.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/session/trace_pictures.h"
#include "app/session/trace_text.h"
#include "app/session/traced_place.h"

namespace app {

namespace trace = core::trace;
using core::text::Tokenizer;

namespace {

constexpr std::size_t kRowsShown = 200;

constexpr std::string_view kStyle = R"(
:root{color-scheme:light dark;--ground:#fff;--ink:#1b1d21;--soft:#5d636d;--line:#d5d8dd;--mark:#2463c9;--bad:#b3401f}
@media(prefers-color-scheme:dark){:root{--ground:#17191d;--ink:#e6e8eb;--soft:#9ba2ad;--line:#3a3f47;--mark:#7cabff;--bad:#ff9a76}}
body{background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}p.note,figcaption,dt{color:var(--soft)}
svg{width:100%;height:auto}svg text{fill:var(--ink);font-size:12px}.mark{fill:var(--mark)}.bad{fill:var(--bad)}
.other{stroke:var(--bad);stroke-width:1.5}.frame{fill:none;stroke:var(--line)}.row{display:flex;flex-wrap:wrap;gap:1.5rem}
figure{margin:0}table{border-collapse:collapse;font-variant-numeric:tabular-nums}td,th{padding:.15rem .8rem .15rem 0;text-align:left;
border-bottom:1px solid var(--line)}td.n,th.n{text-align:right}dl{display:grid;grid-template-columns:auto 1fr;gap:.1rem 1rem}dd{margin:0;overflow-wrap:anywhere})";

std::string paragraph(const std::string& text) { return "<p>" + escapedHtml(text) + "</p>\n"; }
std::string note(const std::string& text) { return "<p class=\"note\">" + escapedHtml(text) + "</p>\n"; }
std::string heading(const std::string& text) { return "<h2>" + escapedHtml(text) + "</h2>\n"; }
std::string term(const std::string& name, const std::string& value) {
  return "<dt>" + escapedHtml(name) + "</dt><dd>" + escapedHtml(value) + "</dd>\n";
}

std::string depthPart(const trace::Depth& depth, const Tokenizer* tokenizer) {
  return heading("Where in depth") +
         note(
             "Relative error of the residual stream behind every half-layer, and what either "
             "model would say if it ended there (reference → compared).") +
         depthStrip(depth, tokenizer) +
         note(
             "All tokens by depth: the darker, the larger the error; outlined where the two would say different "
             "words.") +
         depthMap(depth);
}

std::string tensorPart(const Trace& trace) {
  std::string rows;
  for (std::size_t i = 0; i < std::min(kRowsShown, trace.restoration->tensors.size()); ++i) {
    const trace::TensorEffect& tensor = trace.restoration->tensors[i];
    double contribution = 0.0;
    for (const auto& known : trace.attribution->tensors)
      if (known.name == tensor.name) contribution = known.sum;
    rows += fmt::format(
        "<tr><td>{}</td><td class=\"n\">{:.3f}</td><td class=\"n\">{:.3f}</td><td "
        "class=\"n\">{:.4f}</td><td>{}</td></tr>\n",
        escapedHtml(tensor.name), contribution, tensor.restored.logitDifference, tensor.restored.divergence,
        tensor.restored.isReferenceWord ? "yes" : "");
  }
  return heading("Which tensor") + note("What restoring it alone does to the logit difference of the two words.") +
         tensorMap(trace) +
         "<table><tr><th>Tensor</th><th class=\"n\">Contribution</th><th class=\"n\">Restored</th><th class=\"n\">KL "
         "then</th>"
         "<th>Word back</th></tr>\n" +
         rows + "</table>\n" +
         note(fmt::format(
             "Contributions add up to {:.3f} of {:.3f}; the rest, {:.4f}, is what {} points of the quadrature "
             "miss.",
             trace.attribution->total(), trace.attribution->reference - trace.attribution->compared,
             trace.attribution->remainder, trace.attribution->points));
}

std::string weightTable(const Trace& trace, const trace::ProvedSet& set) {
  std::string rows;
  for (std::size_t i = 0; i < std::min(kRowsShown, set.members.size()); ++i) {
    const trace::Candidate& member = set.members[i];
    const TracedTensor& tensor = trace.tensors[member.tensor];
    const TracedPlace at = tracedPlace(tensor, member.first);
    rows +=
        fmt::format("<tr><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{:.4f}</td></tr>\n",
                    escapedHtml(at.tensor) + (at.expert ? fmt::format(", expert {}", *at.expert) : std::string()),
                    at.row, at.column, member.expected);
  }
  std::string table =
      "<table><tr><th>Tensor</th><th class=\"n\">Row</th><th class=\"n\">Column</th><th class=\"n\">Expected "
      "gain</th></tr>\n" +
      rows + "</table>\n";
  if (set.members.size() > kRowsShown)
    table += note(fmt::format("The first {} of {}.", kRowsShown, set.members.size()));
  return table;
}

std::string proofPart(const Trace& trace, const Tokenizer* tokenizer) {
  std::string part = heading("Proof");
  const trace::Proof& proof = *trace.proof;
  if (proof.blocks)
    part += paragraph(proofSentence(trace, *proof.blocks, "blocks", tokenizer)) + blockMaps(trace, *proof.blocks);
  else
    part += paragraph("No small set of blocks was found whose restoration brings the word back.");
  if (proof.weights)
    part += paragraph(proofSentence(trace, *proof.weights, "weights", tokenizer)) + weightTable(trace, *proof.weights);
  else
    part += paragraph("No small set of weights was found whose restoration brings the word back.");
  return part;
}

std::string termsPart(const trace::Attribution& attribution) {
  if (attribution.roundings.empty()) return "";
  std::vector<const trace::RoundingContribution*> terms;
  for (const auto& rounding : attribution.roundings) terms.push_back(&rounding);
  std::ranges::stable_sort(terms, std::greater(), [](const auto* rounding) { return std::abs(rounding->sum); });
  std::string rows;
  for (std::size_t i = 0; i < std::min(kRowsShown, terms.size()); ++i)
    rows +=
        fmt::format("<tr><td>{}</td><td class=\"n\">{:.4f}</td></tr>\n", escapedHtml(terms[i]->name), terms[i]->sum);
  return heading("Rounded activations and caches") + note("What rounding of something else than weights contributes.") +
         "<table>" + rows + "</table>\n";
}

std::string provenance(const Trace& trace) {
  double total = 0.0;
  for (const auto& [stage, seconds] : trace.seconds) total += seconds;
  return heading("How this was made") + "<dl>" + term("Model", trace.model) +
         term("Hash of its contents", trace.modelHash) +
         term("Reference", trace.reference + " on " + trace.referenceDevice) +
         term("Compared", trace.compared + " on " + trace.comparedDevice) +
         term("Seed of random sets", std::to_string(trace.seed)) + term("Time", fmt::format("{:.2f} s", total)) +
         "</dl>\n";
}

}  // namespace

std::string tracePage(const Trace& trace, const Tokenizer* tokenizer) {
  const std::string sentence = caseSentence(trace, tokenizer);
  std::string body = "<h1>From a word to its weights</h1>\n" + paragraph(sentence);
  if (tokenizer != nullptr && trace.search.found) {
    const auto& parting = trace.found().parting;
    body += "<blockquote>" + escapedHtml(tokenizer->decode(parting.tokens)) + " <b>" +
            escapedHtml(quotedToken(tokenizer, parting.reference)) + " / " +
            escapedHtml(quotedToken(tokenizer, parting.compared)) + "</b></blockquote>\n";
  }
  if (trace.depth) body += depthPart(*trace.depth, tokenizer);
  if (trace.restoration && trace.attribution) body += tensorPart(trace);
  if (trace.proof) body += proofPart(trace, tokenizer);
  if (trace.attribution) body += termsPart(*trace.attribution);
  body += provenance(trace);
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width\"><title>{}</title><style>{}</style></head><body>\n{}</body></html>\n",
      escapedHtml(sentence), kStyle, body);
}

}  // namespace app
