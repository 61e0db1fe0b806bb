#pragma once
#include <QByteArray>

#include "app/report/comparison.h"
#include "app/report/pictures.h"
#include "app/report/report_data.h"

namespace app::report {

/// The whole page as UTF-8: one document that needs nothing outside itself, and well-formed XML.
/// @param comparison with an older report; null: there is none
QByteArray composePage(const ReportData& data, const Pictures& pictures, const Comparison* comparison);

/// A page that only compares. @param here the later of the two
QByteArray composeComparison(const Comparison& comparison, const Record& here);

}  // namespace app::report
