#pragma once
#include <unordered_map>
#include <vector>

#include "core/model/cpu_kv_cache.h"
#include "core/model/executor.h"
#include "core/model/value_slots.h"

namespace core::model {

/// Runs a graph with the functions of ops/. Long inputs go through in batches, so scratch memory is bounded.
class CpuExecutor : public Executor {
 public:
  explicit CpuExecutor(Graph graph);

  const Graph& graph() const override { return m_graph; }
  std::string deviceName() const override;
  MemoryUse memory() const override;
  /// What memory() will say of an executor of this graph once it has read a batch of tokens. Weights may be hollow
  /// (core/quant/hollow_tensors.h). @param tokens read together at most; 0: a whole batch
  static MemoryUse plannedMemory(const Graph& graph, std::size_t tokens = 0);
  double measureReadBandwidth() override;

 protected:
  std::unique_ptr<KvCache> makeKvCache(std::uint32_t capacity, KvType type) override;
  void compute(std::span<const TokenId> tokens, KvCache& cache, LogitsWanted wanted, std::span<float> logits,
               const JobContext& job) override;
  std::size_t mostTogether() const override;
  void computeTogether(std::span<StepBatch> batches, const JobContext& job) override;

 private:
  /// Rows of a batch that belong to one sequence.
  struct SequenceRows {
    CpuKvCache& cache;
    std::uint32_t firstPosition;
    std::size_t first, count;
  };
  /// Tokens that go through the graph together, and which of their rows the head computes.
  struct Batch {
    std::span<const TokenId> tokens;
    std::span<const SequenceRows> sequences;
    const std::vector<std::vector<float>>& rotations;  ///< of every rope table: [tokens, pairs, 2]
    std::size_t firstRow;                              ///< of the rows TakeRows keeps: firstRow … tokens.size()
    std::size_t rows;                                  ///< of the current op: all tokens, then the rows kept
    float* logits;
  };

  void runBatch(Batch batch, const JobContext& job);
  void runOp(const Op& op, Batch& batch);
  /// One that depends on what came before in the sequence.
  void runOp(const Op& op, const Batch& batch, const SequenceRows& rows);
  static SequenceRows rowsOf(KvCache& cache, std::uint32_t firstPosition, std::size_t first, std::size_t count);
  void timeOp(const Op& op, Batch& batch);
  void keepVector(const quant::QuantizedTensorPtr& tensor);
  void reserveScratch(std::size_t tokens);
  float* data(ValueId value, const Batch& batch);
  std::span<const float> vectorOf(const quant::QuantizedTensorPtr& tensor) const;
  void show(const Op& op, const Batch& batch);

  Graph m_graph;
  ValueSlots m_slots;
  std::size_t m_scratchTokens = 0;
  std::vector<std::vector<float>> m_scratch;  ///< [slots][tokens · slotWidth]
  /// Norm weights and biases, decoded once: they are small and used whole.
  std::unordered_map<const quant::QuantizedTensor*, std::vector<float>> m_vectors;
};

}  // namespace core::model
