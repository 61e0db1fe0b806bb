#pragma once
#include "app/lessons/lesson.h"
#include "app/lessons/strict_json.h"

namespace app {

/// {"fact": NAME, arguments…}, with "digits" or "decimals" where it is shown.
/// @throws core::Error (InvalidFile) for an unknown fact and for arguments that are not its own
FactCall readFact(const nlohmann::json& json, const QString& where);
ShownFact readShownFact(const nlohmann::json& json, const QString& where);
/// An object of them, by name.
ShownFacts readShownFacts(StrictJson& object, const char* key);

}  // namespace app
