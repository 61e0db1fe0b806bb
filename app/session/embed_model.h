#pragma once
#include <functional>
#include <string>
#include <vector>

#include "app/session/engine.h"

namespace app {

/// Texts that an encoder reads, as it is stored and under schemes.
struct EmbeddingRequest {
  std::vector<std::string> texts;
  std::vector<core::model::Recipe> compared;
  DeviceChoice device;
};

/// Embeddings of the texts by one of them, each of length 1: a dot product is a cosine.
struct TextEmbeddings {
  core::model::Recipe recipe;
  std::string device;                          ///< that they were computed on
  std::string failure;                         ///< why there are none; empty: there are
  std::vector<std::vector<float>> embeddings;  ///< [texts][width]
  std::vector<double> toStored;                ///< [texts] cosine to the embedding of the stored weights

  double least() const;
  double mean() const;
  /// The cosine of two texts.
  double similarity(std::size_t a, std::size_t b) const;
};

struct EmbeddingTable {
  std::vector<std::string> texts;
  std::vector<std::size_t> tokens;  ///< of each text, the model's own in front and behind included
  core::model::Pooling pooling = core::model::Pooling::Mean;
  std::vector<TextEmbeddings> rows;  ///< the stored weights first
};

/// @throws core::Error (InvalidArgument) for no text, an empty one, or one longer than the model reads; as
///         Engine::createEncoder for the stored weights, a failure of others being told in its row; core::Cancelled
EmbeddingTable embedTexts(OpenModel& model, Engine& engine, const EmbeddingRequest& request,
                          const core::JobContext& job = core::JobContext());

/// "mean", "first", "last"
const char* nameOf(core::model::Pooling pooling);

}  // namespace app
