#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/op.h"

namespace core::model {

/// "product", "attention": what a kind of operation is called where its time is shown.
std::string_view nameOf(OpKind kind);

/// What the same step of all layers took.
struct StepTime {
  OpKind kind{};
  std::string part;         ///< what it makes, without its layer: "attn_q"; of several made together "attn_q + attn_k"
  double seconds = 0;       ///< of all of them
  std::uint32_t count = 0;  ///< how many
};

/// What the steps of a forward took, in the order in which each first ran.
class StepTimes {
 public:
  /// @param value what the step makes, as Graph::values calls it ("blk.3.attn_q"), of several made together with " + "
  /// between
  void add(OpKind kind, std::string_view value, double seconds);

  const std::vector<StepTime>& steps() const { return m_steps; }
  /// Seconds of all of them.
  double total() const;

 private:
  std::vector<StepTime> m_steps;
};

}  // namespace core::model
