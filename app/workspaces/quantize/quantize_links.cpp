// Quantize as a link: what it shows, where a link leads, and what is kept until the next start.
#include <QSettings>
#include <QTabWidget>
#include <algorithm>

#include "app/selection/selection_link.h"
#include "app/workspaces/quantize/clip_page.h"
#include "app/workspaces/quantize/lab_link.h"
#include "app/workspaces/quantize/lab_state.h"
#include "app/workspaces/quantize/quantize_workspace.h"
#include "app/workspaces/quantize/steps_page.h"
#include "core/base/error.h"
#include "core/quant/explain/block_explanation.h"

namespace app {

QString QuantizeWorkspace::openLink(const Link& link) {
  try {
    LabPlace place = parseLabLink(link, m_state->input());
    if (!place.tab.isEmpty() && indexOf(place.tab) < 0)
      return tr("There is no tab \"%1\" here.").arg(place.tab.left(40));
    if (!place.step.isEmpty() && !isStage(place.step))
      return tr("There is no step \"%1\" here.").arg(place.step.left(40));
    if (place.namesTensor) {
      Link selected = link;  // the scheme is tried here, not ticked in the list
      selected.query.removeAllQueryItems(QStringLiteral("scheme"));
      if (const QString problem = placeOnTensor(place, selected); !problem.isEmpty()) return problem;
    }
    follow(place);
  } catch (const core::Error& error) {
    return QString::fromUtf8(error.what());
  }
  return {};
}

/// Selects the tensor and the first weight of a row's block. @return empty, or what is wrong
QString QuantizeWorkspace::placeOnTensor(const LabPlace& place, Link selected) {
  if (!selection().model()) return tr("The link names a weight, but no model is open.");
  if (place.row || place.block) {
    const auto& tensors = selection().model()->checkpoint().tensors();
    const QString name = selected.value(QStringLiteral("tensor"));
    const auto named = std::find_if(tensors.begin(), tensors.end(), [&](const auto& tensor) {
      return name.isEmpty() ? &tensor == selection().tensorInfo() : QString::fromStdString(tensor.name) == name;
    });
    if (named != tensors.end()) {
      const std::uint64_t row = place.row.value_or(0), block = place.block.value_or(0);
      const auto& format = place.input.scheme.format;
      if (row >= named->shape.rows() || block >= core::quant::blocksOfRow(format, named->shape, row))
        return tr("%1 has no block %2 in row %3 under %4.")
            .arg(QString::fromStdString(named->name))
            .arg(block)
            .arg(row)
            .arg(QString::fromStdString(place.input.scheme.displayName()));
      selected.query.removeAllQueryItems(QStringLiteral("weight"));
      selected.set(QStringLiteral("weight"), QString::number(firstPlace(format, named->shape, row, block)));
    }
  }
  return followLink(selection(), selected);
}

void QuantizeWorkspace::follow(const LabPlace& place) {
  say({});
  m_state->replaceInput(place.input, place.moved, tr("follow a link"));
  if (place.weight && m_state->tensor() && *place.weight < m_state->tensor()->shape.count())
    m_state->setWeight(*place.weight);
  if (!place.step.isEmpty()) m_steps->setStage(place.step);
  if (place.extent) m_clip->setWanted(*place.extent);
  const QString tab = !place.tab.isEmpty() ? place.tab : place.step.isEmpty() ? QString() : QStringLiteral("steps");
  if (!tab.isEmpty()) m_tabs->setCurrentIndex(indexOf(tab));
}

Link QuantizeWorkspace::link() const {
  Link link{QStringLiteral("quantize"), {}, {}};
  if (m_state->input().source == WeightSource::Tensor) {
    describeSelection(selection(), link);
    link.query.removeAllQueryItems(QStringLiteral("scheme"));
  }
  describeLab(*m_state, link);
  if (tab() != QLatin1String("steps")) link.set(QStringLiteral("show"), tab());
  if (m_clip->wanted() != ClipExtent::Block)
    link.set(QStringLiteral("extent"), QString::fromUtf8(toString(m_clip->wanted()).data()));
  if (!m_steps->stage().isEmpty()) link.set(QStringLiteral("step"), m_steps->stage());
  return link;
}

void QuantizeWorkspace::saveState(QSettings& settings) const {
  const WeightSource source = m_state->input().source;
  settings.setValue(QStringLiteral("tab"), tab());
  settings.setValue(QStringLiteral("clip-extent"), QString::fromUtf8(toString(m_clip->wanted()).data()));
  if (source == WeightSource::Tensor || !m_state->isChosen()) return settings.remove(QStringLiteral("link"));
  Link link{QStringLiteral("quantize"), {}, {}};
  describeLab(*m_state, link);
  settings.setValue(QStringLiteral("link"), link.toString());
}

void QuantizeWorkspace::restoreState(QSettings& settings) {
  m_tabs->setCurrentIndex(std::max(0, indexOf(settings.value(QStringLiteral("tab")).toString())));
  const std::string extent = settings.value(QStringLiteral("clip-extent")).toString().toStdString();
  m_clip->setWanted(clipExtentOf(extent).value_or(ClipExtent::Block));
  const auto link = Link::parse(settings.value(QStringLiteral("link")).toString());
  if (!link) return;
  try {
    follow(parseLabLink(*link, m_state->input()));
    m_state->undoStack().clear();
  } catch (const core::Error&) {
    return;  // of another version of the program
  }
}

}  // namespace app
