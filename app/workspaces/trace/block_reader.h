#pragma once
#include <QObject>
#include <QString>
#include <memory>
#include <optional>
#include <vector>

#include "app/workspaces/trace/trace_state.h"
#include "core/quant/explain/weight_decision.h"

namespace app {

class StopNotice;

/// The weights of a block: what they were, what they became and why, and what each of them did.
struct BlockDetails {
  std::size_t tensor = 0;  ///< of the trace
  TraceState::Block block;
  std::vector<core::quant::DecidedWeight> weights;  ///< in the block's order
  std::vector<float> contributions;                 ///< likewise; empty while they are being computed
  core::quant::QuantizedTensorPtr stored;           ///< the compared model's tensor
};

/// Reads the block that is selected: its weights at once, their contributions as soon as those of the tensor are known.
class BlockReader : public QObject {
  Q_OBJECT
 public:
  BlockReader(TraceState& state, QObject* parent = nullptr);

  /// While it is not looked at nothing is computed.
  void setActive(bool active);
  /// Of the selected block; null while it is not known.
  const BlockDetails* details() const;
  /// The compared model's tensor of that block; null while it is not known.
  core::quant::QuantizedTensorPtr stored() const { return details() ? details()->stored : nullptr; }
  const QString& failure() const { return m_failure; }
  bool isComputing() const;

 Q_SIGNALS:
  void changed();

 private:
  void follow();
  void readBlock(std::size_t tensor, const TraceState::Block& block);
  void addContributions();
  void readContributions(std::size_t tensor);

  TraceState& m_state;
  std::optional<BlockDetails> m_details;
  std::shared_ptr<const TraceQuestion> m_question;  ///< that both are of
  std::optional<std::size_t> m_tensor;              ///< that the contributions are of
  std::shared_ptr<const std::vector<float>> m_contributions;
  StopNotice* m_stop;  ///< of adding up contributions
  QString m_failure;
  bool m_isActive = false;
};

}  // namespace app
