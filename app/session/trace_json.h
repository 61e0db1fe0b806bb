#pragma once
#include <nlohmann/json.hpp>

#include "app/session/trace_model.h"

namespace app {

/// A trace for programs, in the shape that the command line and saved files share (keys are added, never renamed).
/// @param tokenizer for the texts of tokens; null: there are none
nlohmann::ordered_json traceJson(const Trace& trace, const core::text::Tokenizer* tokenizer);

/// A token for people: its text as it is, blanks included; "</s>" for a control token. Any bytes become valid UTF-8.
std::string tokenText(const core::text::Tokenizer* tokenizer, core::model::TokenId token);

}  // namespace app
