#pragma once
#include <string>
#include <vector>

#include "app/session/answer_score.h"
#include "core/classic/image_network.h"

namespace app {

/// The image network of lesson 12, as it was trained: compiled in (resources/lessons/models).
const core::classic::ImageNetwork& digitNetwork();

/// The questions with their answers that lesson 11 asks the built-in chat model: compiled in.
const std::vector<Exchange>& lessonExchanges();
/// How the built-in chat model under a scheme ("int4:group=64"; "stored": none) reads those answers. Takes about half a
/// second; what was computed once is remembered.
/// @param calibrated the built-in text that schemes which look at data are made with: "demo" or "prose"
/// @throws core::Error for a scheme that is none, core::Cancelled
AnswerScore chatScore(const std::string& scheme, const core::JobContext& job, const std::string& calibrated = "demo");
/// What it writes when it always takes its favourite token: at most 60 of them. @throws as chatScore
std::string chatAnswer(const std::string& scheme, const std::string& question, const core::JobContext& job);

}  // namespace app
