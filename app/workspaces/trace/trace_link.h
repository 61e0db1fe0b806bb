#pragma once
#include <QString>

#include "app/selection/link.h"
#include "app/selection/trace_question.h"

namespace app {

class Selection;

/// What a link asks: trace?scheme=TEXT&prompt=TEXT, with reference=VARIANT (the weights as stored), compared=VARIANT
/// instead of scheme (both as the command line writes them: nf4@cpu@kv=int8), token=N of the reference's answer,
/// mode=continue (the prompt without the chat template) and device=cpu.
/// @return what is wrong with it; empty otherwise
QString readTraceLink(const Link& link, const Selection& selection, TraceQuestion& question);
/// Adds those keys. A question of a conversation is asked by its text.
void writeTraceLink(const TraceQuestion& question, Link& link);
/// The keys of a link that ask something.
QStringList traceKeys();

}  // namespace app
