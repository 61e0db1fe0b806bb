#pragma once
#include <QByteArray>

#include "app/report/pictures.h"
#include "app/report/report_data.h"

namespace app::report {

/// The whole page as UTF-8: one document that needs nothing outside itself, and well-formed XML.
QByteArray composePage(const ReportData& data, const Pictures& pictures);

}  // namespace app::report
