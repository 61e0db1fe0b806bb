#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/evaluate/logit_stream.h"
#include "core/evaluate/passage.h"
#include "core/model/executor.h"

namespace core::evaluate {

/// Makes an executor of a graph, on whatever device it is to run.
using MakeExecutor = std::function<std::unique_ptr<model::Executor>(model::Graph graph)>;

/// How graphs are run over passages.
struct ReadingOptions {
  MakeExecutor makeExecutor = model::createCpuExecutor;
  model::KvType kv = model::KvType::F16;
  std::size_t knownTokens = 0;  ///< of the tokenizer; 0: all of the vocabulary
};

/// Tokens of a passage that have to be read for its scored positions.
std::uint32_t readTokens(const Passage& passage);

/// A model's computation over passages, with what enters its layers kept: another model that begins with the same
/// operations is computed from the last kept place before they part. Keys and values belong to layers, so each part
/// makes its own, and the result is that of the whole graph to the bit where the device multiplies a batch of rows the
/// same way every time (the CPU does).
class KeptForward {
 public:
  struct Batch;
  using BatchVisitor = std::function<void(std::size_t passage, const Batch& batch)>;

  /// Runs the graph over all passages. Kept are places between layers, as many as fit, evenly spread.
  /// @param passages outlive this  @param mostBytes of what is kept: 4 · tokens · width a place; one is kept always
  /// @param visitor shown the graph's own logits; may be empty  @throws Error as Executor::forward, Cancelled
  KeptForward(model::Graph graph, std::span<const Passage> passages, ReadingOptions options, std::uint64_t mostBytes,
              const BatchVisitor& visitor, const JobContext& job);

  const model::Graph& graph() const { return m_graph; }
  /// The operation from whose result on another graph has to be computed; nothing: all of it.
  std::optional<std::size_t> placeBefore(const model::Graph& other) const;

  /// Rows of logits of a passage, of consecutive positions.
  struct Batch {
    std::size_t firstPosition = 0;
    std::span<const float> rows;  ///< [count, rowStride()], until the next call; empty: the passage is over
  };
  /// Another model reading the passages, from the place where it parts from this one.
  class Reader {
   public:
    void begin(std::size_t passage);
    /// @throws Error as Executor::forward, Cancelled
    Batch next(const JobContext& job);
    std::size_t rowStride() const { return m_stream->rowStride(); }

   private:
    friend class KeptForward;
    std::span<const Passage> m_passages;
    std::span<const std::size_t> m_firstRows;
    bool m_isWhole = true;
    std::unique_ptr<model::Executor> m_executor;
    std::unique_ptr<LogitStream> m_stream;
    std::vector<model::TokenId> m_tokens;  ///< of the passage
    std::size_t m_read = 0;
    std::vector<float> m_rows;
  };
  /// @param other outlived by its weights; this outlives the reader
  Reader reader(const model::Graph& other) const;
  std::uint64_t keptBytes() const;

 private:
  struct Place {
    std::size_t operation;
    std::vector<float> table;  ///< [all rows, width]
  };

  void choosePlaces(std::uint64_t mostBytes);
  Reader readerOf(model::Graph graph, bool isWhole) const;

  model::Graph m_graph;
  std::span<const Passage> m_passages;
  ReadingOptions m_options;
  std::vector<std::size_t> m_firstRows;  ///< of each passage in the tables
  std::size_t m_rows = 0;
  std::uint32_t m_capacity = 1;
  std::vector<Place> m_places;  ///< in the order of operations
};

}  // namespace core::evaluate
