#include "app/selection/selection.h"

#include <algorithm>

#include "app/widgets/theme.h"
#include "core/base/error.h"
#include "core/model/weights.h"
#include "core/quant/registry.h"

namespace app {
namespace {
constexpr std::size_t kHistoryLimit = 200;
/// What a newcomer sees compared: from "nothing visible" to "clearly visible".
constexpr const char* kCheckedAtFirst[] = {"int8", "nf4", "q4_0", "int4"};
}  // namespace

Selection::Selection(QObject* parent) : QObject(parent) {
  loadPresets();
  m_history.push_back(m_place);
}

Selection::~Selection() = default;

void Selection::loadPresets() {
  for (const core::quant::Preset& preset : core::quant::presets()) {
    m_schemes.push_back(
        {preset.scheme, QString::fromStdString(preset.title), QString::fromStdString(preset.description)});
  }
  for (SchemeEntry& entry : m_schemes) {
    const std::string text = entry.scheme.toString();
    if (std::find(std::begin(kCheckedAtFirst), std::end(kCheckedAtFirst), text) == std::end(kCheckedAtFirst)) continue;
    giveColor(entry);
    entry.checked = true;
    if (!m_place.scheme || text == "nf4") m_place.scheme = entry.scheme;
  }
}

SchemeEntry* Selection::find(const core::quant::Scheme& scheme) {
  const auto found =
      std::find_if(m_schemes.begin(), m_schemes.end(), [&](const SchemeEntry& e) { return e.scheme == scheme; });
  return found == m_schemes.end() ? nullptr : &*found;
}

const SchemeEntry* Selection::find(const core::quant::Scheme& scheme) const {
  return const_cast<Selection*>(this)->find(scheme);
}

// A scheme keeps its place in the palette for good: an unchecked one may still stand in a pane or a picture, so its
// colour is not given to another while there is a free one.
void Selection::giveColor(SchemeEntry& entry) {
  if (entry.colorSlot >= 0) return;
  const auto uses = [&](int slot) {
    return std::count_if(m_schemes.begin(), m_schemes.end(),
                         [&](const SchemeEntry& other) { return other.colorSlot == slot; });
  };
  int best = 0;
  for (int slot = 1; slot < kSeriesSlots; ++slot)
    if (uses(slot) < uses(best)) best = slot;
  entry.colorSlot = best;
}

const core::io::TensorInfo* Selection::tensorInfo() const {
  if (!m_model || !m_place.tensor) return nullptr;
  return &m_model->checkpoint().tensors()[*m_place.tensor];
}

std::vector<core::quant::Scheme> Selection::checkedSchemes() const {
  std::vector<core::quant::Scheme> result;
  for (const SchemeEntry& entry : m_schemes)
    if (entry.checked) result.push_back(entry.scheme);
  return result;
}

bool Selection::isChecked(const core::quant::Scheme& scheme) const {
  const SchemeEntry* entry = find(scheme);
  return entry && entry->checked;
}

QColor Selection::color(const core::quant::Scheme& scheme) const {
  const SchemeEntry* entry = find(scheme);
  return entry && entry->colorSlot >= 0 ? Theme::instance().seriesColor(entry->colorSlot)
                                        : Theme::instance().colors().reference;
}

SeriesMark Selection::mark(const core::quant::Scheme& scheme) const {
  const SchemeEntry* entry = find(scheme);
  return Theme::seriesMark(entry ? std::max(entry->colorSlot, 0) : 0);
}

Qt::PenStyle Selection::penStyle(const core::quant::Scheme& scheme) const {
  const SchemeEntry* entry = find(scheme);
  return Theme::penStyle(entry ? entry->colorSlot : 0);
}

std::optional<std::size_t> Selection::comparedTensor() const {
  const core::io::TensorInfo* info = tensorInfo();
  if (!m_compared || info == nullptr) return std::nullopt;
  const auto found = m_compared->checkpoint().find(info->name);
  return found && m_compared->checkpoint().tensors()[*found].shape == info->shape ? found : std::nullopt;
}

void Selection::setComparedModel(std::shared_ptr<OpenModel> model) {
  if (model == m_compared) return;
  m_compared = std::move(model);
  Q_EMIT comparedModelChanged();
}

std::optional<std::size_t> Selection::firstChoice() const {
  const auto tensors = m_model->checkpoint().tensors();
  if (tensors.empty()) return std::nullopt;
  std::vector<std::size_t> matrices;
  std::size_t largest = 0;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (m_model->choices()[i].fate == core::model::Fate::Quantize) matrices.push_back(i);
    if (tensors[i].bytes > tensors[largest].bytes) largest = i;
  }
  return matrices.empty() ? largest : matrices[matrices.size() / 2];
}

void Selection::setModel(std::shared_ptr<OpenModel> model) {
  if (model == m_model) return;
  m_model = std::move(model);
  const bool compared = std::exchange(m_compared, nullptr) != nullptr;
  m_chatToken.reset();
  m_place.tensor = m_model ? firstChoice() : std::nullopt;
  m_place.weight.reset();
  m_history.assign(1, m_place);
  m_historyIndex = 0;
  Q_EMIT modelChanged();
  if (compared) Q_EMIT comparedModelChanged();
  Q_EMIT tensorChanged();
  Q_EMIT weightChanged();
  Q_EMIT chatTokenChanged();
  Q_EMIT historyChanged();
}

void Selection::moveTo(const Place& place) {
  if (place == m_place) return;
  m_history.resize(m_historyIndex + 1);
  m_history.push_back(place);
  if (m_history.size() > kHistoryLimit) m_history.erase(m_history.begin());
  m_historyIndex = m_history.size() - 1;
  apply(place);
}

void Selection::apply(const Place& place) {
  const Place before = std::exchange(m_place, place);
  if (before.tensor != place.tensor) Q_EMIT tensorChanged();
  if (before.tensor != place.tensor || before.weight != place.weight) Q_EMIT weightChanged();
  if (before.scheme != place.scheme) Q_EMIT currentSchemeChanged();
  if (before.workspace != place.workspace) Q_EMIT workspaceChanged();
  Q_EMIT historyChanged();
}

void Selection::setTensor(std::optional<std::size_t> index) {
  if (index == m_place.tensor || (index && (!m_model || *index >= m_model->checkpoint().tensors().size()))) return;
  Place place = m_place;
  place.tensor = index;
  place.weight.reset();
  moveTo(place);
}

void Selection::setWeight(std::optional<std::uint64_t> flatIndex) {
  const core::io::TensorInfo* info = tensorInfo();
  if (flatIndex && (!info || *flatIndex >= info->shape.count())) return;
  Place place = m_place;
  place.weight = flatIndex;
  moveTo(place);
}

void Selection::setTensorAndWeight(std::size_t tensor, std::uint64_t flatIndex) {
  if (!m_model || tensor >= m_model->checkpoint().tensors().size()) return;
  if (flatIndex >= m_model->checkpoint().tensors()[tensor].shape.count()) return;
  Place place = m_place;
  place.tensor = tensor;
  place.weight = flatIndex;
  moveTo(place);
}

void Selection::setCurrentScheme(std::optional<core::quant::Scheme> scheme) {
  Place place = m_place;
  place.scheme = std::move(scheme);
  moveTo(place);
}

void Selection::setTensorAndScheme(std::size_t tensor, const core::quant::Scheme& scheme) {
  if (!m_model || tensor >= m_model->checkpoint().tensors().size()) return;
  Place place = m_place;
  if (place.tensor != tensor) place.weight.reset();
  place.tensor = tensor;
  place.scheme = scheme;
  moveTo(place);
}

void Selection::setChecked(const core::quant::Scheme& scheme, bool checked) {
  SchemeEntry* entry = find(scheme);
  if (!entry || entry->checked == checked) return;
  if (checked) giveColor(*entry);
  entry->checked = checked;
  Q_EMIT schemesChanged();
}

void Selection::addScheme(const core::quant::Scheme& scheme) {
  SchemeEntry* entry = find(scheme);
  if (!entry) {
    const QString title = QString::fromStdString(scheme.displayName());
    m_schemes.push_back({scheme, title, tr("Your own scheme: %1").arg(QString::fromStdString(scheme.toString()))});
    entry = &m_schemes.back();
  } else if (entry->checked) {
    return;
  }
  giveColor(*entry);
  entry->checked = true;
  Q_EMIT schemesChanged();
}

void Selection::setChatToken(std::optional<ChatToken> token) {
  if (token == m_chatToken) return;
  m_chatToken = token;
  Q_EMIT chatTokenChanged();
}

void Selection::setWorkspace(const QString& id) {
  if (id == m_place.workspace) return;
  Place place = m_place;
  place.workspace = id;
  // The page one starts on is not a step one can go back from.
  if (m_place.workspace.isEmpty()) {
    m_history[m_historyIndex].workspace = id;
    apply(place);
  } else {
    moveTo(place);
  }
}

void Selection::goTo(const QString& workspace, std::size_t tensor, std::optional<std::uint64_t> flatIndex) {
  if (!m_model || tensor >= m_model->checkpoint().tensors().size()) return;
  if (flatIndex && *flatIndex >= m_model->checkpoint().tensors()[tensor].shape.count()) return;
  Place place = m_place;
  place.workspace = workspace;
  if (place.tensor != tensor) place.weight.reset();
  place.tensor = tensor;
  if (flatIndex) place.weight = flatIndex;
  moveTo(place);
}

void Selection::back() {
  if (canGoBack()) apply(m_history[--m_historyIndex]);
}

void Selection::forward() {
  if (canGoForward()) apply(m_history[++m_historyIndex]);
}

QStringList Selection::saveSchemes() const {
  QStringList saved;
  for (const SchemeEntry& entry : m_schemes)
    if (entry.colorSlot >= 0)
      saved << QStringLiteral("%1 %2 %3")
                   .arg(entry.checked ? 1 : 0)
                   .arg(entry.colorSlot)
                   .arg(QString::fromStdString(entry.scheme.toString()));
  return saved;
}

void Selection::restoreSchemes(const QStringList& saved) {
  if (saved.isEmpty()) return;
  for (SchemeEntry& entry : m_schemes) {
    entry.checked = false;
    entry.colorSlot = -1;
  }
  for (const QString& line : saved) {
    const QStringList words = line.split(u' ');
    if (words.size() != 3) continue;
    try {
      const auto scheme = core::quant::Scheme::parse(words[2].toStdString());
      if (!find(scheme)) m_schemes.push_back({scheme, QString::fromStdString(scheme.displayName()), words[2]});
      SchemeEntry* entry = find(scheme);
      const int slot = std::clamp(words[1].toInt(), 0, kSeriesSlots - 1);
      const bool taken = std::any_of(m_schemes.begin(), m_schemes.end(),
                                     [slot](const SchemeEntry& other) { return other.colorSlot == slot; });
      if (!taken) entry->colorSlot = slot;
      giveColor(*entry);  // earlier versions gave one colour twice
      entry->checked = words[0] == QLatin1String("1");
    } catch (const core::Error&) {
      continue;  // a scheme of another version of the program
    }
  }
  Q_EMIT schemesRestored();
  Q_EMIT schemesChanged();
}

}  // namespace app
