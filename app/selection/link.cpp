#include "app/selection/link.h"

#include <QUrl>

namespace app {

QString Link::value(const QString& key) const { return query.queryItemValue(key, QUrl::FullyDecoded); }

void Link::set(const QString& key, const QString& value) {
  query.removeAllQueryItems(key);
  query.addQueryItem(key,
                     QString::fromLatin1(QUrl::toPercentEncoding(value, ",:=/ ")).replace(u' ', QLatin1String("%20")));
}

QString Link::toString() const {
  QString text = kScheme + workspace;
  for (const QString& part : path) text += u'/' + QString::fromLatin1(QUrl::toPercentEncoding(part, ":=,"));
  if (!query.isEmpty()) text += u'?' + query.toString(QUrl::FullyEncoded);
  return text;
}

std::optional<Link> Link::parse(const QString& text) {
  const QString plain = text.trimmed();
  if (!isLink(plain) || plain.size() > kMaxLength) return std::nullopt;
  const QString rest = plain.mid(kScheme.size());
  const qsizetype mark = rest.indexOf(u'?');
  QStringList parts = (mark < 0 ? rest : rest.left(mark)).split(u'/', Qt::SkipEmptyParts);
  if (parts.isEmpty()) return std::nullopt;
  for (QString& part : parts) part = QUrl::fromPercentEncoding(part.toUtf8());
  Link link;
  link.workspace = parts.takeFirst().toLower();
  link.path = parts;
  if (mark >= 0) link.query = QUrlQuery(rest.mid(mark + 1));
  return link;
}

}  // namespace app
