#pragma once
#include <memory>
#include <span>
#include <vector>

#include "core/evaluate/logit_visitor.h"
#include "core/model/executor.h"

namespace core::evaluate {

struct LogitStreamOptions {
  model::KvType kv = model::KvType::F16;
  std::uint32_t capacity = 0;       ///< tokens of the longest text
  std::size_t knownTokens = 0;      ///< of the tokenizer; the model may have more, which have no probability. 0: all
  std::uint32_t batchTokens = 256;  ///< computed together; memory holds the logits of so many
};

/// One executor reading texts from the beginning of its cache, a batch of tokens at a time. No more than a batch of
/// rows of logits exists at once, whatever the length of the text.
class LogitStream {
 public:
  /// @param executor outlives this @throws Error (OutOfMemory, InvalidArgument for no capacity)
  LogitStream(model::Executor& executor, const LogitStreamOptions& options);

  /// Tokens that have a probability.
  std::size_t vocabulary() const { return m_known; }
  std::uint32_t batchTokens() const { return m_options.batchTokens; }
  std::uint32_t capacity() const { return m_options.capacity; }
  const model::Executor& executor() const { return m_executor; }

  /// The next text begins as this one, from nothing by default: keeps what both have in common.
  void restart(std::span<const model::TokenId> tokens = {});
  /// Tokens read since, or kept.
  std::uint32_t length() const { return m_cache->length(); }

  /// Reads on without looking.
  /// @throws Error as Executor::forward, Cancelled
  void skip(std::span<const model::TokenId> tokens, const JobContext& job = JobContext());
  /// Reads on. @param rows receives the logits after each token: rowStride() values, of which vocabulary() count
  /// @pre rows.size() == tokens.size() · rowStride()
  void read(std::span<const model::TokenId> tokens, std::span<float> rows, const JobContext& job = JobContext());
  /// Reads a text from its beginning and shows the rows after tokens[0…from] and later. What the cache has of it
  /// already is not computed again.
  void visit(std::span<const model::TokenId> tokens, std::size_t from, const LogitVisitor& visitor,
             const JobContext& job = JobContext());

  /// Values from one row to the next: what the model computes for a token.
  std::size_t rowStride() const;
  /// Seconds spent computing and tokens computed since it was made.
  double seconds() const { return m_seconds; }
  std::size_t tokensRead() const { return m_tokensRead; }

 private:
  void forward(std::span<const model::TokenId> tokens, model::LogitsWanted wanted, std::span<float> rows,
               const JobContext& job);

  model::Executor& m_executor;
  LogitStreamOptions m_options;
  std::size_t m_known;
  std::unique_ptr<model::KvCache> m_cache;
  std::vector<float> m_lastRow, m_rows;  ///< nobody looks at the former; the latter for visit(), empty until then
  double m_seconds = 0;
  std::size_t m_tokensRead = 0;
};

}  // namespace core::evaluate
