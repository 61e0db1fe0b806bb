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
  std::vector<Place> places;  ///< one per name, in their order

  /// From tensor names of GGUF ("blk.3.attn_q.weight") or Hugging Face ("model.layers.3.self_attn.q_proj.weight").
  /// Experts that are tensors of their own share one place. Names without a number of a block get a row of their own,
  /// in their order.
  static LayerGrid arrange(const std::vector<std::string>& names);
  bool operator==(const LayerGrid&) const = default;
};

}  // namespace app
