// What a person can change in the lab, each change a step of undo.
#include <QScopedValueRollback>
#include <QUndoCommand>
#include <algorithm>
#include <limits>
#include <utility>

#include "app/workspaces/quantize/lab_state.h"
#include "core/base/error.h"

namespace app {
namespace {

/// The gesture of all links: what they set is a step of undo each, but for one link whose weights follow a slider.
constexpr int kLinks = std::numeric_limits<int>::max();

bool differInTypedWeights(const LabInput& before, LabInput after) {
  after.typed = before.typed;
  return before.source == WeightSource::Typed && after == before;
}

}  // namespace

class LabState::Change : public QUndoCommand {
 public:
  Change(LabState& state, LabInput after, const QString& what, int gesture)
      : QUndoCommand(what), m_state(state), m_before(state.m_input), m_after(std::move(after)), m_gesture(gesture) {}
  void undo() override { m_state.apply(m_before); }
  void redo() override { m_state.apply(m_after); }
  int id() const override { return m_gesture == 0 ? -1 : m_gesture; }
  bool mergeWith(const QUndoCommand* later) override {
    const LabInput& after = static_cast<const Change*>(later)->m_after;
    if (m_gesture == kLinks && !differInTypedWeights(m_after, after)) return false;
    m_after = after;
    return true;
  }

 private:
  LabState& m_state;
  LabInput m_before, m_after;
  int m_gesture;
};

void LabState::propose(LabInput input, const QString& what) {
  if (input == m_input) return;
  m_isChosen = true;
  m_undo.push(new Change(*this, std::move(input), what, m_gesture));
}

void LabState::suggest(LabInput input, const QString& what) {
  if (m_undo.count() > 0) return propose(std::move(input), what);
  if (input != m_input) apply(input);
}

void LabState::replaceInput(LabInput input, const std::optional<WeightEdits>& edits, const QString& what) {
  if (edits) {
    input.edits = *edits;
    input.edited = edits->empty() ? QString() : LabSource::keyOf(input, m_selection);
  }
  m_followed = m_selection.currentScheme();  // what the link says counts until another scheme is chosen in the list
  m_isChosen = true;
  const QScopedValueRollback<int> gesture(m_gesture, kLinks);
  propose(std::move(input), what);
}

void LabState::setSource(WeightSource source) {
  LabInput next = m_input;
  next.source = source;
  propose(std::move(next), tr("choose other weights"));
}

void LabState::setDraw(const core::metrics::WeightDraw& draw) {
  LabInput next = m_input;
  next.source = WeightSource::Drawn;
  next.draw = draw;
  propose(std::move(next), tr("draw weights"));
}

QString LabState::setTyped(const QString& text) {
  LabInput next = m_input;
  next.source = WeightSource::Typed;
  next.typed = text.trimmed();
  try {
    (void)parseWeights(next.typed);
  } catch (const core::Error& error) {
    return QString::fromUtf8(error.what());
  }
  propose(std::move(next), tr("type weights"));
  return {};
}

void LabState::setScheme(const core::quant::Scheme& scheme) {
  LabInput next = m_input;
  next.scheme = scheme;
  propose(std::move(next), tr("choose %1").arg(QString::fromStdString(scheme.displayName())));
}

QString LabState::setSchemeText(const QString& text) {
  try {
    setScheme(core::quant::Scheme::parse(text.trimmed().toStdString()));
  } catch (const core::Error& error) {
    return QString::fromUtf8(error.what());
  }
  return {};
}

void LabState::moveWeight(std::uint64_t flatIndex, float value) {
  LabInput next = m_input;
  if (next.edited != m_source.key()) {
    next.edited = m_source.key();
    next.edits.clear();
  }
  next.edits[flatIndex] = value;
  propose(std::move(next), tr("move a weight"));
}

void LabState::setClip(double clip) {
  LabInput next = m_input;
  next.clip = std::clamp(clip, 0.0, 1.0);
  propose(std::move(next), tr("clip the range"));
}

void LabState::takeRange(const core::quant::Scheme& scheme) {
  LabInput next = m_input;
  next.scheme = scheme;
  next.clip = 1;
  propose(std::move(next), tr("choose %1").arg(QString::fromStdString(scheme.displayName())));
}

void LabState::restoreWeights() {
  LabInput next = m_input;
  next.edits.clear();
  next.edited.clear();
  propose(std::move(next), tr("restore the weights"));
}

}  // namespace app
