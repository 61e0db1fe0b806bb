#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "core/base/job_context.h"
#include "core/model/graph.h"
#include "core/text/tokenizer.h"

namespace core::model {

using text::TokenId;

enum class KvType : std::uint8_t { F32, F16 };

/// Keys and values of one sequence, in the memory of the executor that made it.
class KvCache {
 public:
  virtual ~KvCache() = default;
  std::uint32_t length() const { return m_length; }      ///< tokens stored
  std::uint32_t capacity() const { return m_capacity; }  ///< tokens that fit
  virtual std::uint64_t bytes() const = 0;
  /// Forgets all tokens from `length` on. @pre length ≤ this->length()
  void truncate(std::uint32_t length) { m_length = length; }

 protected:
  friend class Executor;
  std::uint32_t m_length = 0;
  std::uint32_t m_capacity = 0;
};

enum class LogitsWanted : std::uint8_t { LastToken, AllTokens };

struct MemoryUse {
  std::uint64_t weightBytes = 0;    ///< weights this executor runs, shared ones included
  std::uint64_t residentBytes = 0;  ///< what its weights and scratch really occupy on the device
};

/// Runs one model's graph on one device. Not thread-safe: one inference thread owns every executor.
class Executor {
 public:
  /// Called with a named activation [rows, width] right after the op that made it.
  using Hook = std::function<void(const std::string& value, std::span<const float> data, std::uint32_t width)>;

  virtual ~Executor() = default;
  virtual const Graph& graph() const = 0;
  virtual std::string deviceName() const = 0;
  virtual MemoryUse memory() const = 0;

  /// @throws Error (OutOfMemory) saying how much is needed and available
  virtual std::unique_ptr<KvCache> createKvCache(std::uint32_t capacity, KvType type) = 0;

  /// Appends `tokens` to the cache and computes logits for the last or for all of them.
  /// @param logits receives rows × vocabulary values, rows = 1 or tokens.size()
  /// @throws Error (InvalidArgument) when a token id is not in the vocabulary or the cache is too small,
  ///         (Device, DeviceLost, OutOfMemory), Cancelled (the cache keeps its old length)
  virtual void forward(std::span<const TokenId> tokens, KvCache& cache, LogitsWanted wanted, std::span<float> logits,
                       const JobContext& job = JobContext()) = 0;

  /// Bytes per second this device reads from the memory its weights are in, measured now (takes a moment);
  /// 0 when this executor cannot tell.
  virtual double measureReadBandwidth() { return 0.0; }

  /// Observes activations from the next forward on; empty to stop. Costs nothing when unset.
  virtual void setHook(Hook hook) = 0;

 protected:
  /// The conditions forward() states. @throws Error (InvalidArgument)
  void checkArguments(std::span<const TokenId> tokens, const KvCache& cache, LogitsWanted wanted,
                      std::span<float> logits) const;
  static void setLength(KvCache& cache, std::uint32_t length) { cache.m_length = length; }
};

/// The reference and the fallback: float32 on the CPU, all cores through oneTBB.
std::unique_ptr<Executor> createCpuExecutor(Graph graph);

}  // namespace core::model
