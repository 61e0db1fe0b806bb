// What a chart becomes outside of the window: pictures with a heading, and numbers.
#include <QBuffer>
#include <QPdfWriter>
#include <QSvgGenerator>
#include <cmath>

#include "app/plots/chart.h"
#include "app/plots/chart_heading.h"
#include "app/widgets/save_file.h"

namespace app {

namespace {

constexpr double kExportScale = 2.0;

void paintVectors(Chart& chart, QPaintDevice& device, QSize size) {
  QCPPainter painter(&device);
  painter.setMode(QCPPainter::pmVectorized);
  chart.toPainter(&painter, size.width(), size.height());
  painter.end();
}

QByteArray svgOf(Chart& chart, QSize size) {
  QByteArray bytes;
  QBuffer buffer(&bytes);
  QSvgGenerator generator;
  generator.setOutputDevice(&buffer);
  generator.setSize(size);
  generator.setViewBox(QRect(QPoint(), size));
  generator.setTitle(chart.title());
  generator.setDescription(chart.provenance());
  paintVectors(chart, generator, size);
  return bytes;
}

QByteArray pdfOf(Chart& chart, QSize size) {
  constexpr int kPixelsPerInch = 96;
  QByteArray bytes;
  QBuffer buffer(&bytes);
  buffer.open(QIODevice::WriteOnly);
  QPdfWriter writer(&buffer);
  writer.setTitle(chart.title());
  writer.setResolution(kPixelsPerInch);
  writer.setPageSize(QPageSize(QSizeF(size) / kPixelsPerInch, QPageSize::Inch));
  writer.setPageMargins(QMarginsF());
  paintVectors(chart, writer, size);
  return bytes;
}

QByteArray pngOf(Chart& chart, QSize size) {
  QByteArray bytes;
  QBuffer buffer(&bytes);
  buffer.open(QIODevice::WriteOnly);
  chart.toPixmap(size.width(), size.height(), kExportScale).toImage().save(&buffer, "PNG");
  return bytes;
}

}  // namespace

QPixmap Chart::picture() {
  const ChartHeading heading(*this);
  return toPixmap(width(), height() + heading.height(), kExportScale);
}

QByteArray Chart::csv() const {
  const ChartTable content = table();
  const auto quoted = [](QString text) {
    if (!text.contains(u',') && !text.contains(u'"') && !text.contains(u'\n')) return text;
    return u'"' + text.replace(u'"', QStringLiteral("\"\"")) + u'"';
  };
  QStringList lines, head;
  for (const QString& column : content.columns) head << quoted(column);
  lines << head.join(u',');
  for (std::size_t r = 0; r < content.rows.size(); ++r) {
    QStringList fields;
    if (!content.rowLabels.isEmpty()) fields << quoted(content.rowLabels.value(static_cast<qsizetype>(r)));
    for (const double value : content.rows[r])
      fields << (std::isnan(value) ? QString() : QString::number(value, 'g', 17));
    lines << fields.join(u',');
  }
  return (lines.join(u'\n') + u'\n').toUtf8();
}

QString Chart::exportTo(const QString& fileName) {
  const auto endsIn = [&fileName](const char* ending) {
    return fileName.endsWith(QLatin1String(ending), Qt::CaseInsensitive);
  };
  if (endsIn(".csv")) return saveFile(fileName, csv());
  const ChartHeading heading(*this);
  const QSize whole(width(), height() + heading.height());
  return saveFile(fileName, endsIn(".pdf")   ? pdfOf(*this, whole)
                            : endsIn(".svg") ? svgOf(*this, whole)
                                             : pngOf(*this, whole));
}

}  // namespace app
