#pragma once
#include <QFile>
#include <QRegularExpression>
#include <QStringList>
#include <QXmlStreamReader>

/// Pages of a report as tests read them.
namespace report_pages {

inline QString read(const QString& path) {
  QFile file(path);
  return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
}

/// Empty, or where the page stops being well-formed XML.
inline QString xmlProblem(const QString& page) {
  QXmlStreamReader reader(page);
  while (!reader.atEnd()) reader.readNext();
  return reader.hasError()
             ? QStringLiteral("line %1: %2").arg(QString::number(reader.lineNumber()), reader.errorString())
             : QString();
}

inline QStringList matches(const QString& page, const QString& pattern) {
  QStringList result;
  for (auto it = QRegularExpression(pattern).globalMatch(page); it.hasNext();) result << it.next().captured(1);
  return result;
}

/// The text of the first section with this id, without its markup.
inline QString sectionText(const QString& page, const QString& id) {
  const QString start = QStringLiteral("<section id=\"%1\">").arg(id);
  QString text = page.mid(page.indexOf(start));
  text.truncate(text.indexOf(QStringLiteral("</section>")));
  return text.remove(QRegularExpression(QStringLiteral("<[^>]*>")))
      .replace(QStringLiteral("&amp;"), QStringLiteral("&"));
}

}  // namespace report_pages
