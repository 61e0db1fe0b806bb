#pragma once
#include "app/workspaces/chat/conversation.h"

namespace app {

/// Whether a server wrote it: behind the same messages, and nobody else's words.
inline bool isOfServer(const Answer& answer) {
  PaneVariant variant;
  variant.setDeviations(answer.source.deviations.toStdString());
  return variant.server.has_value();
}

}  // namespace app
