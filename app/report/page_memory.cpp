#include <cmath>

#include "app/report/html.h"
#include "app/report/page_sections.h"
#include "app/text/numbers.h"

namespace app::report {

namespace {

QString bytesText(double bytes) { return html::escaped(text::bytes(static_cast<std::uint64_t>(std::max(bytes, 0.0)))); }

QString signedPercent(double share) {
  return html::escaped((share < 0 ? QStringLiteral("−") : QStringLiteral("+")) + text::percent(std::abs(share), 2));
}

}  // namespace

QString memorySection(const ReportData& data) {
  const QString heading = tr("Memory, planned and measured");
  if (auto missing = missingSection(data, Part::Memory, heading)) return *missing;
  std::vector<QStringList> rows;
  for (const MemoryRow& row : data.parts.memory) {
    const MemoryParts& plan = row.plan.parts;
    rows.push_back({row.recipe.keepsEverything() ? html::escaped(tr("As stored")) : nameWithText(row.recipe),
                    bytesText(plan.weights), bytesText(plan.compute), bytesText(row.residentBytes),
                    bytesText(plan.kvCache), bytesText(row.kvBytes), bytesText(row.planned()),
                    bytesText(row.measured()),
                    row.measured() > 0 ? signedPercent(row.planned() / row.measured() - 1) : QStringLiteral("–")});
  }
  const QString table =
      html::table({tr("Scheme"), tr("Weights"), tr("Compute"), tr("Both, measured"), tr("KV, planned"),
                   tr("KV, measured"), tr("All, planned"), tr("All, measured"), tr("Difference")},
                  rows);
  const MemoryRow& first = data.parts.memory.front();
  const QString body =
      html::card(
          {}, table + html::textElement(
                          "p",
                          tr("KV are keys and values. Planned before anything is loaded, by the rules of the device; "
                             "measured after the model has run. Without what driver and system "
                             "take."),
                          QStringLiteral("note"))) +
      provenanceCard(
          data,
          {{tr("Device"), first.device},
           {tr("Context"), tr("%1 positions of one sequence").arg(text::count(data.parts.memoryQuestion.context))},
           {tr("Keys and values"), tr("FP16; %1").arg(QString::fromStdString(first.model.kv.describe()))}});
  return html::section(wordOf(Part::Memory), heading, tr("What the model takes of this computer, part by part."), body);
}

}  // namespace app::report
