#include "core/evaluate/logit_stream.h"

#include <algorithm>
#include <cassert>
#include <chrono>

#include "core/model/probabilities.h"

namespace core::evaluate {

LogitStream::LogitStream(model::Executor& executor, const LogitStreamOptions& options)
    : m_executor(executor),
      m_options(options),
      m_known(model::knownTokens(executor.graph().vocabulary(), options.knownTokens)),
      m_cache(executor.createKvCache(options.capacity, options.kv)) {
  assert(options.batchTokens > 0);
}

std::size_t LogitStream::rowStride() const { return m_executor.graph().vocabulary(); }

void LogitStream::restart(std::span<const model::TokenId> tokens) { m_cache->keepCommon(tokens); }

void LogitStream::forward(std::span<const model::TokenId> tokens, model::LogitsWanted wanted, std::span<float> rows,
                          const JobContext& job) {
  const auto begin = std::chrono::steady_clock::now();
  m_executor.forward(tokens, *m_cache, wanted, rows, job);
  m_seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  m_tokensRead += tokens.size();
}

void LogitStream::skip(std::span<const model::TokenId> tokens, const JobContext& job) {
  m_lastRow.resize(rowStride());
  while (!tokens.empty()) {
    const auto batch = tokens.first(std::min<std::size_t>(tokens.size(), m_options.batchTokens));
    forward(batch, model::LogitsWanted::LastToken, m_lastRow, job);
    tokens = tokens.subspan(batch.size());
  }
}

void LogitStream::read(std::span<const model::TokenId> tokens, std::span<float> rows, const JobContext& job) {
  assert(rows.size() == tokens.size() * rowStride());
  while (!tokens.empty()) {
    const auto batch = tokens.first(std::min<std::size_t>(tokens.size(), m_options.batchTokens));
    forward(batch, model::LogitsWanted::AllTokens, rows.first(batch.size() * rowStride()), job);
    rows = rows.subspan(batch.size() * rowStride());
    tokens = tokens.subspan(batch.size());
  }
}

void LogitStream::visit(std::span<const model::TokenId> tokens, std::size_t from, const LogitVisitor& visitor,
                        const JobContext& job) {
  from = std::min(from, tokens.size());
  restart(tokens.first(from));
  skip(tokens.subspan(length(), from - length()), job);
  for (std::size_t first = from; first < tokens.size();) {
    const std::size_t count = std::min<std::size_t>(tokens.size() - first, m_options.batchTokens);
    m_rows.resize(count * rowStride());
    read(tokens.subspan(first, count), m_rows, job);
    for (std::size_t i = 0; i < count; ++i)
      visitor(first + i, std::span<const float>(m_rows).subspan(i * rowStride(), m_known));
    first += count;
  }
}

}  // namespace core::evaluate
