#pragma once
#include "app/report/report_data.h"

namespace app::report {

/// Lets the model answer the same prompts as stored and under what the request compares (where it names nothing: two
/// 4-bit schemes and a 3-bit one), greedily. A model that cannot chat, or a device that gives up, becomes the sentence
/// Answers::whyNot; what cannot be computed under one recipe alone, AnswerColumn::whyNot.
/// @throws core::Error (InvalidArgument) when Request::device is none, core::Cancelled
Answers measureAnswers(OpenModel& model, const Request& request, const core::JobContext& job);

}  // namespace app::report
