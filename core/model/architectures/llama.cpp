#include "core/model/architectures/all.h"
#include "core/model/architectures/decoder_parts.h"
#include "core/model/architectures/decoder_rows.h"
#include "core/model/config_writer.h"

namespace core::model {

namespace {

constexpr std::array kFrequencyRows{
    WeightRow{WeightKind::RopeFactors, "rope_freqs.weight", "", Side::RopePairs, Side::None, false}};
constexpr auto kLlamaRows = joined(withHeadsInPairs(kDecoderRows), kFrequencyRows);
constexpr std::array<std::string_view, 1> kLlamaNames{"llama"};
constexpr std::array<std::string_view, 2> kLlamaTypes{"llama", "mistral"};
constexpr std::array<std::string_view, 2> kLlamaClasses{"LlamaForCausalLM", "MistralForCausalLM"};

std::size_t llamaType(const ModelConfig& config) { return config.slidingWindow != 0 ? 1 : 0; }

/// That of Mistral, whose class alone looks at it.
void writeLlamaFolder(const ModelConfig& config, ConfigWriter& writer) {
  if (config.slidingWindow != 0) writer.integer("sliding_window", config.slidingWindow);
}

}  // namespace

const Architecture kLlama{.gguf = kLlamaNames,
                          .huggingFace = kLlamaTypes,
                          .weights = kLlamaRows,
                          .build = buildPreNormDecoder,
                          .ggufPairing = RopePairing::Adjacent,
                          .folderClasses = kLlamaClasses,
                          .folderType = llamaType,
                          .writeFolder = writeLlamaFolder};

}  // namespace core::model
