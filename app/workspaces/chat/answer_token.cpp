#include "app/workspaces/chat/answer_token.h"

#include <QCoreApplication>
#include <algorithm>

#include "app/text/numbers.h"

namespace app {

namespace {

QString tr(const char* text) { return QCoreApplication::translate("AnswerToken", text); }

QString piece(core::text::TokenId id, const core::text::Tokenizer* tokenizer) {
  return tokenizer != nullptr ? QString::fromStdString(tokenizer->piece(id)).toHtmlEscaped() : QString::number(id);
}

/// Three significant digits: the runners-up of a sure model are far below a tenth of a percent.
QString share(float probability) {
  return text::number(100 * static_cast<double>(probability), 3) + QChar(0x202F) + u'%';
}

QString cells(const std::vector<core::model::TokenProbability>& top, std::size_t row,
              const core::text::Tokenizer* tokenizer) {
  if (row >= top.size()) return QStringLiteral("<td></td><td></td>");
  return QStringLiteral("<td><code>%1</code></td><td align=right>&nbsp;&nbsp;%2</td>")
      .arg(piece(top[row].token, tokenizer), share(top[row].probability));
}

}  // namespace

QString describeToken(const AnswerToken& token, const core::text::Tokenizer* tokenizer, const QString& title,
                      const QString& otherTitle) {
  QString result = tr("<b><code>%1</code></b>, probability %2")
                       .arg(piece(token.token.id, tokenizer), share(token.token.probability));
  if (token.kl) result += tr("<br>KL divergence here: %1 nats").arg(text::number(*token.kl, 3));
  const bool both = !token.otherTop.empty();
  const QString gap = QStringLiteral("<td>&nbsp;&nbsp;&nbsp;&nbsp;</td>");
  QString rows = QStringLiteral("<tr><td colspan=2>%1</td>").arg(title.toHtmlEscaped());
  if (both) rows += gap + QStringLiteral("<td colspan=2>%1</td>").arg(otherTitle.toHtmlEscaped());
  rows += QStringLiteral("</tr>");
  const std::size_t count = std::max(token.token.top.size(), token.otherTop.size());
  for (std::size_t row = 0; row < count; ++row) {
    rows += QStringLiteral("<tr>") + cells(token.token.top, row, tokenizer);
    if (both) rows += gap + cells(token.otherTop, row, tokenizer);
    rows += QStringLiteral("</tr>");
  }
  result += tr("<br>Most probable here:") + QStringLiteral("<table>%1</table>").arg(rows);
  if (!both) result += tr("The other model has not read the same words before this one.");
  return result;
}

}  // namespace app
