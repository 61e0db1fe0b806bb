#pragma once
#include "app/report/report_data.h"

namespace app::report {

/// Fills treatments, matrices, summaries, histograms and bit samples from an opened model.
/// @throws core::Error, core::Cancelled
void measureWeights(ReportData& data, const core::JobContext& job);

}  // namespace app::report
