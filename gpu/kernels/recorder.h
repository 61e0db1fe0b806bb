#pragma once
#include <functional>
#include <optional>
#include <span>
#include <utility>

#include "gpu/script.h"
#include "gpu/shaders/common/interface.h"
#include "gpu/shaders/common/specialization.h"
#include "gpu/vk/pipeline.h"
#include "gpu/weight_store.h"

namespace gpu {

/// Where an activation lies: floats from the start of the arena, and from token to token. Multiples of 32.
struct Place {
  std::uint32_t offset = 0;
  std::uint32_t stride = 0;  ///< strideOf() the width
  std::uint32_t quad() const { return offset / 4; }
  std::uint32_t strideQuads() const { return stride / 4; }
};

/// What is the same for all kernels of a device: which family, how wide its workgroups are.
struct KernelChoice {
  vk::KernelFamily family = vk::KernelFamily::Workgroups;
  std::uint32_t lanes = 8;             ///< workgroup size of the Lanes family: one subgroup, 4, 8, 16 or 32
  std::uint32_t subgroupSize = 0;      ///< to ask for, 0: the device's own
  std::uint32_t mostSplits = 8;        ///< Workgroups: invocations that may share a row in matmul_rows
  std::uint32_t largeWorkgroup = 128;  ///< Workgroups: of kernels that have few of them, a power of two
  std::uint32_t cores = 1;             ///< Workgroups: of the device, which few rows are divided among
  bool tilesAttention = false;         ///< Workgroups: attention of many tokens is attention_tiles
  std::uint32_t tileBytes = 16384;     ///< Workgroups: shared memory that it may use
  std::uint32_t sharedBytes = 0;       ///< Workgroups: shared memory that matmul_tiles may use, 0: it cannot run here
  static constexpr std::uint32_t kUsualBatchTokens = 256;  ///< enough rows to fill a GPU
  std::uint32_t batchTokens = kUsualBatchTokens;           ///< of a prompt that are computed at once, at most
  std::uint32_t mostRows = 65535;    ///< of a batch, times the experts of a token: workgroups of a dispatch across y
  vk::MatrixShape matrix;            ///< Workgroups: what matmul_matrices multiplies by, rows 0: it cannot run here
  std::uint32_t matrixSubgroup = 0;  ///< size of a subgroup there
  bool asksForSubgroup = false;      ///< whether it has to be asked for
  std::uint32_t enoughGroups = 256;  ///< workgroups of matmul_matrices that fill a GPU
  bool hasIntegerDot = false;        ///< Workgroups: bytes are multiplied by an instruction of their own
  bool findsCandidates = true;       ///< looks for what is wanted of logits, so that these need not be read
  bool isLanes() const { return family == vk::KernelFamily::Lanes; }

  /// Invocations that share a row of a product of one token: enough of them to fill a GPU, each with something to do.
  std::uint32_t splits(std::uint32_t tiles, std::uint32_t units) const;
  /// Rows of a tile that a workgroup of such a product has, 8, 16 or 32: fewer where the tiles are fewer than the
  /// cores.
  std::uint32_t rowsEach(std::uint32_t tiles, std::uint32_t splits) const;
  /// Widest tile of matmul_tiles beside a table of so many words, 0: it cannot run here.
  std::uint32_t tileTokens(std::uint32_t tableWords) const;

  /// Products go through the other kernels, as on a device that has no matrices.
  void dropMatrices();

  static KernelChoice forDevice(const vk::Caps& caps, vk::KernelFamily family);
};

/// Writes down the kernels of one batch: the state the kernels' host halves share.
class Recorder {
 public:
  /// @param tokens rows of the batch
  Recorder(vk::PipelineCache& pipelines, const KernelChoice& choice, std::uint32_t tokens);

  const KernelChoice& choice() const { return m_choice; }
  std::uint32_t tokens() const { return m_tokens; }
  /// Whose rows they are, among the sequences in the state buffer, where that matters.
  std::uint32_t sequence() const { return m_sequence; }
  /// Kernels from here on work on this many rows.
  void setTokens(std::uint32_t tokens, std::uint32_t sequence = 0) {
    m_tokens = tokens;
    m_sequence = sequence;
  }

  /// @param grid workgroups, from 0 on  @param work multiply-adds of all of them
  /// @param subgroupSize to ask for, 0: the device's own; nothing: the family's
  template <typename Push>
  void dispatch(const std::string& shader, const vk::Specialization& constants, std::span<const VkDescriptorSet> sets,
                const Push& push, const vk::Grid& grid, double work,
                std::optional<std::uint32_t> subgroupSize = std::nullopt) {
    static_assert(sizeof(Push) <= vk::PipelineCache::kPushBytes);
    const std::uint32_t ofFamily = m_choice.isLanes() ? m_choice.subgroupSize : 0;
    m_script.add(Script::Dispatch(m_pipelines.get(shader, constants, subgroupSize.value_or(ofFamily)), sets,
                                  std::as_bytes(std::span(&push, 1)), grid, work));
  }
  void copy(const vk::Buffer& from, std::uint64_t fromOffset, const vk::Buffer& to, std::uint64_t toOffset,
            std::uint64_t bytes) {
    m_script.add(Script::Copy{&from, fromOffset, &to, toOffset, bytes});
  }
  /// As vk::Commands::reset, stamp.
  void reset(const vk::Timestamps& stamps) { m_script.add(Script::Reset{&stamps}); }
  void stamp(const vk::Timestamps& stamps, std::uint32_t index) { m_script.add(Script::Stamp{&stamps, index}); }
  /// What was written down so far is done before what follows.
  void barrier() { m_script.phases.emplace_back(); }
  /// All of it. The recorder begins anew.
  Script take() { return std::exchange(m_script, Script()); }

 private:
  vk::PipelineCache& m_pipelines;
  const KernelChoice& m_choice;
  std::uint32_t m_tokens, m_sequence = 0;
  Script m_script;
};

constexpr std::uint32_t divideUp(std::uint32_t a, std::uint32_t b) { return (a + b - 1) / b; }

}  // namespace gpu
