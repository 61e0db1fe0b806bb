#pragma once
#include <QString>

#include "app/report/report_data.h"

namespace app::report {

/// Measures everything a report says.
/// @throws core::Error with one sentence
ReportData measure(const Request& request);

/// Measures, draws and writes `folder`/index.html, which appears complete or not at all.
/// @return the path of the page
/// @throws core::Error with one sentence
QString writeReport(const Request& request);

}  // namespace app::report
