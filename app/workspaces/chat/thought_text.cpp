#include "app/workspaces/chat/thought_text.h"

#include "app/text/numbers.h"
#include "app/text/tr.h"

namespace app {

using text::tr;

QString thoughtTitle(const core::text::Thought& thought, bool isFinished) {
  const QString tokens = thought.tokens == 1 ? tr("1 token") : tr("%1 tokens").arg(text::count(thought.tokens));
  if (thought.isOpen)
    return isFinished ? tr("Thought for %1, cut off").arg(tokens) : tr("Thinking: %1 so far").arg(tokens);
  return thought.begin == thought.end ? tr("Did not think: %1").arg(tokens) : tr("Thought for %1").arg(tokens);
}

}  // namespace app
