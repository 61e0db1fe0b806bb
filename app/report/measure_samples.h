#pragma once
#include "app/report/report_data.h"

namespace app::report {

/// Fills the histograms of a typical matrix and of the one with the heaviest tails, and a few of its weights bit by
/// bit.
/// @pre the treatments and matrices are there
/// @throws core::Error, core::Cancelled
void measureSamples(ReportData& data, const core::JobContext& job);

}  // namespace app::report
