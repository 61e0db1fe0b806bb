#include "core/model/embedding.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>

#include "core/base/error.h"

namespace core::model {

namespace {

double dot(std::span<const float> a, std::span<const float> b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

/// @param rows [tokens, width]
std::vector<double> pooled(std::span<const float> rows, std::size_t width, Pooling pooling) {
  const std::size_t tokens = rows.size() / width;
  const std::size_t first = pooling == Pooling::Last ? tokens - 1 : 0, end = pooling == Pooling::First ? 1 : tokens;
  std::vector<double> sum(width, 0.0);
  for (std::size_t t = first; t < end; ++t)
    for (std::size_t i = 0; i < width; ++i) sum[i] += static_cast<double>(rows[t * width + i]);
  return sum;  // its length is divided by in any case
}

}  // namespace

Embedder::Embedder(Executor& executor, Pooling pooling) : m_executor(executor), m_pooling(pooling) {
  assert(executor.graph().readsWholeTexts());
}

std::uint32_t Embedder::mostTokens() const { return m_executor.graph().rowsTogether().value_or(0); }

std::vector<float> Embedder::embed(std::span<const TokenId> tokens, const JobContext& job) {
  if (tokens.empty() || tokens.size() > mostTokens())
    throw Error(ErrorCode::InvalidArgument,
                tokens.empty() ? "A text without tokens has no embedding."
                               : fmt::format("The model reads texts of at most {} tokens, and this one has {}.",
                                             mostTokens(), tokens.size()));
  if (!m_cache || m_cache->capacity() < tokens.size()) {
    m_cache.reset();  // first, so that the two need no memory together
    m_cache = m_executor.createKvCache(static_cast<std::uint32_t>(tokens.size()), KvType::F32);
  }
  m_cache->truncate(0);
  std::vector<float> rows(tokens.size() * width());
  m_executor.forward(tokens, *m_cache, LogitsWanted::AllTokens, rows, job);
  const std::vector<double> sum = pooled(rows, width(), m_pooling);
  double squares = 0.0;
  for (const double value : sum) squares += value * value;
  if (squares == 0.0)
    throw Error(ErrorCode::NotFinite, "All values of the embedding are 0, so that it has no direction.");
  std::vector<float> embedding(sum.size());
  std::ranges::transform(sum, embedding.begin(),
                         [&](double value) { return static_cast<float>(value / std::sqrt(squares)); });
  return embedding;
}

double cosine(std::span<const float> a, std::span<const float> b) {
  assert(a.size() == b.size());
  return dot(a, b) / std::sqrt(dot(a, a) * dot(b, b));
}

}  // namespace core::model
