#include "app/workspaces/quantize/lab_state.h"

#include <QLocale>
#include <QUndoCommand>
#include <algorithm>
#include <utility>

#include "app/pictures/scheme_levels.h"
#include "core/base/error.h"

namespace app {

namespace {

/// Up to here a block is computed at once, without a job: well below 16 ms under every scheme.
constexpr std::uint64_t kComputedAtOnce = 1U << 15U;

const QString kTag = QStringLiteral("quantize.block");

core::quant::QuantizedTensorPtr tensorOf(const std::vector<float>& numbers, const QString& name) {
  auto values = std::make_shared<std::vector<float>>(numbers);
  return std::make_shared<core::quant::QuantizedTensor>(
      core::tensor::TensorView{name.toStdString(), core::tensor::DType::F32, core::tensor::Shape{1, values->size()},
                               std::as_bytes(std::span<const float>(*values)), values});
}

/// With as many zeros as the format's blocks ask for: whoever types three weights wants to see them in every format.
std::vector<float> filledUp(std::vector<float> values, const core::quant::Format& format, std::size_t& filled) {
  const auto dtype = core::quant::storedDType(format);
  const std::size_t block = dtype ? core::tensor::info(*dtype).blockValues : 1;
  filled = (block - values.size() % block) % block;
  values.resize(values.size() + filled);
  return values;
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
    m_after = static_cast<const Change*>(later)->m_after;
    return true;
  }

 private:
  LabState& m_state;
  LabInput m_before, m_after;
  int m_gesture;
};

LabState::LabState(Selection& selection, JobRunner& jobs, QObject* parent)
    : QObject(parent), m_selection(selection), m_jobs(jobs) {
  m_undo.setUndoLimit(500);
  connect(&selection, &Selection::modelChanged, this, &LabState::followSelection);
  connect(&selection, &Selection::tensorChanged, this, &LabState::followSelection);
  connect(&selection, &Selection::weightChanged, this, [this] {
    if (m_input.source != WeightSource::Tensor) return;
    recompute();
    Q_EMIT weightChanged();
  });
  connect(&selection, &Selection::currentSchemeChanged, this, &LabState::followScheme);
  loadSource();
}

void LabState::setActive(bool active) {
  if (m_active == active) return;
  m_active = active;
  if (!active) return m_jobs.cancelTag(kTag);
  suggestTensor();
  followScheme();
  recompute();
}

void LabState::followSelection() {
  suggestTensor();
  if (m_input.source != WeightSource::Tensor) return Q_EMIT inputChanged();  // a model to choose, or none
  loadSource();
  recompute();
  Q_EMIT inputChanged();
}

// The scheme is this page's own, until another is chosen in the list.
void LabState::followScheme() {
  if (!m_active || !m_selection.currentScheme() || m_followed == m_selection.currentScheme()) return;
  m_followed = m_selection.currentScheme();
  LabInput next = m_input;
  next.scheme = *m_followed;
  suggest(std::move(next), tr("choose %1").arg(QString::fromStdString(m_followed->displayName())));
}

QString LabState::keyOf(const LabInput& input) const {
  switch (input.source) {
    case WeightSource::Tensor:
      if (m_selection.tensorInfo() == nullptr) return {};
      return QString::fromStdString(m_selection.model()->source() + '\n' + m_selection.tensorInfo()->name);
    case WeightSource::Drawn:
      return QStringLiteral("drawn %1 %2 %3 %4 %5")
          .arg(static_cast<int>(input.draw.distribution))
          .arg(input.draw.count)
          .arg(input.draw.seed)
          .arg(input.draw.outliers)
          .arg(input.draw.outlierSize);
    case WeightSource::Typed:
      return QStringLiteral("typed ") + input.typed;
  }
  return {};
}

void LabState::loadSource() {
  m_tensor.reset();
  m_whyNone.clear();
  m_filled = 0;
  m_sourceKey = keyOf(m_input);
  try {
    if (m_input.source == WeightSource::Drawn)
      m_tensor = tensorOf(core::metrics::drawWeights(m_input.draw), QStringLiteral("drawn"));
    else if (m_input.source == WeightSource::Typed)
      m_tensor =
          tensorOf(filledUp(parseWeights(m_input.typed), m_input.scheme.format, m_filled), QStringLiteral("typed"));
    else if (m_selection.tensorInfo() != nullptr)
      m_tensor = m_selection.model()->tensor(*m_selection.tensor());
    else
      m_whyNone = m_selection.model() ? tr("Choose a tensor, in Inspect or with Ctrl+K.")
                                      : tr("Open a model to look at its weights, or draw some.");
    if (m_tensor && m_tensor->shape.count() == 0) {
      m_whyNone = tr("This tensor holds no weights.");
      m_tensor.reset();
    }
  } catch (const core::Error& error) {
    m_whyNone = QString::fromUtf8(error.what());
  }
}

QString LabState::sourceName() const {
  switch (m_input.source) {
    case WeightSource::Tensor:
      return m_tensor ? QString::fromStdString(m_tensor->name) : QString();
    case WeightSource::Drawn:
      return tr("%1 drawn weights (%2, seed %3)")
          .arg(m_input.draw.count)
          .arg(QString::fromUtf8(core::metrics::toString(m_input.draw.distribution).data()))
          .arg(m_input.draw.seed);
    case WeightSource::Typed:
      return m_filled == 0 ? tr("typed weights") : tr("typed weights and %1 zeros to fill a block").arg(m_filled);
  }
  return {};
}

const WeightEdits& LabState::edits() const {
  static const WeightEdits none;
  return m_input.edited == m_sourceKey ? m_input.edits : none;
}

QString LabState::weightsKey() const {
  QString key = m_sourceKey;
  for (const auto& [index, value] : edits()) key += QStringLiteral(" %1=").arg(index) + weightText(value);
  return key;
}

std::uint64_t LabState::weight() const {
  const std::uint64_t chosen = m_input.source == WeightSource::Tensor ? m_selection.weight().value_or(0) : m_weight;
  return std::min(chosen, m_tensor->shape.count() - 1);
}

LabRequest LabState::request() const { return {m_tensor, edits(), m_input.scheme, m_input.clip, weight()}; }

QString LabState::provenance() const {
  if (!m_tensor || m_block->isEmpty()) return {};
  return QStringLiteral("%1 · %2 · %3")
      .arg(sourceName(), QString::fromStdString(m_block->scheme.displayName()),
           blockText(m_tensor->shape, m_block->shown.first, m_block->shown.count));
}

int LabState::shownWeight() const {
  if (!m_tensor || m_block->isEmpty()) return -1;
  const std::uint64_t first = m_block->shown.first, at = weight();
  return at >= first && at < first + m_block->shown.count ? static_cast<int>(at - first) : -1;
}

QString LabState::problem() const {
  if (!m_tensor) return m_whyNone;
  if (!m_failure.isEmpty()) return m_failure;
  return m_isCurrent ? QString::fromStdString(m_block->refused) : QString();
}

void LabState::propose(LabInput input, const QString& what) {
  if (input == m_input) return;
  m_isChosen = true;
  m_undo.push(new Change(*this, std::move(input), what, m_gesture));
}

void LabState::suggest(LabInput input, const QString& what) {
  if (m_undo.count() > 0) return propose(std::move(input), what);
  if (input != m_input) apply(input);
}

// A model that is open is looked at, unless a person chose other weights.
void LabState::suggestTensor() {
  if (m_isChosen || m_selection.tensorInfo() == nullptr) return;
  LabInput next = m_input;
  next.source = WeightSource::Tensor;
  suggest(std::move(next), tr("choose other weights"));
}

void LabState::replaceInput(LabInput input, const std::optional<WeightEdits>& edits, const QString& what) {
  if (edits) {
    input.edits = *edits;
    input.edited = edits->empty() ? QString() : keyOf(input);
  }
  m_followed = m_selection.currentScheme();  // what the link says counts until another scheme is chosen in the list
  m_isChosen = true;
  propose(std::move(input), what);
}

void LabState::apply(const LabInput& input) {
  const bool isElsewhere = input.source != m_input.source || input.draw != m_input.draw || input.typed != m_input.typed;
  const bool isRefilled = input.source == WeightSource::Typed && input.scheme != m_input.scheme;
  m_input = input;
  if (isElsewhere || isRefilled) loadSource();
  recompute();
  Q_EMIT inputChanged();
}

void LabState::recompute() {
  m_isCurrent = false;
  m_failure.clear();
  if (!m_active) return;
  if (!m_tensor) return takeBlock(LabBlock());
  LabRequest request = this->request();
  const auto fail = [this](const QString& sentence) {
    takeBlock(LabBlock());
    m_failure = sentence;
    Q_EMIT blockChanged();
  };
  if (request.context().count <= kComputedAtOnce) {
    m_jobs.cancelTag(kTag);
    try {
      takeBlock(computeBlock(request));
    } catch (const core::Error& error) {
      fail(QString::fromUtf8(error.what()));
    }
    return;
  }
  if (m_blockKey != m_sourceKey) {  // what is shown under another name must go; of the same weights it may stay
    takeBlock(LabBlock());
    m_isCurrent = false;
  }
  m_jobs.run(
      this, {kTag, tr("Quantizing %1").arg(sourceName())},
      [request = std::move(request)](const core::JobContext& job) { return computeBlock(request, job); },
      [this](LabBlock block) { takeBlock(std::move(block)); }, fail);
}

void LabState::takeBlock(LabBlock block) {
  m_block = std::make_shared<LabBlock>(std::move(block));
  m_blockKey = m_sourceKey;
  m_isCurrent = true;
  Q_EMIT blockChanged();
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
  if (next.edited != m_sourceKey) {
    next.edited = m_sourceKey;
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

void LabState::restoreWeights() {
  LabInput next = m_input;
  next.edits.clear();
  next.edited.clear();
  propose(std::move(next), tr("restore the weights"));
}

void LabState::setWeight(std::uint64_t flatIndex) {
  if (m_input.source == WeightSource::Tensor) return m_selection.setWeight(flatIndex);
  if (m_weight == flatIndex) return;
  m_weight = flatIndex;
  recompute();
  Q_EMIT weightChanged();
}

}  // namespace app
