#pragma once
#include <string>
#include <vector>

#include "app/session/open_model.h"
#include "app/session/train_settings.h"

namespace app {

/// What a run is told where a person says nothing else: one table by how many bits a weight has.
/// @param scheme a scheme's text, or a recipe's, which is trained as four bits are
QatLabSettings usualQatSettings(const OpenModel& model, const std::string& scheme);
QloraLabSettings usualQloraSettings(const OpenModel& model);

/// Ten invented facts that no model knows.
std::vector<NewFact> exampleFacts();

}  // namespace app
