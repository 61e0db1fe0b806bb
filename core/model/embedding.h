#pragma once
#include <span>
#include <vector>

#include "core/base/job_context.h"
#include "core/model/config.h"
#include "core/model/executor.h"

namespace core::model {

/// Embeddings of texts that an encoder makes, each of them computed alone, with keys and values in float32.
class Embedder {
 public:
  /// @param executor of a graph that reads whole texts; has to outlive it
  Embedder(Executor& executor, Pooling pooling);

  /// Tokens that a text may have.
  std::uint32_t mostTokens() const;
  /// Values of an embedding.
  std::uint32_t width() const { return m_executor.graph().vocabulary(); }
  /// The rows of the text's tokens, pooled, and divided by their length, so that a dot product is a cosine.
  /// @return [width]
  /// @throws Error (InvalidArgument) for no token, more than mostTokens() or one that is not in the vocabulary,
  ///         (NotFinite) naming where it began, or where all values are 0; (Device, DeviceLost, OutOfMemory), Cancelled
  std::vector<float> embed(std::span<const TokenId> tokens, const JobContext& job = JobContext());

 private:
  Executor& m_executor;
  Pooling m_pooling;
  std::unique_ptr<KvCache> m_cache;
};

/// The cosine of the angle between two vectors of the same size, in double. @pre neither is 0
double cosine(std::span<const float> a, std::span<const float> b);

}  // namespace core::model
