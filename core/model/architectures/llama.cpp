#include "core/model/architectures/all.h"
#include "core/model/architectures/decoder_parts.h"
#include "core/model/architectures/decoder_rows.h"

namespace core::model {

namespace {

constexpr std::array kFrequencyRows{
    WeightRow{WeightKind::RopeFactors, "rope_freqs.weight", "", Side::RopePairs, Side::None, false}};
constexpr auto kLlamaRows = joined(withHeadsInPairs(kDecoderRows), kFrequencyRows);
constexpr std::array<std::string_view, 1> kLlamaNames{"llama"};
constexpr std::array<std::string_view, 2> kLlamaTypes{"llama", "mistral"};
constexpr std::array<std::string_view, 2> kLlamaClasses{"LlamaForCausalLM", "MistralForCausalLM"};

}  // namespace

const Architecture kLlama{.gguf = kLlamaNames,
                          .huggingFace = kLlamaTypes,
                          .weights = kLlamaRows,
                          .build = buildPreNormDecoder,
                          .ggufPairing = RopePairing::Adjacent,
                          .folderClasses = kLlamaClasses,
                          .windowedType = 1};

}  // namespace core::model
