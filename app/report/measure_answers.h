#pragma once
#include "app/report/report_data.h"

namespace app::report {

/// Lets the model answer the same prompts as stored and under 4-bit and 3-bit schemes, greedily. A model that cannot
/// chat, or a device that gives up, becomes the sentence Answers::whyNot.
/// @param device as DeviceChoice::parse reads it @throws core::Error (InvalidArgument) when it does not
Answers measureAnswers(OpenModel& model, const QString& device, const core::JobContext& job);

}  // namespace app::report
