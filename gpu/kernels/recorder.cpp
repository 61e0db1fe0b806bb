#include "gpu/kernels/recorder.h"

#include <algorithm>
#include <bit>

#include "gpu/kernels/matrix_tile.h"
#include "gpu/vk/shader_table.h"

namespace gpu {

namespace {
// attention_workgroups takes the most: 24, and once the query and 128 bytes.
constexpr std::uint32_t kSharedBytesPerInvocation = 32;
constexpr std::uint32_t kLaneBatchTokens = 32;  // of a CPU: a cancel should not wait for more
}  // namespace

KernelChoice KernelChoice::forDevice(const vk::Caps& caps, vk::KernelFamily family) {
  KernelChoice choice;
  choice.family = family;
  // A workgroup of the smallest possible size is one subgroup whatever size the driver picks.
  choice.lanes = std::clamp<std::uint32_t>(std::bit_floor(std::max(caps.minSubgroupSize, 4U)), 4, 32);
  if (caps.hasSubgroupSizeControl && caps.minSubgroupSize != caps.maxSubgroupSize) {
    choice.lanes = std::clamp<std::uint32_t>(std::bit_floor(std::max(caps.subgroupSize, 4U)), 4, 32);
    choice.subgroupSize = std::max(choice.lanes, caps.minSubgroupSize);
  }
  choice.mostSplits = std::clamp<std::uint32_t>(std::bit_floor(caps.maxWorkgroupInvocations / kTileRows), 1, 32);
  choice.largeWorkgroup = std::bit_floor(std::clamp<std::uint32_t>(caps.maxWorkgroupInvocations, 128, 1024));
  while (choice.largeWorkgroup > 128 && choice.largeWorkgroup * kSharedBytesPerInvocation > caps.maxSharedMemoryBytes) {
    choice.largeWorkgroup /= 2;
  }
  constexpr std::uint32_t kUnknownCores = 64;  // of a discrete GPU of middling size
  if (!caps.isCpu) choice.cores = caps.cores != 0 ? caps.cores : kUnknownCores;
  constexpr std::uint32_t kMostTileBytes = 24576;  // so that several workgroups share a core
  choice.tilesAttention = !caps.isCpu;             // where it would be faster, too, but takes seconds to compile
  choice.tileBytes = std::min(caps.maxSharedMemoryBytes, kMostTileBytes);
  if (choice.isLanes()) choice.batchTokens = kLaneBatchTokens;
  choice.findsCandidates = !caps.isCpu;  // whose memory is the host's: reading it costs nothing
  choice.mostRows = std::max(caps.maxWorkgroupCount, 1U);
  choice.hasIntegerDot = caps.integerDotProduct && vk::hasShader("matmul_codes_dot.int8");
  if (caps.maxWorkgroupInvocations >= kMatMulTilesWorkgroup) choice.sharedBytes = caps.maxSharedMemoryBytes;
  if (!choice.isLanes() && vk::hasShader("matmul_matrices.f32")) chooseMatrices(caps, choice);
  return choice;
}

void KernelChoice::dropMatrices() {
  matrix = {};
  matrixSubgroup = 0;
  asksForSubgroup = false;
  batchTokens = std::min(batchTokens, kUsualBatchTokens);
}

std::uint32_t KernelChoice::splits(std::uint32_t tiles, std::uint32_t units) const {
  constexpr std::uint32_t kInvocations = 1U << 18U, kFew = 8;
  const std::uint32_t wished = std::max(std::bit_floor(kInvocations / std::max(tiles * kTileRows, 1U)), kFew);
  return std::min({wished, std::max(std::bit_floor(units / 2), 1U), mostSplits});
}

std::uint32_t KernelChoice::rowsEach(std::uint32_t tiles, std::uint32_t splits) const {
  constexpr std::uint32_t kFewestRows = 8, kFewestInvocations = 64;  // 128 bytes side by side; a whole subgroup
  std::uint32_t rows = kTileRows;
  while (tiles * (kTileRows / rows) < cores && rows > kFewestRows && rows / 2 * splits >= kFewestInvocations) rows /= 2;
  return rows;
}

std::uint32_t KernelChoice::tileTokens(std::uint32_t tableWords) const {
  for (const std::uint32_t tokens : {64U, 32U, 16U}) {
    if (matMulTilesSharedBytes(tokens) + tableWords * 4 <= sharedBytes) return tokens;
  }
  return 0;
}

Recorder::Recorder(vk::PipelineCache& pipelines, const KernelChoice& choice, std::uint32_t tokens)
    : m_pipelines(pipelines), m_choice(choice), m_tokens(tokens) {}

}  // namespace gpu
