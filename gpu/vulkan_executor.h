#pragma once
#include <map>
#include <optional>
#include <unordered_map>

#include "core/model/executor.h"
#include "gpu/device_impl.h"
#include "gpu/kernels/candidates_kernel.h"
#include "gpu/kernels/matmul_kernel.h"
#include "gpu/kernels/rope_kernel.h"
#include "gpu/vulkan_kv_cache.h"
#include "gpu/workspace.h"

namespace gpu {

/// Runs a graph with its weights packed in device memory. A token is one submission; a prompt is cut into batches.
class VulkanExecutor : public core::model::Executor {
 public:
  /// @param cacheBytes of the device's memory that caches will need
  VulkanExecutor(std::shared_ptr<VulkanDevice> device, core::model::Graph graph, const core::JobContext& job,
                 std::uint64_t cacheBytes = 0);
  ~VulkanExecutor() override;

  const core::model::Graph& graph() const override { return m_graph; }
  std::string deviceName() const override;
  core::model::MemoryUse memory() const override;
  /// Of the host for software devices, whose memory it is; of copies within its memory for others.
  double measureReadBandwidth() override;
  bool isLost() const override { return m_device->device()->isLost(); }
  const std::shared_ptr<VulkanDevice>& device() const { return m_device; }

  /// Tokens computed at once; a longer prompt is several batches.
  std::uint32_t batchTokens() const { return m_prefill->rows(); }
  /// What it would be if memory did not matter.
  static std::uint32_t wishedRows(const core::model::Graph& graph, const KernelChoice& choice);
  /// Whether its weight is a matrix, a stack or a table of rows.
  static bool readsRows(const core::model::Op& op);
  /// What the weight of such an operation is known by.
  /// Elements of a vector that lie together among the constants: each row of biases of experts and of taps begins with
  /// a tile.
  static std::uint64_t constantRow(const core::model::Op& op, const core::quant::QuantizedTensor& vector);
  static WeightKey keyOf(const core::model::Op& op);
  /// The weights that readsRows() means, each once for every way to use it.
  static std::vector<WeightUse> usesOf(const core::model::Graph& graph);
  /// Of a batch, where what is found out about its logits lies.
  static std::uint64_t candidateFloatsOf(const core::model::Graph& graph, const KernelChoice& choice);
  /// Steps of one token's computation, for tests of fusion.
  std::size_t stepCount() const { return m_decode->steps().size(); }
  /// Of a batch that is watched as the last forward was; 0 when it was not.
  std::size_t observedStepCount() const { return m_observed ? m_observed->steps().size() : 0; }
  Traffic traffic() const override { return m_traffic; }
  /// Commands that can be run again, and how many of such were made, for tests.
  std::size_t keptRecordings() const { return m_recordings.kept(); }
  std::size_t madeRecordings() const { return m_recordings.made(); }

 protected:
  std::unique_ptr<core::model::KvCache> makeKvCache(std::uint32_t capacity, core::model::KvType type) override;
  void compute(std::span<const core::model::TokenId> tokens, core::model::KvCache& cache,
               core::model::LogitsWanted wanted, std::span<float> logits, const core::JobContext& job) override;
  bool begin(std::span<const core::model::TokenId> tokens, core::model::KvCache& cache,
             const core::model::CandidatesWanted& wanted, const core::JobContext& job) override;
  core::model::Candidates finish(const core::JobContext& job) override;
  void abandon() override;
  std::size_t mostTogether() const override;
  /// Whatever has the same device: one command buffer serves both.
  bool joins(const Executor& other) const override;
  void computeTogether(std::span<StepBatch> batches, const core::JobContext& job) override;
  void readLogits(std::size_t row, std::span<float> logits) override;

 private:
  /// Of which logits are wanted; Candidates: what is wanted of the last row's.
  enum class Rows : int { None, Last, All, Candidates };
  /// Rows of a batch that belong to one sequence, and what is wanted of their logits.
  struct SequenceRows {
    VulkanKvCache* cache;
    std::uint32_t index;  ///< among the batch's
    std::uint32_t firstRow, rows;
    std::uint32_t firstPosition;
    core::model::CandidatesWanted candidates = {};
    std::uint32_t read = kNone, write = 0;  ///< slots of states; kNone: 0
    std::uint32_t positions = 0;            ///< that the cache holds at most when this runs

    std::uint32_t end() const { return firstPosition + rows; }
  };
  /// Tokens that go through the graph together: some of one sequence, or one of each of several.
  struct Batch {
    std::span<const core::model::TokenId> tokens;
    Rows rows;
    std::span<float> logits;
    std::vector<SequenceRows> sequences;

    bool isOfOne() const { return sequences.size() == 1; }
    /// Of one sequence.
    std::uint32_t firstPosition() const { return sequences.front().firstPosition; }
  };

  /// @param reservedBytes of the device's memory that are kept free of them
  void uploadWeights(std::uint64_t reservedBytes, const core::JobContext& job);
  void uploadConstants();
  /// @param sequences of a batch at most
  std::unique_ptr<Workspace> makeWorkspace(const Fusion& fusion, std::uint32_t wishedRows, std::uint32_t sequences = 1);
  void prepareObserved();
  Fusion fusionFor(std::uint32_t tokens) const;

  /// Cuts tokens into batches and gives them their slots of states.
  /// @param visit called with each Batch
  template <typename Visitor>
  void inBatches(std::span<const core::model::TokenId> tokens, core::model::KvCache& cache, std::size_t batchSize,
                 const core::JobContext& job, const Visitor& visit);
  static SequenceRows rowsOf(core::model::KvCache& cache, std::uint32_t index, std::uint32_t firstRow,
                             std::uint32_t rows, std::uint32_t firstPosition);
  void writeState(const Batch& batch);
  /// @throws core::Error (OutOfMemory) where there is no room for so many sequences
  Workspace& workspaceOf(const Batch& batch);
  CandidateSearch searchFor(const core::model::CandidatesWanted& wanted) const;
  /// Whether the device can look for that.
  bool finds(const core::model::CandidatesWanted& wanted) const;
  /// A batch of an executor whose commands are made together with those of others.
  struct Part {
    VulkanExecutor* executor;
    Workspace* workspace;
    const Batch* batch;
  };
  /// The commands of batches, recorded now or earlier. @param pace what they are cut by
  std::shared_ptr<Recording> recordingOf(std::span<const Part> parts, const WorkPace& pace);
  std::shared_ptr<Recording> recordingOf(const Batch& batch);
  /// Steps as a batch. @param tokens memory for them
  Batch batchOf(const StepBatch& asked, std::vector<core::model::TokenId>& tokens);
  void takeResults(const Part& part, StepBatch& asked);
  void run(const Batch& batch, const core::JobContext& job);
  void runObserved(const Batch& batch, const core::JobContext& job);
  /// Rows as they lie in a buffer for results, without their padding.
  static void copyRows(const float* from, std::size_t stride, std::size_t width, std::span<float> to);
  /// @param stamps null, or one for the beginning and one for the end of each of stepsOf() the batch
  Script record(Workspace& workspace, const Batch& batch, const vk::Timestamps* stamps = nullptr);
  /// The steps that a batch runs, in their order.
  static std::vector<const Step*> stepsOf(const Workspace& workspace, const Batch& batch);
  void runTimed(const Batch& batch, const core::JobContext& job);
  void submit(Recording& recording, Workspace& workspace, const core::JobContext& job);
  void count(const Recording& recording);
  void takeLogits(const Workspace& workspace, std::span<float> logits);

  struct StepContext;
  class ObservedRun;
  void recordStep(const StepContext& context, const Step& step);
  void recordResults(const StepContext& context, const Batch& batch);
  void recordRopes(const StepContext& context, const Step& step);
  void recordStore(const StepContext& context, const Step& step);
  void recordAttention(const StepContext& context, const core::model::Op& op);
  RopeShape ropeShape(const StepContext& context, const core::model::Op& op) const;
  void recordProducts(const StepContext& context, const Step& step);

  struct Resident {
    DeviceTensorPtr tensor;
    std::uint32_t table = 0;  ///< first constant of its code book
  };
  /// Of an operation that reads rows.
  const Resident& residentOf(const core::model::Op& op) const { return m_weights.at(keyOf(op)); }
  std::optional<CodedInputs> codedInputs(const StepContext& context, const core::model::Op& product) const;
  void recordExperts(const StepContext& context, const core::model::Op& op);
  void recordEmbedding(const StepContext& context, const core::model::Op& op);
  void recordColumns(const StepContext& context, const core::model::Op& op);
  void recordRecurrent(const StepContext& context, const core::model::Op& op);
  void recordNorm(const StepContext& context, const core::model::Op& op);
  /// First constant of a norm, a bias or sinks; kNone without one.
  std::uint32_t normWeight(const core::model::RmsNorm& norm) const;
  std::uint32_t constantOf(const core::quant::QuantizedTensorPtr& vector) const {
    return vector ? m_vectors.at(vector.get()) : kNone;
  }
  void recordInputChange(const StepContext& context, const core::model::Op& op);

  std::shared_ptr<VulkanDevice> m_device;
  core::model::Graph m_graph;
  std::map<WeightKey, Resident> m_weights;  ///< Embed, MatMul
  std::unordered_map<const core::quant::QuantizedTensor*, std::uint32_t>
      m_vectors;                                  ///< first constant of norms, biases
  std::map<std::uint32_t, std::uint32_t> m_ones;  ///< of norms without a weight: first constant of so many ones
  struct ArrangementPlace {
    std::uint32_t order = kNone, factors = kNone;  ///< first constants
  };
  std::map<const core::model::Arrangement*, ArrangementPlace> m_arrangements;
  std::string m_hostParts;  ///< which weights lie in the computer's memory
  Constants m_constants;
  std::unique_ptr<vk::Buffer> m_state;
  std::unique_ptr<Workspace> m_decode, m_prefill;
  std::unique_ptr<Workspace> m_observed;                           ///< while somebody watches
  std::vector<core::model::Watch> m_observedFor;                   ///< [values] what m_observed shows
  std::map<std::uint32_t, std::unique_ptr<Workspace>> m_together;  ///< by how many sequences they are for
  std::optional<WorkPace> m_joinedPace;  ///< of commands that are other executors', too, this one's first
  /// What begin() began last, or finish() or computeTogether() has ended: its logits still lie in the workspace.
  struct Begun {
    std::shared_ptr<Recording> recording;
    Workspace* workspace = nullptr;
    core::model::CandidatesWanted wanted;
    std::uint64_t firstRow = 0;  ///< of the logits, in the arena
  };
  Begun m_begun;
  Recordings m_recordings;
  Traffic m_traffic;
};

}  // namespace gpu
