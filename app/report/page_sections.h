#pragma once
#include <QString>

#include "app/report/pictures.h"
#include "app/report/report_data.h"

/// The sections of the page, each as markup, in the order of the page.
namespace app::report {

QString headerSection(const ReportData& data);
QString factsSection(const ReportData& data);
QString weightsSection(const ReportData& data, const Pictures& pictures);
QString bitsSection(const ReportData& data);
/// Empty where only schemes are compared.
QString recipesSection(const ReportData& data);
QString errorsSection(const ReportData& data, const Pictures& pictures);
QString answersSection(const ReportData& data);
QString reproduceSection(const ReportData& data);

/// A picture that follows the reader's theme, with its numbers to download.
QString figure(const Picture& picture, const QString& description);

/// Translated text of the report.
QString tr(const char* text);
QString displayName(const core::model::Recipe& recipe);
/// Its name and, where that is another one, its text: markup.
QString nameWithText(const core::model::Recipe& recipe);

}  // namespace app::report
