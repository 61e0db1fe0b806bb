#pragma once
#include <QString>

#include "app/report/pictures.h"
#include "app/report/report_data.h"
#include "core/base/job_context.h"

namespace app::report {

/// Measures everything a report says.
/// @throws core::Error with one sentence, core::Cancelled
ReportData measure(const Request& request, const core::JobContext& job = core::JobContext());

/// Composes the page and writes `folder`/index.html. @return its path @throws core::Error with one sentence
QString writePage(const ReportData& data, const Pictures& pictures);

/// Measures, draws and writes `folder`/index.html, which appears complete or not at all.
/// @return the path of the page
/// @throws core::Error with one sentence
QString writeReport(const Request& request);

}  // namespace app::report
