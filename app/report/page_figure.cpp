#include <QBuffer>

#include "app/report/html.h"
#include "app/report/page_sections.h"

namespace app::report {

namespace {

QString dataUri(const char* type, const QByteArray& bytes) {
  return QStringLiteral("data:") + QLatin1String(type) + QStringLiteral(";base64,") +
         QString::fromLatin1(bytes.toBase64());
}

// Here rather than where the chart is drawn: packing takes longer than drawing, and this runs on a pool thread.
QByteArray png(const QImage& image) {
  QByteArray bytes;
  QBuffer buffer(&bytes);
  buffer.open(QIODevice::WriteOnly);
  image.save(&buffer, "PNG");
  return bytes;
}

/// "histogram-of-blk.0.attn_q.csv"
QString fileName(const QString& title) {
  QString name;
  for (const QChar c : title.toLower()) name += c.isLetterOrNumber() || c == u'.' || c == u'_' ? c : QChar(u'-');
  return name + QStringLiteral(".csv");
}

QString framed(const QString& picture, const QString& title, const QByteArray& csv, const QString& description) {
  const QString link =
      QStringLiteral("<a download=\"%1\" href=\"%2\">%3</a>")
          .arg(html::escaped(fileName(title)), dataUri("text/csv", csv), html::escaped(tr("Numbers (CSV)")));
  return html::element("figure", picture + html::element("figcaption", html::textElement("span", description) + link));
}

}  // namespace

QString figure(const Picture& picture, const QString& description) {
  const QString image = QStringLiteral(
                            "<picture><source media=\"(prefers-color-scheme: dark)\" srcset=\"%1\"/>"
                            "<img src=\"%2\" width=\"%3\" height=\"%4\" alt=\"%5\"/></picture>\n")
                            .arg(dataUri("image/png", png(picture.dark)), dataUri("image/png", png(picture.light)),
                                 QString::number(picture.size.width()), QString::number(picture.size.height()),
                                 html::escaped(picture.title));
  return framed(image, picture.title, picture.csv, description);
}

QString drawing(const QString& svg, const QString& title, const QByteArray& csv, const QString& description) {
  return framed(html::element("div", svg, QStringLiteral("scroll drawing")), title, csv, description);
}

}  // namespace app::report
