#include "app/report/html.h"

namespace app::report::html {

QString escaped(const QString& text) {
  QString clean;
  for (const QChar c : text) {
    // XML knows no other control characters, not even escaped.
    const bool allowed = c.unicode() >= 0x20 || c == u'\n' || c == u'\t';
    clean += allowed && c.unicode() != 0xFFFE && c.unicode() != 0xFFFF ? c : QChar(QChar::ReplacementCharacter);
  }
  return clean.toHtmlEscaped();
}

QString element(const char* tag, const QString& inner, const QString& className) {
  const QString name = QLatin1String(tag);
  const QString attribute = className.isEmpty() ? QString() : QStringLiteral(" class=\"%1\"").arg(className);
  return u'<' + name + attribute + u'>' + inner + QStringLiteral("</") + name + QStringLiteral(">\n");
}

QString textElement(const char* tag, const QString& text, const QString& className) {
  return element(tag, escaped(text), className);
}

QString code(const QString& text) { return QStringLiteral("<code>") + escaped(text) + QStringLiteral("</code>"); }

QString table(const QStringList& headings, const std::vector<QStringList>& rows, int numeric) {
  const auto line = [numeric](const char* tag, const QStringList& cells) {
    QString result;
    int column = 0;
    for (const QString& cell : cells) {
      const bool right = column >= numeric;
      result += element(column == 0 ? "th" : tag, cell, right ? QStringLiteral("n") : QString());
      ++column;
    }
    return element("tr", result);
  };
  QString head, body;
  QStringList escapedHeadings;
  for (const QString& heading : headings) escapedHeadings << escaped(heading);
  head = element("thead", line("th", escapedHeadings));
  for (const QStringList& row : rows) body += line("td", row);
  return element("div", element("table", head + element("tbody", body)), QStringLiteral("scroll"));
}

QString section(const QString& id, const QString& heading, const QString& lead, const QString& body) {
  return QStringLiteral("<section id=\"%1\">\n").arg(id) + textElement("h2", heading) +
         (lead.isEmpty() ? QString() : textElement("p", lead, QStringLiteral("lead"))) + body +
         QStringLiteral("</section>\n");
}

QString card(const QString& title, const QString& body, const QString& className) {
  const QString heading = title.isEmpty() ? QString() : textElement("h3", title);
  return element("div", heading + body,
                 className.isEmpty() ? QStringLiteral("card") : QStringLiteral("card ") + className);
}

}  // namespace app::report::html
