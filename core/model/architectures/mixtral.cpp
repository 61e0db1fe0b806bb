#include "core/model/architectures/all.h"
#include "core/model/architectures/decoder_parts.h"
#include "core/model/architectures/decoder_rows.h"
#include "core/model/config_writer.h"

namespace core::model {

namespace {

constexpr auto kMixtralRows =
    joined(withHeadsInPairs(kDecoderRowsWithoutFeedForward),
           expertRows("block_sparse_moe.gate.weight", "block_sparse_moe.experts.*.w1.weight",
                      "block_sparse_moe.experts.*.w3.weight", "block_sparse_moe.experts.*.w2.weight"));
constexpr std::array<std::string_view, 1> kMixtralNames{"llama"}, kMixtralTypes{"mixtral"};
constexpr std::array<std::string_view, 1> kMixtralClasses{"MixtralForCausalLM"};
constexpr std::array<std::string_view, 3> kMixtralKeys{"expert_count", "expert_used_count",
                                                       "expert_feed_forward_length"};
constexpr std::array<std::string_view, 2> kMixtralFolderKeys{"num_local_experts", "num_experts_per_tok"};
constexpr ExpertNames kMixtralExperts{"num_local_experts", "num_experts_per_tok", "intermediate_size"};

void readMixtralFile(const ConfigKeys& keys, ModelConfig& config) { readExperts(keys, kGgufExperts, config); }

void readMixtralFolder(const ConfigKeys& keys, ModelConfig& config) {
  readExperts(keys, kMixtralExperts, config);
  config.slidingWindow = keys.integer("sliding_window", 0, 0, ModelConfig::kMaxContext);
}

void writeMixtralFile(const ModelConfig& /*config*/, ConfigWriter& /*writer*/) {}  // as all with experts

void writeMixtralFolder(const ModelConfig& config, ConfigWriter& writer) {
  writeExperts(config, kMixtralExperts, writer);
  if (config.slidingWindow != 0) writer.integer("sliding_window", config.slidingWindow);
}

}  // namespace

// As Llama, with experts whose weights add up to 1.
// Source: MixtralConfig of transformers; llama.cpp's llama with expert_count.
const Architecture kMixtral{.gguf = kMixtralNames,
                            .huggingFace = kMixtralTypes,
                            .weights = kMixtralRows,
                            .build = buildPreNormDecoder,
                            .ggufPairing = RopePairing::Adjacent,
                            .folderClasses = kMixtralClasses,
                            .folderDefaults = {131072, 32, 8, {}, 1e-5F, 1e6F},
                            .ggufKeys = kMixtralKeys,
                            .folderKeys = kMixtralFolderKeys,
                            .readGguf = readMixtralFile,
                            .readFolder = readMixtralFolder,
                            .writeGguf = writeMixtralFile,
                            .writeFolder = writeMixtralFolder,
                            .hasExperts = true};

}  // namespace core::model
