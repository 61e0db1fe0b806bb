#include "app/report/html.h"
#include "app/report/page_sections.h"
#include "app/report/record.h"

namespace app::report {

std::optional<QString> missingSection(const ReportData& data, Part part, const QString& heading) {
  if (!data.request.parts.parts.contains(part)) return QString();
  const auto why = data.parts.whyNot.find(part);
  if (why == data.parts.whyNot.end() && data.parts.has(part)) return std::nullopt;
  const QString sentence = why == data.parts.whyNot.end() ? tr("Nothing was measured.") : why->second;
  return html::section(wordOf(part), heading, {},
                       html::card({}, html::textElement("p", tr("Not measured: %1").arg(sentence))));
}

QString provenanceCard(const ReportData& data, const std::vector<std::pair<QString, QString>>& facts) {
  std::vector<std::pair<QString, QString>> all = facts;
  if (!data.modelHash.isEmpty()) all.emplace_back(tr("Model hash"), data.modelHash);
  if (!data.calibration.title.isEmpty())
    all.emplace_back(tr("Calibrated with"), data.calibration.title + QStringLiteral(" · ") + data.calibration.identity);
  all.emplace_back(tr("Program"), tr("Quantscope %1, build %2").arg(QLatin1String(QS_VERSION), buildHash()));
  QString list;
  for (const auto& [name, text] : all) list += html::textElement("dt", name) + html::textElement("dd", text);
  return html::card(tr("How this was measured"), html::element("dl", list));
}

}  // namespace app::report
