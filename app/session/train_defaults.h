#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "app/session/open_model.h"
#include "app/session/train_settings.h"

namespace app {

/// What a run is told where a person says nothing else: one table by how many bits a weight has.
/// @param scheme a scheme's text, or a recipe's, which is trained as four bits are
QatLabSettings usualQatSettings(const OpenModel& model, const std::string& scheme);
QloraLabSettings usualQloraSettings(const OpenModel& model);

/// Values that a run with adapters keeps for its backward pass, at most; beyond it computes them again. Little beside
/// the packed weights of models for which memory is short.
constexpr std::uint64_t kAdapterKeptBytes = std::uint64_t{256} << 20U;

/// How much faster learned ranges move than weights: a factor of the learning rate. What they learn is a logarithm
/// (steps) or stands behind a sigmoid (clips), so it has further to go.
double rangeRateFactor(core::train::QatRange range);

/// Ten invented facts that no model knows.
std::vector<NewFact> exampleFacts();

}  // namespace app
