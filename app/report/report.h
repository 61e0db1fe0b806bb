#pragma once
#include <QString>

#include "app/report/pictures.h"
#include "app/report/report_data.h"
#include "core/base/job_context.h"

namespace app::report {

/// Measures everything a report says.
/// @throws core::Error with one sentence, core::Cancelled
ReportData measure(const Request& request, const core::JobContext& job = core::JobContext());

/// Writes `folder`/index.html and report.json, both or none. @return the page's path
/// @throws core::Error with one sentence
QString writePage(const ReportData& data, const Pictures& pictures);

/// Measures, draws and writes both. @return the path of the page
/// @throws core::Error with one sentence
QString writeReport(const Request& request);

/// Compares two reports by their folders, the older first; nothing is measured. Writes `folder`/index.html and
/// comparison.json, both or none. @return the page's path @throws core::Error with one sentence
QString writeComparison(const QString& there, const QString& here, const QString& folder);

}  // namespace app::report
