#include "app/workspaces/bits/block_state.h"

#include <QUndoCommand>
#include <algorithm>
#include <utility>

#include "core/quant/explain/block_parameters.h"
#include "core/quant/explain/block_tensor.h"

namespace app {

using core::quant::BlockExplanation;
using core::quant::ExplanationParameter;

class BlockState::Change final : public QUndoCommand {
 public:
  Change(BlockState& state, SetupPtr before, SetupPtr after, const QString& what)
      : QUndoCommand(what), m_state(state), m_before(std::move(before)), m_after(std::move(after)) {}
  void undo() override { m_state.apply(m_before); }
  void redo() override { m_state.apply(m_after); }

 private:
  BlockState& m_state;
  SetupPtr m_before, m_after;
};

BlockState::BlockState(QUndoStack& undo, QObject* parent) : QObject(parent), m_undo(undo) {}

void BlockState::change(SetupPtr next, const QString& what) {
  if (!m_setup) return apply(next);
  m_undo.push(new Change(*this, m_setup, std::move(next), what));
}

void BlockState::setBlock(const BlockSetup& setup) {
  const bool same = m_setup && m_setup->scheme == setup.scheme && m_setup->origin == setup.origin &&
                    m_setup->weights == setup.weights && m_setup->encoded == setup.encoded;
  if (!same) change(std::make_shared<const BlockSetup>(setup), tr("take another block"));
}

void BlockState::clear() {
  if (m_setup) m_undo.push(new Change(*this, m_setup, nullptr, tr("take another block")));
}

void BlockState::setBytes(std::vector<std::byte> bytes, const QString& what) {
  if (!m_setup || bytes == m_setup->bytes || bytes.size() != m_setup->bytes.size()) return;
  BlockSetup next = *m_setup;
  next.bytes = std::move(bytes);
  change(std::make_shared<const BlockSetup>(std::move(next)), what);
}

void BlockState::flip(std::uint32_t bit) {
  if (!m_setup || bit / 8 >= m_setup->bytes.size()) return;
  std::vector<std::byte> bytes = m_setup->bytes;
  bytes[bit / 8] ^= std::byte{1} << (bit % 8);
  setBytes(std::move(bytes), tr("flip a bit of the block"));
}

void BlockState::restoreBytes() {
  if (m_setup) setBytes(m_setup->encoded, tr("restore the block"));
}

void BlockState::apply(const SetupPtr& setup) {
  m_setup = setup;
  m_block = {};
  if (!setup) return Q_EMIT changed();
  const auto count = static_cast<std::uint32_t>(setup->weights.size());
  const core::quant::QuantizedTensor tensor = core::quant::tensorOfBlock(setup->scheme, count, setup->bytes);
  m_block = core::quant::explainStored(tensor, 0, 0);
  // The bytes are what a person sees and changes: parameters are read from them and from nothing else.
  m_block.bytes = setup->bytes;
  for (ExplanationParameter& stored : core::quant::storedParameters(m_block.fields, m_block.bytes)) {
    const auto same = [&](const ExplanationParameter& other) {
      return other.symbol == stored.symbol && other.firstValue == stored.firstValue && other.bits == stored.bits;
    };
    const auto known = std::find_if(m_block.parameters.begin(), m_block.parameters.end(), same);
    if (known != m_block.parameters.end() && known->role != core::quant::FieldRole::ZeroPoint)
      known->stored = stored.stored;
  }
  m_block.values = setup->weights;
  Q_EMIT changed();
}

}  // namespace app
