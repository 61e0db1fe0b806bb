#include "app/workspaces/chat/server_comparison.h"

#include <cmath>

#include "app/text/numbers.h"
#include "app/text/tr.h"

namespace app {

using text::tr;

QString inWords(const ServerComparison& comparison) {
  const QString known =
      tr("the server tells the %1 most probable tokens of each place, %2 of the probability is elsewhere")
          .arg(text::count(comparison.known), text::percent(comparison.missing, 2));
  const QString tokens = comparison.tokens == 1 ? tr("1 token") : tr("%1 tokens").arg(text::count(comparison.tokens));
  if (!std::isfinite(comparison.low))
    return tr("KL(server ‖ %1) is infinite over %2: %1 rules out a token that the server does not.")
        .arg(comparison.reference, tokens);
  return tr("KL(server ‖ %1) is at least %2 and at most %3 nats a token, over %4: %5. At least: as if all of that were "
            "one token. At most: as if it lay on the tokens that %1 thinks least probable.")
      .arg(comparison.reference, text::number(comparison.low, 2), text::number(comparison.high, 2), tokens, known);
}

}  // namespace app
