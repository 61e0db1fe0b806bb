#pragma once
#include <nlohmann/json.hpp>

#include "app/report/report_data.h"

namespace app::report {

/// Every number of a report for programs; parts have the shape of the command line's answers. What was asked for and
/// could not be measured is a sentence under "not_measured".
nlohmann::ordered_json recordJson(const ReportData& data);

/// As a file's text.
QByteArray fileText(const nlohmann::ordered_json& json);

}  // namespace app::report
