#pragma once
#include <QString>

#include "app/workspaces/chat/conversation.h"

namespace app {

/// Scheme, device, sampling and context of an answer in one line: what is needed to repeat it. Numbers in the C locale.
QString settingsText(const AnswerSource& source);

/// The conversation as Markdown: every prompt with all its answers, each under the name of what wrote it. Settings that
/// all answers share stand once at the top, else with each answer.
QString toMarkdown(const Conversation& conversation);

}  // namespace app
