#include "core/model/architectures/all.h"
#include "core/model/architectures/decoder_parts.h"
#include "core/model/architectures/decoder_rows.h"
#include "core/model/architectures/granite_rows.h"
#include "core/model/config_writer.h"

namespace core::model {

namespace {

constexpr auto kGraniteRows = withHeadsInPairs(kDecoderRows);
constexpr std::array<std::string_view, 1> kGraniteNames{"granite"};
constexpr std::array<std::string_view, 1> kGraniteClasses{"GraniteForCausalLM"};

constexpr auto kGraniteMoeRows = joined(withHeadsInPairs(kDecoderRowsWithoutFeedForward), kGraniteExpertRows);
constexpr std::array<std::string_view, 1> kGraniteMoeNames{"granitemoe"};
constexpr std::array<std::string_view, 2> kGraniteMoeTypes{"granitemoe", "granitemoeshared"};
constexpr std::array<std::string_view, 2> kGraniteMoeClasses{"GraniteMoeForCausalLM", "GraniteMoeSharedForCausalLM"};

void readGraniteMoeFile(const ConfigKeys& keys, ModelConfig& config) {
  readExperts(keys, kGgufExperts, config);
  config.feedForward = config.expertFeedForward;  // it has no other part
  readSharedExpert(keys, kGraniteSharedFile, 0, config);
}

void readGraniteMoeFolder(const ConfigKeys& keys, ModelConfig& config) {
  readExperts(keys, kGraniteExperts, config);
  readSharedExpert(keys, kGraniteShared, 0, config);
}

std::size_t graniteMoeType(const ModelConfig& config) { return config.sharedFeedForward != 0 ? 1 : 0; }

void writeGraniteMoeFile(const ModelConfig& config, ConfigWriter& writer) {
  if (config.sharedFeedForward != 0) writer.integer(kGraniteSharedFile, config.sharedFeedForward);
}

void writeGraniteMoeFolder(const ModelConfig& config, ConfigWriter& writer) {
  writeExperts(config, kGraniteExperts, writer);
  if (config.sharedFeedForward != 0) writer.integer(kGraniteShared, config.sharedFeedForward);
}

}  // namespace

// As Llama, with factors of the embedding, of what blocks add, of products of queries and keys, and a divisor of
// logits. Source: GraniteConfig of transformers; llama.cpp's granite.
const Architecture kGranite{.gguf = kGraniteNames,
                            .huggingFace = kGraniteNames,
                            .weights = kGraniteRows,
                            .build = buildPreNormDecoder,
                            .ggufPairing = RopePairing::Adjacent,
                            .folderClasses = kGraniteClasses,
                            .config = kGraniteConfig};

// The same with experts, and in some a part for all tokens.
// Source: GraniteMoeConfig and GraniteMoeSharedConfig of transformers; llama.cpp's granitemoe.
const Architecture kGraniteMoe{.gguf = kGraniteMoeNames,
                               .huggingFace = kGraniteMoeTypes,
                               .weights = kGraniteMoeRows,
                               .build = buildPreNormDecoder,
                               .ggufPairing = RopePairing::Adjacent,
                               .folderClasses = kGraniteMoeClasses,
                               .folderType = graniteMoeType,
                               .folderDefaults = {2048, 32, {}, {}, 1e-6F, 10000.0F},
                               .config = kGraniteConfig,
                               .ggufKeys = kGraniteExpertKeys,
                               .folderKeys = kGraniteExpertFolderKeys,
                               .readGguf = readGraniteMoeFile,
                               .readFolder = readGraniteMoeFolder,
                               .writeGguf = writeGraniteMoeFile,
                               .writeFolder = writeGraniteMoeFolder,
                               .hasExperts = true};

}  // namespace core::model
