#include "app/workspaces/trace/trace_link.h"

#include "app/selection/selection.h"
#include "app/text/tr.h"
#include "core/base/error.h"

namespace app {

using text::tr;

namespace {

const QString kPrompt = QStringLiteral("prompt"), kToken = QStringLiteral("token"), kDevice = QStringLiteral("device"),
              kReference = QStringLiteral("reference"), kCompared = QStringLiteral("compared"),
              kScheme = QStringLiteral("scheme"), kMode = QStringLiteral("mode"),
              kContinue = QStringLiteral("continue");
constexpr uint kLastToken = 1U << 20;

/// One that stands in the list, which no text could name, or what the text says.
Variant variantOf(const QString& text, const Selection& selection, const Variant& usual) {
  const std::string asked = text.toStdString();
  for (const SchemeEntry& entry : selection.schemes())
    if (entry.recipe.toString() == asked || (entry.isOwn && entry.title == text))
      return {entry.recipe, usual.device, usual.kv};
  return Variant::parse(asked, usual);
}

}  // namespace

QStringList traceKeys() { return {kPrompt, kToken, kDevice, kReference, kCompared, kMode}; }

QString readTraceLink(const Link& link, const Selection& selection, TraceQuestion& question) {
  try {
    Variant usual;
    if (link.has(kDevice)) usual.device = DeviceChoice::parse(link.value(kDevice).toStdString());
    question.reference = link.has(kReference) ? variantOf(link.value(kReference), selection, usual) : usual;
    const QString compared = link.has(kCompared) ? link.value(kCompared) : link.value(kScheme);
    if (compared.isEmpty() && !selection.currentRecipe())
      return tr("A trace compares something: scheme=nf4, or compared=nf4@cpu.");
    question.compared = compared.isEmpty() ? Variant{*selection.currentRecipe(), usual.device, usual.kv}
                                           : variantOf(compared, selection, usual);
  } catch (const core::Error& error) {
    return QString::fromUtf8(error.what());
  }
  if (question.compared == question.reference)
    return tr("Both sides of this trace are the same; there is nothing to find.");
  question.text = link.value(kPrompt);
  if (link.has(kMode) && link.value(kMode) != kContinue && link.value(kMode) != QStringLiteral("chat"))
    return tr("The mode is chat or continue, not “%1”.").arg(link.value(kMode).left(40));
  question.mode = link.value(kMode) == kContinue ? TraceQuestion::Mode::Continue : TraceQuestion::Mode::Chat;
  if (!link.has(kToken)) return {};
  bool isNumber = false;
  const uint token = link.value(kToken).toUInt(&isNumber);
  if (!isNumber || token > kLastToken) return tr("The token is a whole number from 0 on.");
  question.position = token;
  return {};
}

void writeTraceLink(const TraceQuestion& question, Link& link) {
  link.set(kPrompt, question.text);
  link.query.removeAllQueryItems(kScheme);
  link.set(kCompared, QString::fromStdString(question.compared.toString()));
  if (!(question.reference == Variant())) link.set(kReference, QString::fromStdString(question.reference.toString()));
  if (question.mode == TraceQuestion::Mode::Continue) link.set(kMode, kContinue);
  if (question.position)
    link.set(kToken, QString::number(*question.position));
  else if (question.answer)
    link.set(kToken, QString::number(question.answer->size()));
}

}  // namespace app
