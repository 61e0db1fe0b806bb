#include "core/model/generation_defaults.h"

#include <fmt/format.h>

#include <limits>

#include "core/base/error.h"
#include "core/model/metadata_limits.h"
#include "core/text/folder_settings.h"

namespace core::model {

namespace {

constexpr std::uint32_t kMost = std::numeric_limits<std::int32_t>::max();
constexpr float kHighest = 1e6F;

/// What the two kinds of files call the settings; null for what one has no key for.
struct Keys {
  const char* doSample;
  const char* temperature;
  const char* topK;
  const char* topP;
  const char* minP;
  const char* repetitionPenalty;
  const char* maxNewTokens;
};
// Sources: GenerationConfig of transformers; the keys of llama.cpp's general.sampling (gguf-py).
constexpr Keys kFolder = {"generation.do_sample",     "generation.temperature", "generation.top_k",
                          "generation.top_p",         "generation.min_p",       "generation.repetition_penalty",
                          "generation.max_new_tokens"};
constexpr Keys kGguf = {nullptr,
                        "general.sampling.temp",
                        "general.sampling.top_k",
                        "general.sampling.top_p",
                        "general.sampling.min_p",
                        "general.sampling.penalty_repeat",
                        nullptr};

/// What a person or Ollama's library set for the model (Modelfile's PARAMETER) counts more than what its file says.
constexpr Keys kOllama = {nullptr,
                          "ollama.params.temperature",
                          "ollama.params.top_k",
                          "ollama.params.top_p",
                          "ollama.params.min_p",
                          "ollama.params.repeat_penalty",
                          nullptr};

template <class T>
void take(std::optional<T>& into, const std::optional<T>& from) {
  if (from) into = from;
}

GenerationDefaults read(const io::Metadata& metadata, const Keys& keys) {
  const MetadataLimits limits(metadata);
  const auto isSaid = [&](const char* key) { return key != nullptr && metadata.find(key) != nullptr; };
  const auto real = [&](const char* key, float min, float max) {
    return isSaid(key) ? std::optional(limits.real(key, min, min, max)) : std::nullopt;
  };
  const auto integer = [&](const char* key, std::uint32_t min) {
    return isSaid(key) ? std::optional(limits.integer(key, std::nullopt, min, kMost)) : std::nullopt;
  };
  GenerationDefaults defaults;
  if (isSaid(keys.doSample)) defaults.doSample = metadata.boolean(keys.doSample);
  defaults.temperature = real(keys.temperature, 0.0F, kHighest);
  defaults.topK = integer(keys.topK, 0);
  defaults.topP = real(keys.topP, std::numeric_limits<float>::min(), 1.0F);
  defaults.minP = real(keys.minP, 0.0F, 1.0F - std::numeric_limits<float>::epsilon());
  defaults.repetitionPenalty = real(keys.repetitionPenalty, 1.0F, kHighest);
  defaults.maxNewTokens = integer(keys.maxNewTokens, 1);
  return defaults;
}

}  // namespace

GenerationOptions GenerationDefaults::applied(GenerationOptions options) const {
  SamplingOptions& sampling = options.sampling;
  sampling.temperature = temperature.value_or(sampling.temperature);
  if (doSample == false) sampling.temperature = 0.0F;
  sampling.topK = topK.value_or(sampling.topK);
  sampling.topP = topP.value_or(sampling.topP);
  sampling.minP = minP.value_or(sampling.minP);
  sampling.repetitionPenalty = repetitionPenalty.value_or(sampling.repetitionPenalty);
  options.maxTokens = maxNewTokens.value_or(options.maxTokens);
  return options;
}

GenerationDefaults generationDefaultsOf(const io::Checkpoint& checkpoint) {
  if (checkpoint.format() == io::FileFormat::Gguf) {
    GenerationDefaults defaults = read(checkpoint.metadata(), kGguf);
    const GenerationDefaults set = read(checkpoint.metadata(), kOllama);
    take(defaults.temperature, set.temperature);
    take(defaults.topK, set.topK);
    take(defaults.topP, set.topP);
    take(defaults.minP, set.minP);
    take(defaults.repetitionPenalty, set.repetitionPenalty);
    return defaults;
  }
  const text::FolderSettings settings(checkpoint, "generation_config.json", "generation");
  return read(settings.metadata(), kFolder);
}

}  // namespace core::model
