#pragma once
#include <QObject>
#include <QUndoStack>
#include <memory>
#include <optional>

#include "app/jobs/job_runner.h"
#include "app/selection/selection.h"
#include "app/workspaces/quantize/block_number.h"
#include "app/workspaces/quantize/lab_block.h"
#include "app/workspaces/quantize/lab_input.h"
#include "app/workspaces/quantize/lab_source.h"

namespace app {

class StopNotice;

/// The weights under study, the scheme, and what it makes of one block of them. Every change can be undone. Weights of
/// the model are those of the shared selection: its tensor, and the block around its weight.
class LabState : public QObject {
  Q_OBJECT
 public:
  LabState(Selection& selection, JobRunner& jobs, QObject* parent = nullptr);

  /// A state nobody looks at computes nothing.
  void setActive(bool active);

  const LabInput& input() const { return m_input; }
  /// All weights of the source without the edits; null where there are none, and then whyNone() says why.
  const core::quant::QuantizedTensorPtr& tensor() const { return m_source.tensor(); }
  const QString& whyNone() const { return m_source.whyNone(); }
  const QString& whyKept() const { return m_source.whyKept(); }
  const QString& sourceName() const { return m_source.name(); }
  /// The same with the edits: another key, other numbers.
  QString weightsKey() const;
  /// The edits of these weights.
  const WeightEdits& edits() const;
  /// Flat index of the weight under study. @pre tensor()
  std::uint64_t weight() const;
  /// The last computed block, empty while there is none; isCurrent() says whether it answers the present question.
  const LabBlock& block() const { return *m_block; }
  const std::shared_ptr<const LabBlock>& sharedBlock() const { return m_block; }
  /// Index of the weight under study in the shown part of the block; −1 where it is not there.
  int shownWeight() const;
  bool isCurrent() const { return m_isCurrent; }
  /// The block that the weight under study is stored in. @pre tensor()
  BlockNumber blockNumber() const;
  /// Goes to the first weight of a block as they are stored. @pre tensor() has it
  void setBlock(std::uint64_t row, std::uint64_t block);
  /// Why there is no block: nothing to quantize, or the scheme refuses it; empty where there is one or it is computed.
  QString problem() const;
  /// The model whose weights these are; null for drawn and typed ones.
  std::shared_ptr<OpenModel> model() const;
  /// Whether what a text has shown of the model's inputs is there.
  CalibrationWait waitFor(core::quant::CalibrationNeed need) const;
  /// What to compute now, without a calibration while that has to be waited for. @pre tensor()
  LabRequest request() const;
  /// "blk.3.attn_q.weight · INT4 · 32 · [3, 64–95]": what the pictures of the block were computed from.
  QString provenance() const;
  JobRunner& jobs() const { return m_jobs; }
  QUndoStack& undoStack() { return m_undo; }

  void setSource(WeightSource source);
  void setDraw(const core::metrics::WeightDraw& draw);
  /// @return empty, or the sentence that says what is wrong (then nothing changes)
  QString setTyped(const QString& text);
  void setScheme(const core::quant::Scheme& scheme);
  /// @return empty, or the sentence that says what is wrong (then nothing changes)
  QString setSchemeText(const QString& text);
  /// Moves one weight. Changes of one gesture (a drag) are undone together. @param flatIndex of the tensor
  void moveWeight(std::uint64_t flatIndex, float value);
  /// @param clip 0…1 @see beginGesture
  void setClip(double clip);
  /// A scheme that chooses the range by itself in place of the clip, as one step of undo.
  void takeRange(const core::quant::Scheme& scheme);
  void restoreWeights();
  /// What follows until endGesture() is one step of undo.
  void beginGesture() { m_gesture = ++m_gestures; }
  void endGesture() { m_gesture = 0; }
  /// Everything at once, as one step of undo: for links. @param edits of the input's weights; nothing: as they are
  void replaceInput(LabInput input, const std::optional<WeightEdits>& edits, const QString& what);

  /// Whether a person or a link chose something already.
  bool isChosen() const { return m_isChosen; }

  void setWeight(std::uint64_t flatIndex);

 Q_SIGNALS:
  void inputChanged();   ///< source, scheme, clip or edits: what the controls show
  void blockChanged();   ///< the block, the weight under study in it, or that there is none
  void weightChanged();  ///< the weight under study

 private:
  class Change;
  void propose(LabInput input, const QString& what);
  /// What the program changes by itself is no step of undo while there are none.
  void suggest(LabInput input, const QString& what);
  void suggestTensor();
  void apply(const LabInput& input);
  void recompute();
  void moveToWeight();
  std::span<const std::uint32_t> order() const;
  void takeBlock(LabBlock block);
  void takeFailure(const QString& sentence);
  void followSelection();
  void followScheme();
  void followCalibration();
  void loadSource();

  Selection& m_selection;
  JobRunner& m_jobs;
  StopNotice* m_stop;
  LabInput m_input;
  QUndoStack m_undo;
  int m_gesture = 0, m_gestures = 0;
  bool m_active = false, m_isCurrent = false, m_isChosen = false;
  bool m_isSourceDue = false;  ///< the selection's weights are taken when somebody looks
  LabSource m_source;
  QString m_blockKey, m_failure;
  std::uint64_t m_weight = 0;  ///< of drawn and typed weights; the model's is the selection's
  std::shared_ptr<const LabBlock> m_block = std::make_shared<LabBlock>();
  std::optional<core::quant::Scheme> m_followed;  ///< the selection's scheme when it was last taken
};

}  // namespace app
