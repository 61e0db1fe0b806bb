#include <cmath>

#include "app/pictures/field_style.h"
#include "app/report/html.h"
#include "app/report/page_sections.h"
#include "app/text/numbers.h"

namespace app::report {

namespace {

/// The bits of a code, a span a field.
QString bits(const FormatRow& row) {
  QString result, run;
  const int count = static_cast<int>(row.format->bits);
  for (int bit = count - 1; bit >= 0; --bit) {
    run += (row.code >> bit) & 1U ? u'1' : u'0';
    const BitField field = fieldOf(*row.format, bit);
    if (bit != 0 && fieldOf(*row.format, bit - 1) == field) continue;
    result += QStringLiteral("<span class=\"%1\" title=\"%2\">%3</span>")
                  .arg(fieldLetter(field), html::escaped(fieldName(field)), run);
    run.clear();
  }
  return QStringLiteral("<span class=\"bits\">") + result + QStringLiteral("</span>");
}

QString errorText(const FormatRow& row) {
  if (row.decision.noSuchValue) return tr("no such value");
  if (std::isnan(row.error)) return row.decision.overflow ? tr("infinite: overflow") : QStringLiteral("–");
  return row.error == 0 ? tr("exact") : text::number(row.error, 3);
}

QString relativeError(const BitSample& sample, double error) {
  if (!std::isfinite(error) || sample.value == 0) return QStringLiteral("–");
  const double share = std::abs(error / sample.value);
  return error == 0 ? QStringLiteral("–") : text::percent(share, share < 0.001 ? 4 : 2);
}

QString sampleCard(const BitSample& sample) {
  const QString head =
      html::textElement("h3", sample.title + QStringLiteral(": ") + text::trimmed(sample.value, 9)) +
      html::textElement("span", sample.origin) +
      html::textElement("span",
                        tr("largest magnitude of its block of 64: %1").arg(text::number(sample.blockAbsmax, 6)));
  std::vector<QStringList> rows;
  for (const FormatRow& row : sample.rows) {
    rows.push_back(
        {html::escaped(QString::fromUtf8(row.format->title.data(), static_cast<qsizetype>(row.format->title.size()))),
         bits(row), html::code(QString::fromStdString(row.explanation.hex)), html::escaped(text::trimmed(row.value, 9)),
         html::escaped(errorText(row)), html::escaped(relativeError(sample, row.error))});
  }
  return html::card({}, html::element("div", head, QStringLiteral("weight")) +
                            html::table({tr("Format"), tr("Bits"), tr("Code"), tr("Value (weight)"),
                                         tr("Error (weight)"), tr("Relative error")},
                                        rows, 3));
}

QString legend() {
  QString result;
  for (const BitField field :
       {BitField::Sign, BitField::Exponent, BitField::Mantissa, BitField::Index, BitField::Integer})
    result += html::element("span", html::textElement("span", fieldLetter(field), fieldLetter(field)) +
                                        QStringLiteral(" ") + html::escaped(fieldName(field)));
  return html::element("div", result, QStringLiteral("legend"));
}

}  // namespace

QString bitsSection(const ReportData& data) {
  const QString heading = tr("Single weights, bit by bit");
  if (data.bits.empty())
    return html::section(QStringLiteral("bits"), heading, tr("There is no weight to look at."), {});
  QString cards = legend();
  for (const BitSample& sample : data.bits) cards += sampleCard(sample);
  return html::section(QStringLiteral("bits"), heading,
                       tr("Every format rounds once, to the nearest code. INT8 and NF4 are scaled by the largest "
                          "magnitude of the weight's block of 64; "
                          "the floating-point formats have no scale."),
                       cards);
}

}  // namespace app::report
