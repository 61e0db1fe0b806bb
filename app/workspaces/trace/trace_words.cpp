#include "app/workspaces/trace/trace_words.h"

#include <QStringList>
#include <algorithm>
#include <string_view>

#include "app/selection/selection.h"
#include "app/selection/tensor_text.h"
#include "app/session/trace_json.h"
#include "app/session/traced_place.h"
#include "app/text/numbers.h"
#include "app/text/tr.h"
#include "core/model/tensor_place.h"

namespace app {

using text::tr;

namespace {

/// What of a layer adds to the residual stream: the ending of the sum's name, and what people call it.
struct StreamPart {
  std::string_view sum;
  QChar letter;
  const char *inLayer, *behind;
};
constexpr StreamPart kStreamParts[] = {
    {"attn_residual", u'a', QT_TR_NOOP("layer %1, attention"), QT_TR_NOOP("a behind attention")},
    {"ssm_residual", u's', QT_TR_NOOP("layer %1, state space"), QT_TR_NOOP("s behind the state space")},
    {"per_layer_residual", u'p', QT_TR_NOOP("layer %1, its embedding"), QT_TR_NOOP("p behind its own embedding")},
    {"", u'f', QT_TR_NOOP("layer %1, feed-forward"), QT_TR_NOOP("f behind feed-forward")}};

const StreamPart& partOf(std::string_view residual) {
  return *std::ranges::find_if(kStreamParts, [&](const StreamPart& part) { return residual.ends_with(part.sum); });
}

QString randomText(const core::trace::ProvedSet& set) {
  if (set.randomSets == 0) return QStringLiteral(".");
  if (set.randomThatRestore == 0) return tr("; %1 random sets of that size do not.").arg(set.randomSets);
  return tr("; so do %1 of %2 random sets of that size.").arg(set.randomThatRestore).arg(set.randomSets);
}

QString blocksText(const Trace& trace) {
  const auto& blocks = trace.proof->blocks;
  if (!blocks) return {};
  return blocks->members.size() == 1 ? tr(" One whole block of %1 does it, too.").arg(text::count(blocks->candidates))
                                     : tr(" %1 whole blocks of %2 do it, too.")
                                           .arg(text::count(blocks->members.size()), text::count(blocks->candidates));
}

/// What the ordinary run on the device said of a set.
QString confirmedText(const std::optional<Confirmation>& confirmed) {
  if (!confirmed) return {};
  return confirmed->effect.isReferenceWord
             ? tr(" Confirmed by a run on %1.").arg(QString::fromStdString(confirmed->device))
             : tr(" A run on %1 does not confirm it: it is that close there.")
                   .arg(QString::fromStdString(confirmed->device));
}

}  // namespace

QString wordText(const core::text::Tokenizer* tokenizer, core::model::TokenId token) {
  QString word = QString::fromStdString(tokenText(tokenizer, token));
  word.replace(u'\n', QStringLiteral("⏎")).replace(u'\t', QStringLiteral("⇥"));
  if (word.startsWith(u' ')) word[0] = QChar(0x2423);
  return word;
}

QString quotedWord(const core::text::Tokenizer* tokenizer, core::model::TokenId token) {
  return u'“' + wordText(tokenizer, token) + u'”';
}

QString depthName(const std::string& residual) {
  const auto layer = core::model::placeOf(residual).layer;
  return layer ? tr(partOf(residual).inLayer).arg(*layer) : tr("embedding");
}

QString shortDepthName(const std::string& residual) {
  const auto layer = core::model::placeOf(residual).layer;
  return layer ? QString::number(*layer) + partOf(residual).letter : QStringLiteral("e");
}

QString depthAxisText(const core::trace::Depth& depth) {
  QStringList letters;
  for (const StreamPart& part : kStreamParts)
    if (std::ranges::any_of(depth.steps, [&](const core::trace::DepthStep& step) {
          return core::model::placeOf(step.name).layer && &partOf(step.name) == &part;
        }))
      letters << tr(part.behind);
  return tr("layer: %1").arg(letters.join(QStringLiteral(", ")));
}

QString recipeTitle(const core::model::Recipe& recipe, const Selection& selection) {
  if (!recipe.keepsEverything()) return selection.title(recipe);
  const auto* first = selection.tensorInfo();
  return first == nullptr ? tr("As stored") : tr("%1 as stored").arg(typeText(*first));
}

QString variantTitle(const Variant& variant, const Selection& selection) {
  const QString title = recipeTitle(variant.recipe, selection);
  if (variant.kv == Variant().kv) return title;
  return title + QStringLiteral(" · KV ") + QString::fromUtf8(core::model::nameOf(variant.kv).data()).toUpper();
}

QString shortTensorName(const std::string& name) {
  const auto place = core::model::placeOf(name);
  const QString path = QString::fromStdString(place.path);
  return place.layer ? QStringLiteral("%1 · %2").arg(*place.layer).arg(path) : path;
}

QString rowText(std::uint64_t row, std::uint64_t matrixRows) {
  if (matrixRows == 0) return tr("row %1").arg(row);
  return tr("expert %1, row %2").arg(row / matrixRows).arg(row % matrixRows);
}

QString rowText(const TracedTensor& tensor, std::uint64_t element) {
  const TracedPlace place = tracedPlace(tensor, element);
  return place.expert ? rowText(element / tensor.width, tensor.matrixRows) : tr("row %1").arg(place.row);
}

QString signedNumber(double value, int digits) {
  const QString number = text::number(value, digits);
  return value > 0 ? u'+' + number : number;
}

QString caseText(const Trace& trace, const TraceQuestion& question, const Selection& selection,
                 const core::text::Tokenizer* tokenizer) {
  const QString reference = variantTitle(question.reference, selection),
                compared = variantTitle(question.compared, selection);
  const core::trace::PartingCase& found = trace.found();
  const QString mine = quotedWord(tokenizer, found.parting.reference),
                other = quotedWord(tokenizer, found.parting.compared);
  const QString numbers = tr("logit difference %1 → %2, KL %3 nats, token %4 of the answer")
                              .arg(text::number(found.referenceDifference(), 3),
                                   text::number(found.comparedDifference(), 3), text::number(found.divergence(), 3))
                              .arg(found.position());
  if (found.agreement == core::trace::Agreement::Agreed)
    return tr("Both say %1 here; against %2, the next best of %3: %4.").arg(mine, other, compared, numbers);
  return tr("%1 says %2 where %3 says %4: %5.").arg(compared, other, reference, mine, numbers);
}

QString proofText(const Trace& trace, const core::text::Tokenizer* tokenizer) {
  if (trace.found().agreement == core::trace::Agreement::Agreed)
    return tr("Both say the same word, so nothing has to be restored; contributions say what moved the two apart.");
  if (!trace.proof) return {};
  const QString word = quotedWord(tokenizer, trace.found().parting.reference);
  const auto& weights = trace.proof->weights;
  if (!weights && !trace.proof->blocks)
    return tr("No small set of weights was found whose restoration alone brings %1 back: it is spread too thin.")
        .arg(word);
  if (!weights) return tr("No small set of single weights brings %1 back.").arg(word) + blocksText(trace);
  const QString sentence =
      weights->members.size() == 1
          ? tr("Restoring one of %1 weights brings %2 back").arg(text::count(weights->candidates), word)
          : tr("Restoring %1 of %2 weights brings %3 back")
                .arg(text::count(weights->members.size()), text::count(weights->candidates), word);
  return sentence + randomText(*weights) + blocksText(trace) + confirmedText(trace.confirmedWeights);
}

QString restoredTitle(const QString& compared, const core::trace::ProvedSet& set) {
  return set.weights == 1 ? tr("%1 with one weight restored").arg(compared)
                          : tr("%1 with %2 weights restored").arg(compared, text::count(set.weights));
}

OtherParts otherParts(const core::trace::Attribution& attribution) {
  using Kind = core::trace::RoundingContribution::Kind;
  OtherParts parts;
  parts.remainder = attribution.remainder;
  for (const auto& term : attribution.roundings) {
    const bool isCache = term.kind == Kind::Keys || term.kind == Kind::Values;
    (isCache ? parts.cache : parts.inputs) += term.sum;
    (isCache ? parts.hasCache : parts.hasInputs) = true;
  }
  return parts;
}

}  // namespace app
