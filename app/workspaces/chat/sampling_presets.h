#pragma once
#include <QString>

#include "core/model/generation_defaults.h"

namespace app {

/// Ways of sampling that have a name.
enum class SamplingPreset : std::uint8_t {
  Greedy,         ///< always the most probable token
  ModelsOwn,      ///< what the model's makers say (generation_config.json, general.sampling.*)
  Demonstration,  ///< of the documents this project began with: temperature 0.7, top-p 0.9, repetition 1.1, 128 tokens
  Own             ///< whatever a person sets
};

QString nameOf(SamplingPreset preset);
/// The options with what a preset says in place. Own says nothing.
core::model::GenerationOptions applied(SamplingPreset preset, core::model::GenerationOptions options,
                                       const core::model::GenerationDefaults& defaults);
/// The first preset that says nothing else than these options, to two decimals; Own where none does. A model that says
/// nothing has none of its own.
SamplingPreset presetOf(const core::model::GenerationOptions& options, const core::model::GenerationDefaults& defaults);
/// "temperature 0.6, top-p 0.9"
QString inWords(const core::model::GenerationDefaults& defaults);

}  // namespace app
