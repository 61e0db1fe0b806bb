#pragma once
#include <QByteArray>
#include <optional>

#include "app/workspaces/chat/conversation.h"

namespace app {

/// A conversation as JSON, with everything its answers were computed from and compared with.
QByteArray toJson(const Conversation& conversation);
/// And back. Nothing for what this program did not write: such a file is ignored, whatever it holds.
std::optional<Conversation> conversationFromJson(const QByteArray& text);

}  // namespace app
