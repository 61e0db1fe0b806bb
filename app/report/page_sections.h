#pragma once
#include <QString>

#include "app/report/comparison.h"
#include "app/report/pictures.h"
#include "app/report/report_data.h"
#include "app/text/tr.h"

/// The sections of the page, each as markup, in the order of the page.
namespace app::report {

using text::tr;

/// @param isCompared with an older report: a section says how
QString headerSection(const ReportData& data, bool isCompared);
QString factsSection(const ReportData& data);
QString weightsSection(const ReportData& data, const Pictures& pictures);
QString bitsSection(const ReportData& data);
/// Empty where only schemes are compared.
QString recipesSection(const ReportData& data);
QString errorsSection(const ReportData& data, const Pictures& pictures);
QString answersSection(const ReportData& data);
QString reproduceSection(const ReportData& data);

// Parts: empty where they were not asked for, a sentence where they could not be measured.
QString evaluationSection(const ReportData& data, const Pictures& pictures);
QString tasksSection(const ReportData& data);
QString sensitivitySection(const ReportData& data);
QString memorySection(const ReportData& data);
QString traceSection(const ReportData& data);
/// What stands where a part was asked for and could not be measured; nothing otherwise.
std::optional<QString> missingSection(const ReportData& data, Part part, const QString& heading);
/// What a part was measured with, as a card: names and texts.
QString provenanceCard(const ReportData& data, const std::vector<std::pair<QString, QString>>& facts);

QString againstSection(const Comparison& comparison);

/// A picture that follows the reader's theme, with its numbers to download.
QString figure(const Picture& picture, const QString& description);
/// The same of inline SVG, which takes the page's colours by its classes: mark, bad, other, frame, axis.
QString drawing(const QString& svg, const QString& title, const QByteArray& csv, const QString& description);

QString displayName(const core::model::Recipe& recipe);
/// Its name and, where that is another one, its text: markup.
QString nameWithText(const core::model::Recipe& recipe);
/// Whether it runs as everything here does: on the device asked for, with keys and values in FP16.
bool isUsual(const ReportData& data, const Variant& variant);
/// Of its recipe, with device and type of keys and values where they are not the usual ones.
QString displayName(const ReportData& data, const Variant& variant);
QString nameWithText(const ReportData& data, const Variant& variant);  ///< likewise: markup
/// "As stored", or what else others are compared with.
QString referenceName(const ReportData& data, const Variant& reference);

}  // namespace app::report
