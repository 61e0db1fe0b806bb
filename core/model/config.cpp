#include "core/model/config.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/model/architectures/architecture.h"
#include "core/model/config_gguf.h"
#include "core/model/config_hugging_face.h"
#include "core/model/config_reading.h"
#include "core/model/decoder_tensors.h"
#include "core/model/pooling_settings.h"

namespace core::model {

namespace {

constexpr std::uint32_t kMaxVocabulary = 1U << 24U;

/// The sentence about a property that rules a file of any format out before any number of it is read.
std::optional<std::string> unsupportedKind(const io::Checkpoint& checkpoint) {
  if (checkpoint.kind() == io::ModelKind::Adapter)
    return fmt::format("{} is {}: it opens for inspection, and runs where its model is open and compared with it.",
                       checkpoint.name(), io::describe(checkpoint.kind()));
  if (checkpoint.kind() != io::ModelKind::Model) return cannotChat(checkpoint, io::describe(checkpoint.kind()));
  const io::TensorInfo* first = nullptr;
  for (const io::TensorInfo& tensor : checkpoint.tensors()) {
    if (tensor.isReadable() || !tensor.pieceOf.empty()) continue;
    // The pieces beside codes that cannot be read, which have no parameters, say nothing of why.
    if (first == nullptr || (first->parameters == 0 && tensor.parameters != 0)) first = &tensor;
  }
  if (first == nullptr) return std::nullopt;
  return cannotChat(checkpoint, fmt::format("a model whose tensor {} cannot be read as weights ({})",
                                            io::inQuotes(first->name), first->unreadable));
}

/// Rows of the embedding: the vocabulary the model really has. The tokenizer may know fewer or more.
std::uint32_t vocabularySize(const io::Checkpoint& checkpoint) {
  const std::string name = decoderTensor(checkpoint, "token_embd.weight");
  const auto index = checkpoint.find(name);
  if (!index) {
    throw Error(
        ErrorCode::Unsupported,
        cannotChat(checkpoint, fmt::format("a file without the tensor {}, which models that can chat have", name)),
        name);
  }
  const tensor::Shape& shape = checkpoint.tensors()[*index].shape;
  if (shape.rank() != 2 || shape[0] == 0 || shape[0] > kMaxVocabulary) {
    throw Error(ErrorCode::InvalidFile,
                fmt::format("The embedding should have the shape [vocabulary, width] with at most {} rows, but has {}.",
                            kMaxVocabulary, shape.toString()),
                name);
  }
  return static_cast<std::uint32_t>(shape[0]);
}

/// Whether a block holds gate and up of its experts as one stack.
bool hasGateUpStack(const io::Checkpoint& checkpoint, const Architecture& architecture) {
  return std::ranges::any_of(architecture.weights, [&](const WeightRow& row) {
    const std::string_view own = row.nameIn(checkpoint.format());
    return row.kind == WeightKind::GateUpStack && !own.empty() &&
           std::ranges::any_of(checkpoint.tensors(), [&](const io::TensorInfo& tensor) {
             return tensor.name.ends_with(own) && tensor.name.size() > own.size() &&
                    tensor.name[tensor.name.size() - own.size() - 1] == '.';
           });
  });
}

}  // namespace

ModelConfig ModelConfig::fromCheckpoint(const io::Checkpoint& checkpoint) {
  const bool isGguf = checkpoint.format() == io::FileFormat::Gguf;
  auto sentence = isGguf ? whyNoGgufConfig(checkpoint) : whyNoHuggingFaceConfig(checkpoint);
  if (const auto kind = unsupportedKind(checkpoint); kind && (!sentence || checkpoint.kind() != io::ModelKind::Model))
    sentence = kind;
  if (sentence) throw Error(ErrorCode::Unsupported, *sentence);
  ModelConfig config;
  config.architecture = findArchitecture(checkpoint);
  config.vocabulary = vocabularySize(checkpoint);
  config.areGateUpStacked = hasGateUpStack(checkpoint, *config.architecture);
  isGguf ? readGgufConfig(checkpoint, config) : readHuggingFaceConfig(checkpoint, config);
  if (!isGguf && config.architecture->isEncoder) config.pooling = poolingOfFolder(checkpoint);
  for (const std::vector<float>* const factors : {&config.ropeShortFactors, &config.ropeLongFactors})
    if (!factors->empty())
      static_cast<void>(config.ropeFrequencies(*factors));  // throws for others than they should be
  return config;
}

std::optional<std::string> whyNotRunnable(const io::Checkpoint& checkpoint) {
  try {
    ModelConfig::fromCheckpoint(checkpoint);
    return std::nullopt;
  } catch (const Error& error) {
    return error.what();
  }
}

}  // namespace core::model
