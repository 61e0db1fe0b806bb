#include "app/workspaces/layers/design_question.h"

#include <QStringList>

namespace app {

QString DesignQuestion::key() const {
  QStringList parts;
  for (const auto& candidate : request.candidates) parts << QString::fromStdString(candidate.toString());
  if (request.bytes) parts << QStringLiteral("bytes %1").arg(*request.bytes);
  if (request.like) parts << QStringLiteral("like ") + QString::fromStdString(request.like->toString());
  if (request.kl) parts << QStringLiteral("kl %1").arg(*request.kl, 0, 'g', 17);
  if (request.fastest) parts << QStringLiteral("fastest");
  parts << QStringLiteral("%1 %2 %3").arg(static_cast<int>(request.grouping)).arg(request.rounds).arg(tokens);
  parts << QStringLiteral("%1 %2").arg(static_cast<int>(positions)).arg(checkTokens) << text << checkText;
  return parts.join(u'\n');
}

}  // namespace app
