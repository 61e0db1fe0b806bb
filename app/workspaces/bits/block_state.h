#pragma once
#include <QObject>
#include <QString>
#include <QUndoStack>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/quant/explain/block_explanation.h"

namespace app {

/// A block as a scheme stored it, and as a person changed it since.
struct BlockSetup {
  core::quant::Scheme scheme;
  QString origin;                         ///< "blk.3.attn_q.weight [12, 64–95]"; empty for typed values
  std::vector<float> weights;             ///< what was encoded
  std::vector<std::byte> encoded, bytes;  ///< by the encoder; now
  bool isFromBytes = false;               ///< no encoder wrote them: a link brought the bytes
};

/// The block under the lens: what its bytes say, decoded anew with every change. Every change can be undone, on the
/// same stack as the number's.
class BlockState : public QObject {
  Q_OBJECT
 public:
  /// @param undo outlives this
  explicit BlockState(QUndoStack& undo, QObject* parent = nullptr);

  /// Null before the first block, and where there is none.
  const BlockSetup* setup() const { return m_setup.get(); }
  /// What is stored now: fields, bytes, parameters, codes, decoded values; the weights where there are any.
  const core::quant::BlockExplanation& block() const { return m_block; }
  bool isEdited() const { return m_setup && m_setup->bytes != m_setup->encoded; }

  /// Another block: one step of undo, but for the first.
  void setBlock(const BlockSetup& setup);
  /// No block, since what was asked for is none; undo brings the one before back.
  void clear();
  /// @param bit as in core::quant::BitRange: 0 is the lowest of the first byte
  void flip(std::uint32_t bit);
  /// Back to the encoder's bytes.
  void restoreBytes();
  void setBytes(std::vector<std::byte> bytes, const QString& what);

 Q_SIGNALS:
  void changed();

 private:
  class Change;
  using SetupPtr = std::shared_ptr<const BlockSetup>;
  void change(SetupPtr next, const QString& what);
  void apply(const SetupPtr& setup);

  QUndoStack& m_undo;
  SetupPtr m_setup;
  core::quant::BlockExplanation m_block;
};

}  // namespace app
