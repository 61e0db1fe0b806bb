#include "gpu/kernels/attention_kernel.h"

#include <algorithm>
#include <bit>
#include <optional>
#include <utility>
#include <vector>

#include "gpu/kernels/store_kv_kernel.h"

namespace gpu {

namespace {

using core::model::Attention;
using core::model::KvShape;

constexpr std::uint32_t kLeastWorkgroup = 128;  // of attention_workgroups, which every device has
constexpr std::uint32_t kManyGroups = 1024;     // they fill any GPU
constexpr std::uint32_t kMostSplits = 64;       // over all tokens of a batch: of more, each is longer
constexpr std::uint32_t kLeastSplit = 64;       // positions that are worth a workgroup
constexpr std::uint32_t kLeastParted = 512;     // fewer are not worth joining their parts
constexpr std::uint32_t kMostTogether = 8;      // rows of a workgroup of attention_splits or attention_tiles
constexpr std::uint32_t kLeastTiled = 8;        // tokens whose attention attention_tiles computes
constexpr std::uint32_t kLeastColumns = kAttentionWorkgroup / kAttentionPositions;  // for each a position
constexpr std::uint32_t kTilesOfCore = 2;  // workgroups of it; fewer leave a GPU idle

/// The largest divisor of the group of query heads that share a key head, up to `most`.
std::uint32_t divisorOf(std::uint32_t group, std::uint32_t most) {
  std::uint32_t heads = std::min(group, most);
  while (group % heads != 0) --heads;
  return heads;
}

/// Query heads that share a pass over keys and values in attention_lanes: bounded by the registers their sums take.
std::uint32_t headsOfLanes(std::uint32_t group, std::uint32_t valueHeadSize) {
  return divisorOf(group, valueHeadSize <= 64 ? 4 : 2);
}

/// Likewise in attention_splits: bounded by shared memory, of which every device has 16 KiB, and by registers.
std::uint32_t headsOfSplits(const Attention& attention, const KvShape& kv) {
  constexpr std::uint32_t kSharedBytes = 16384;
  const std::uint32_t group = attention.heads / kv.heads, keyOctets = divideUp(kv.headSize, 8);
  std::uint32_t heads = divisorOf(group, kMostTogether);
  while (heads > 1 && attentionSplitsSharedBytes(heads, keyOctets) > kSharedBytes) heads = divisorOf(group, heads - 1);
  return heads;
}

bool canSplit(const Attention& attention, const KvShape& kv, const KernelChoice& choice) {
  const std::uint32_t octets = divideUp(std::max(kv.headSize, kv.valueHeadSize), 8);
  return !choice.isLanes() && attention.isCausal && octets <= kAttentionWorkgroup;
}

/// Parts of the visible positions that are computed side by side; 1: they are not parted.
std::uint32_t splitsOf(const Attention& attention, const KvShape& kv, std::uint32_t tokens, std::uint32_t visible) {
  if (visible < kLeastParted) return 1;
  const std::uint32_t groups = tokens * (attention.heads / headsOfSplits(attention, kv));
  return std::max(1U, std::min({kMostSplits / tokens, kManyGroups / groups, visible / kLeastSplit}));
}

void recordSplits(Recorder& recorder, const AttentionRows& rows, const Attention& attention, const KvShape& kv,
                  const AttentionPush& push, double work) {
  const std::uint32_t heads = headsOfSplits(attention, kv), valueOctets = divideUp(kv.valueHeadSize, 8);
  const AttentionSplitsConstants splits{.workgroup = kAttentionWorkgroup,
                                        .keyKind = kvKindOf(rows.type.keys),
                                        .valueKind = kvKindOf(rows.type.values),
                                        .keyOctets = divideUp(kv.headSize, 8),
                                        .valueOctets = valueOctets,
                                        .columns = std::bit_ceil(valueOctets),
                                        .headsEach = static_cast<int>(heads)};
  recorder.dispatch("attention_splits", splits.values(), rows.sets, push,
                    {attention.heads / heads * push.splits, rows.rows}, work);
}

void recordMerge(Recorder& recorder, const AttentionRows& rows, const AttentionPush& push) {
  const AttentionMergeConstants merge{.workgroup = kAttentionWorkgroup};
  recorder.dispatch("attention_merge", merge.values(), rows.sets, push, {push.heads, rows.rows},
                    1.0 * rows.rows * push.heads * push.splits * push.valueHeadSize);
}

void recordLanes(Recorder& recorder, const AttentionRows& rows, const Attention& attention, const KvShape& kv,
                 const AttentionPush& push, double work) {
  const std::uint32_t heads = headsOfLanes(attention.heads / kv.heads, kv.valueHeadSize);
  const AttentionLanesConstants constants{.workgroup = recorder.choice().lanes,
                                          .keyKind = kvKindOf(rows.type.keys),
                                          .valueKind = kvKindOf(rows.type.values),
                                          .headsEach = static_cast<int>(heads),
                                          .keyOctets = static_cast<int>(divideUp(kv.headSize, 8)),
                                          .valueOctets = static_cast<int>(divideUp(kv.valueHeadSize, 8)),
                                          .wholeQuads = kv.headSize % 4 == 0 ? 1U : 0U};
  recorder.dispatch("attention_lanes", constants.values(), rows.sets, push, {attention.heads / heads, rows.rows}, work);
}

/// @param visible positions that a query sees at most  @param tokens of the batch
void recordWorkgroups(Recorder& recorder, const AttentionRows& rows, const Attention& attention, const KvShape& kv,
                      const AttentionPush& push, std::uint32_t visible, std::uint32_t tokens, double work) {
  // Few tokens have few workgroups; then large ones finish soonest.
  const std::uint32_t largest = std::clamp(std::bit_ceil(visible), kLeastWorkgroup, recorder.choice().largeWorkgroup);
  const std::uint32_t workgroup = tokens * attention.heads < kManyGroups ? largest : kLeastWorkgroup;
  const std::uint32_t valueOctets = divideUp(kv.valueHeadSize, 8);
  const AttentionWorkgroupsConstants constants{.workgroup = workgroup,
                                               .keyKind = kvKindOf(rows.type.keys),
                                               .valueKind = kvKindOf(rows.type.values),
                                               .keyOctets = divideUp(kv.headSize, 8),
                                               .valueOctets = valueOctets,
                                               .columns = std::min(std::bit_ceil(valueOctets), workgroup)};
  recorder.dispatch("attention_workgroups", constants.values(), rows.sets, push, {attention.heads, rows.rows}, work);
}

/// How the rows (heads of tokens) of a batch are divided among workgroups of attention_tiles.
struct RowTile {
  std::uint32_t rows, heads;  ///< of a workgroup; of which so many are of one token
};

/// Nothing where a workgroup had no keys to share or a GPU too few workgroups.
std::optional<RowTile> rowTileFor(const Attention& attention, const KvShape& kv, std::uint32_t tokens,
                                  const KernelChoice& choice) {
  const std::uint32_t keyOctets = divideUp(kv.headSize, 8);
  if (!choice.tilesAttention || tokens < kLeastTiled || divideUp(kv.valueHeadSize, 8) > kAttentionWorkgroup)
    return std::nullopt;
  const auto fits = [&](std::uint32_t rows) { return attentionTilesSharedBytes(rows, keyOctets) <= choice.tileBytes; };
  const std::uint32_t group = attention.heads / kv.heads;
  std::uint32_t heads = divisorOf(group, kMostTogether);
  while (heads > 1 && !fits(heads)) heads = divisorOf(group, heads - 1);
  std::uint32_t rows = kMostTogether / heads * heads;
  while (rows > heads && !fits(rows)) rows -= heads;
  const std::uint32_t ofTokens = rows / heads;
  const bool isEnough = attention.heads / heads * divideUp(tokens, ofTokens) >= kTilesOfCore * choice.cores;
  if (rows == 1 || !fits(rows) || !isEnough) return std::nullopt;
  return RowTile{rows, heads};
}

void recordTiles(Recorder& recorder, const AttentionRows& rows, const KvShape& kv, const RowTile& tile,
                 const AttentionPush& push, double work) {
  const std::uint32_t valueOctets = divideUp(kv.valueHeadSize, 8);
  const AttentionTilesConstants constants{.workgroup = kAttentionWorkgroup,
                                          .keyKind = kvKindOf(rows.type.keys),
                                          .valueKind = kvKindOf(rows.type.values),
                                          .keyOctets = divideUp(kv.headSize, 8),
                                          .valueOctets = valueOctets,
                                          .columns = std::max(std::bit_ceil(valueOctets), kLeastColumns),
                                          .rowsEach = static_cast<int>(tile.rows),
                                          .headsEach = tile.heads};
  recorder.dispatch("attention_tiles", constants.values(), rows.sets, push,
                    {push.heads / tile.heads, divideUp(push.tokens, tile.rows / tile.heads)}, work);
}

}  // namespace

std::uint64_t attentionPartFloats(const core::model::Graph& graph, const KernelChoice& choice) {
  std::uint64_t most = 0;
  for (const core::model::Op& op : graph.ops) {
    const auto* attention = std::get_if<Attention>(&op.parameters);
    if (attention == nullptr || !canSplit(*attention, graph.kv[attention->layer], choice)) continue;
    most = std::max<std::uint64_t>(most, std::uint64_t{kMostSplits} * attention->heads *
                                             attentionPartStride(graph.kv[attention->layer].valueHeadSize));
  }
  return most;
}

void recordAttention(Recorder& recorder, std::span<const AttentionRows> sequences, const Attention& attention,
                     const KvShape& kv, const AttentionPlaces& places) {
  const std::uint32_t tokens = recorder.tokens();
  const KernelChoice& choice = recorder.choice();
  // Each row has its share of the memory for parts.
  const std::uint32_t partsOfRow =
      kMostSplits / std::min(tokens, kMostSplits) * attention.heads * attentionPartStride(kv.valueHeadSize);
  std::vector<std::pair<const AttentionRows*, AttentionPush>> parted;
  for (const AttentionRows& rows : sequences) {
    const std::uint32_t visible = attention.window == 0 ? rows.positions : std::min(rows.positions, attention.window);
    const AttentionPush push{.query = places.query.offset + rows.firstRow * places.query.stride,
                             .queryStride = places.query.stride,
                             .result = places.out.offset + rows.firstRow * places.out.stride,
                             .resultStride = places.out.stride,
                             .heads = attention.heads,
                             .kvHeads = kv.heads,
                             .headSize = kv.headSize,
                             .valueHeadSize = kv.valueHeadSize,
                             .window = attention.window,
                             .scale = attention.scale,
                             .softCap = attention.softCap,
                             .sinks = places.sinks,
                             .last = attention.isCausal ? kNone : rows.rows - 1,
                             .splits = canSplit(attention, kv, choice) ? splitsOf(attention, kv, tokens, visible) : 1,
                             .parts = places.parts + rows.firstRow * partsOfRow,
                             .tokens = rows.rows,
                             .sequence = rows.sequence};
    const double work = 1.0 * rows.rows * attention.heads * visible * (kv.headSize + kv.valueHeadSize);
    if (choice.isLanes()) {
      recordLanes(recorder, rows, attention, kv, push, work);
    } else if (push.splits > 1) {
      recordSplits(recorder, rows, attention, kv, push, work);
      parted.emplace_back(&rows, push);
    } else if (const auto tile = rowTileFor(attention, kv, rows.rows, choice)) {
      recordTiles(recorder, rows, kv, *tile, push, work);
    } else {
      recordWorkgroups(recorder, rows, attention, kv, push, visible, tokens, work);
    }
  }
  if (!parted.empty()) recorder.barrier();
  for (const auto& [rows, push] : parted) recordMerge(recorder, *rows, push);
}

}  // namespace gpu
