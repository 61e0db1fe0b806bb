#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/session/train_settings.h"

namespace app {

/// Facts as lines of JSON, {"question": "…", "answer": "…"}; empty lines are left out.
/// @param title what the text is called in sentences
/// @throws core::Error (InvalidFile) "TITLE, line N: …" naming the field, also where there is none at all or a line is
/// a
///         text or a conversation of more turns
std::vector<NewFact> parseNewFacts(std::string_view jsonLines, const std::string& title);
/// The same of a file, which no output may then overwrite. @throws core::Error, and (NotFound, Io)
std::vector<NewFact> openNewFacts(const std::string& file);
/// What parseNewFacts() reads as these.
std::string formatNewFacts(std::span<const NewFact> facts);

}  // namespace app
