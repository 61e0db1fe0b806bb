#pragma once
#include <QString>
#include <vector>

#include "app/session/token_profile.h"

namespace app {

/// What steps are coloured by.
enum class FlameKind : std::uint8_t {
  Product,
  Experts,
  Attention,
  KvCache,
  Norm,
  Rope,
  ElementWise,
  State,
  Embedding,
  Outside  ///< of the steps: what the token takes besides
};
inline constexpr int kFlameKinds = static_cast<int>(FlameKind::Outside) + 1;
FlameKind flameKindOf(core::model::OpKind kind);
/// "products", "KV cache"
QString nameOf(FlameKind kind);
QString nameOf(core::model::ModelPart part);

/// One bar of a flame: a token, a part of the model, a step of all its layers.
struct FlameCell {
  enum class Level : std::uint8_t { Token, Part, Step };
  Level level = Level::Token;
  FlameKind kind = FlameKind::Outside;  ///< of a step
  QString name = {};                    ///< "attention", "attn_q + attn_k"
  double begin = 0, seconds = 0;        ///< where it stands, in seconds from the token's begin
  double share = 1;                     ///< of the token
  std::uint32_t count = 1;              ///< how many steps it is
  core::model::Work work = {};
  int parent = -1;  ///< of the same list
};

/// A token over its parts over their steps: parts and steps stand under what they are part of, in the order of the
/// model, and what no step accounts for is a part of its own. The token is as long as its steps where it took less
/// without a clock. Only the token where no steps are known.
std::vector<FlameCell> flameCells(const TokenProfile& profile);
/// What there is to say of one, in lines: time and share, count, bytes and how fast they were read, operations.
QString describe(const FlameCell& cell);

}  // namespace app
