#pragma once
#include <QStringList>
#include <string>
#include <vector>

namespace app {

/// Where the matrices of a model stand in a map of blocks × kinds.
struct LayerGrid {
  struct Place {
    int kind = 0;   ///< into kinds
    int block = 0;  ///< 0 … blocks − 1
    bool operator==(const Place&) const = default;
  };
  QStringList kinds;  ///< "attn_q", "ffn_down": what stands behind a block's number; with several stacks, theirs
  int blocks = 0;     ///< columns
  int outside = 0;    ///< so many of the last kinds are single tensors of no block: embedding, output
  std::vector<Place> places;  ///< one per name, in their order

  /// From tensor names of GGUF ("blk.3.attn_q.weight") or Hugging Face ("model.layers.3.self_attn.q_proj.weight").
  /// Experts that are tensors of their own share one place. Names without a number of a block get a row each, or where
  /// they are many, one for all in their order.
  static LayerGrid arrange(const std::vector<std::string>& names);
  /// Whether a row is one tensor of no block, at block 0 but drawn all across the map.
  bool isOutside(int kind) const { return kind >= static_cast<int>(kinds.size()) - outside; }
  bool operator==(const LayerGrid&) const = default;
};

}  // namespace app
