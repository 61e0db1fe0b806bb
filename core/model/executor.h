#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "core/base/job_context.h"
#include "core/model/candidates.h"
#include "core/model/graph.h"
#include "core/model/kv_cache.h"
#include "core/model/observers.h"
#include "core/model/step_times.h"

namespace core::model {

enum class LogitsWanted : std::uint8_t { LastToken, AllTokens };

struct MemoryUse {
  std::uint64_t weightBytes = 0;    ///< weights this executor runs, shared ones included
  std::uint64_t residentBytes = 0;  ///< what its weights and scratch really occupy on the device
  std::uint64_t hostBytes = 0;  ///< of weights that a device reads from the computer's memory, its own being too small
  std::string hostParts = {};   ///< which (WeightPlacement::hostParts)
};

/// One token of a sequence, behind those of its cache, and what is wanted of the logits behind it.
struct SequenceStep {
  TokenId token = 0;
  KvCache* cache = nullptr;
  CandidatesWanted wanted;
};

/// Runs one model's graph on one device. Not thread-safe: one inference thread owns every executor.
/// This class is the door: what may be asked, whose cache it is and whether the answer consists of numbers is checked
/// here, once for every device.
class Executor {
 public:
  Executor() = default;
  virtual ~Executor() = default;
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  virtual const Graph& graph() const = 0;
  virtual std::string deviceName() const = 0;
  virtual MemoryUse memory() const = 0;

  /// @throws Error (OutOfMemory) saying how much is needed and available, (InvalidArgument) for no capacity
  std::unique_ptr<KvCache> createKvCache(std::uint32_t capacity, KvType type);
  /// An empty one for the life of the pointer, which may be longer than this executor's. Those that end are kept, a few
  /// of them, for the next sequence of that size and type, which then costs no memory and no commands: what a device
  /// recorded for a cache serves it again. @throws Error as createKvCache()
  LentCache lendKvCache(std::uint32_t capacity, KvType type);
  /// Frees the memory of those that nobody has. Also done where there is none for another one.
  void freeKeptCaches() { m_keptCaches->clear(); }

  /// Appends `tokens` to the cache and computes logits for the last or for all of them.
  /// @param cache one that this executor made
  /// @param logits receives rows × vocabulary values, rows = 1 or tokens.size()
  /// @throws Error (InvalidArgument) when a token id is not in the vocabulary, the cache is too small or another's, or
  /// the graph
  ///         reads whole texts and the cache has something in it,
  ///         (NotFinite) when a logit is NaN or infinite, naming where this began,
  ///         (Device, DeviceLost, OutOfMemory), Cancelled (the cache keeps its old length)
  void forward(std::span<const TokenId> tokens, KvCache& cache, LogitsWanted wanted, std::span<float> logits,
               const JobContext& job = JobContext());

  /// forward() of the last token, whose logits stay where they are computed: what comes back is what is wanted of them.
  /// @throws Error as forward(), (InvalidArgument) when no token is wanted or known
  Candidates candidates(std::span<const TokenId> tokens, KvCache& cache, const CandidatesWanted& wanted,
                        const JobContext& job = JobContext());
  /// The row of logits behind the last candidates(). @pre nothing else was asked of this executor since
  std::span<const float> lastLogits();
  /// Likewise the row behind the tokens of this cache, which may have been computed together with others (together.h).
  std::span<const float> lastLogits(const KvCache& cache);
  /// candidates() will be asked next what follows this token: a device may begin to compute it. Whatever else is asked
  /// makes that come to nothing, and so does a failure, which candidates() then meets again.
  void prepare(TokenId token, KvCache& cache, const CandidatesWanted& wanted);

  /// forward() of the last token's logits, whose steps are timed one by one: on the CPU by its clock, on Vulkan by the
  /// device's, whose steps are of several operations. Nothing where the device has no clock, or somebody watches
  /// values.
  /// @throws Error as forward()
  StepTimes timeForward(std::span<const TokenId> tokens, KvCache& cache, const JobContext& job = JobContext());

  /// What was handed to a device so far; zeros where nothing is.
  struct Traffic {
    std::uint64_t submissions = 0, dispatches = 0, barriers = 0;
    std::uint64_t returnedBytes = 0;  ///< of logits and what was found out about them
  };
  virtual Traffic traffic() const { return {}; }

  /// Bytes per second between this device and the memory its weights are in, measured now (takes a moment); 0 when this
  /// executor cannot tell.
  virtual double measureReadBandwidth() { return 0.0; }

  /// Shows the hook these values from the next forward on, as long as the subscription is kept: those of a batch of
  /// tokens in the graph's order, then those of the next batch; values that nobody asked for are not made for it.
  /// Several subscriptions are shown a value in the order of subscribing. Behind TakeRows only rows whose logits are
  /// wanted are computed and shown. Codes are shown as they lie (coded_row.h). Without subscriptions nothing is spent
  /// on this. What the hook throws, forward() throws.
  /// @throws Error (InvalidArgument) for a value that the graph does not have
  [[nodiscard]] Subscription subscribe(std::vector<ValueId> values, Hook hook);
  /// Sums the columns of these values over every row that is computed from the next forward on, where the values are:
  /// no activation leaves the device. A forward that throws adds nothing. The CPU sums in double; Vulkan sums the rows
  /// of a batch (at most 512) in float32, in a tree, and the batches in double.
  /// @throws Error (InvalidArgument) for a value that the graph does not have, or that is made of codes
  [[nodiscard]] ColumnSums sumColumns(std::vector<ValueId> values);

  /// The device is gone for good: this executor and every other one on it throw DeviceLost from now on.
  virtual bool isLost() const { return false; }

 protected:
  /// A cache in this device's memory; who made it and its limits are entered by createKvCache(). @pre capacity > 0
  virtual std::unique_ptr<KvCache> makeKvCache(std::uint32_t capacity, KvType type) = 0;
  /// forward() with checked arguments. Writes keys and values behind the cache's end, but does not move it.
  virtual void compute(std::span<const TokenId> tokens, KvCache& cache, LogitsWanted wanted, std::span<float> logits,
                       const JobContext& job) = 0;
  /// Begins candidates() with checked arguments: the device computes on by itself. Likewise behind the cache's end.
  /// @return false where that cannot be done here: compute() is asked for the row
  virtual bool begin(std::span<const TokenId>, KvCache&, const CandidatesWanted&, const JobContext&) { return false; }
  /// What begin() began. @pre it did
  virtual Candidates finish(const JobContext&) { return {}; }
  /// What begin() began is not wanted: nothing of it runs any more.
  virtual void abandon() {}
  /// Steps of several sequences in one batch.
  struct StepBatch {
    Executor* executor;
    std::vector<SequenceStep> steps;     ///< none of another's cache, nor two of the same
    std::vector<Candidates> found = {};  ///< of each; empty where nobody looked for them:
    std::vector<float> logits = {};      ///< [steps, vocabulary]
  };
  /// Steps of a batch at most; 0: sequences cannot be computed together.
  virtual std::size_t mostTogether() const { return 0; }
  /// Whether batches of this executor and the other one can be computed together.
  virtual bool joins(const Executor&) const { return false; }
  /// Computes batches with checked arguments, the first of this executor, the others of such as it joins. Writes keys
  /// and values behind the caches' ends, but does not move these. After an exception nothing of it runs any more.
  virtual void computeTogether(std::span<StepBatch>, const JobContext&) {}
  /// A row that finish() or computeTogether() was about last. @param logits [vocabulary]
  virtual void readLogits(std::size_t, std::span<float>) {}
  /// Of caches that nobody has: part of memory().
  std::uint64_t keptCacheBytes() const;
  /// Whom compute() shows values to.
  Observers& observers() { return m_observers; }
  /// Where compute() shall say what its steps take; null: they are not timed.
  StepTimes* stepTimes() { return m_stepTimes; }

 private:
  friend class Together;
  std::unique_ptr<KvCache> makeOrFree(std::uint32_t capacity, KvType type);
  void checkValues(std::span<const ValueId> values) const;
  void checkArguments(std::span<const TokenId> tokens, const KvCache& cache) const;
  void checkWanted(const CandidatesWanted& wanted) const;
  void abandonPrepared();
  /// Reads what lastLogits() may be asked for, before something else is computed.
  void keepRows();
  [[noreturn]] void throwNotFinite(std::span<const TokenId> tokens, KvCache& given, const JobContext& job);

  /// What prepare() began.
  struct Prepared {
    TokenId token;
    std::uint64_t cache;  ///< KvCache::m_number
    std::uint32_t length;
    CandidatesWanted wanted;
    bool operator==(const Prepared&) const = default;
  };

  Observers m_observers;
  std::optional<Prepared> m_prepared;
  /// Of logits, behind what was computed last.
  struct Row {
    std::uint64_t cache = 0;  ///< KvCache::m_number
    std::size_t index = 0;    ///< on the device
    bool isHere = false;
    std::vector<float> logits = {};  ///< once it is here
  };
  std::span<const float> read(Row& row);
  std::vector<Row> m_rows;
  std::uint64_t m_cachesMade = 0;
  using KeptCaches = std::vector<std::unique_ptr<KvCache>>;
  std::shared_ptr<KeptCaches> m_keptCaches = std::make_shared<KeptCaches>();  ///< the one that ended last behind
  StepTimes* m_stepTimes = nullptr;
  /// Caches keep what it points to alive, so an executor that comes to lie at this one's address does not pass for it.
  std::shared_ptr<const char> m_identity = std::make_shared<const char>();
};

/// The reference and the fallback: float32 on the CPU, all cores.
std::unique_ptr<Executor> createCpuExecutor(Graph graph);

}  // namespace core::model
