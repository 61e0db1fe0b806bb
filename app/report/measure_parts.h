#pragma once
#include "app/report/report_data.h"
#include "core/base/job_context.h"

namespace app::report {

/// Measures the parts that were asked for; each that cannot be measured says why, the others go on.
/// @param data weights and answers are there already  @throws core::Cancelled
Parts measureParts(const ReportData& data, const core::JobContext& job);

/// Of what is compared, the scheme or recipe that changes the weights most.
core::model::Recipe coarsestOf(const ReportData& data);

}  // namespace app::report
