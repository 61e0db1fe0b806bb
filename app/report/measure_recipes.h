#pragma once
#include "app/report/report_data.h"

namespace app::report {

/// Fills in what each recipe that is more than a scheme gives each tensor. @pre the treatments are there
void measureRecipes(ReportData& data);

}  // namespace app::report
