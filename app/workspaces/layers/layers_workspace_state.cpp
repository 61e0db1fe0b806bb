// What of the page outlives a look at it: links, settings, and its help.
#include <QSettings>
#include <QSplitter>
#include <QStackedLayout>

#include "app/selection/selection_link.h"
#include "app/workspaces/layers/design_page.h"
#include "app/workspaces/layers/layers_header.h"
#include "app/workspaces/layers/layers_workspace.h"
#include "app/workspaces/layers/measured_layers.h"
#include "app/workspaces/layers/measured_link.h"

namespace app {

namespace {

const QString kMeasureKey = QStringLiteral("measure"), kSplitterKey = QStringLiteral("splitter"),
              kDesignPath = QStringLiteral("design");

}  // namespace

QString LayersWorkspace::openLink(const Link& link) {
  const bool isDesign = link.path == QStringList{kDesignPath};
  if ((!link.path.isEmpty() && !isDesign) || !unknownKey(link, measuredKeys() << kMeasureKey).isEmpty())
    return tr("\"%1\" names nothing that can be shown here.").arg(link.toString());
  const auto measure = layerMeasureOf(link.has(kMeasureKey) ? link.value(kMeasureKey) : wordOf(m_header->measure()));
  if (!measure)
    return tr("The error is looked at in weights or outputs, or measured, not in \"%1\".")
        .arg(link.value(kMeasureKey).left(40));
  MeasuredView view{m_measured->question(), m_measured->level()};
  QString problem = readMeasuredLink(link, view);
  if (problem.isEmpty()) problem = followLink(selection(), link);
  if (!problem.isEmpty()) return problem;
  m_measured->setLevel(view.level);
  m_measured->setQuestion(view.question);
  m_header->setMeasure(*measure);
  showDesigner(isDesign);
  return {};
}

Link LayersWorkspace::link() const {
  Link link{QStringLiteral("layers"), {}, {}};
  if (isDesigning()) link.path << kDesignPath;
  describeSelection(selection(), link);
  link.set(kMeasureKey, wordOf(m_header->measure()));
  if (isMeasured()) writeMeasuredLink({m_measured->question(), m_measured->level()}, link);
  return link;
}

QString LayersWorkspace::helpText() const {
  if (isDesigning()) return m_designer->helpText();
  return tr(
      "Every matrix of the model under every checked scheme: one map per scheme, blocks side by side, kinds of matrix "
      "below each other; over it mean and worst of the matrices, and what the whole model would weigh. Above, choose "
      "where the error is looked at. “Weights”: quantized weights against the stored ones, known at once, a proxy for "
      "what the answers will be like. “Outputs”: the products with the inputs that the calibration text gives every "
      "matrix, and what quantized inputs add to that. “Measured”: one part after the other is quantized alone (or, in "
      "the quantized model, restored alone) and the KL divergence of the model's predictions on a text is measured: "
      "layers first, then tensors, live. Stop keeps what is known, Go on measures the rest. Every figure has its "
      "standard error over blocks of the text; pale cells and hollow dots are indistinguishable from no harm. Figures "
      "of another question than the one above are pale as a whole. “Proxies” draws what is quickly known of tensors "
      "against what was measured, with rank correlations. "
      "Colours run from the scheme's smallest error to its largest, or show the distance from its median, or are one "
      "scale for all schemes. The dots sort the current scheme's matrices with the most sensitive on top. A cross "
      "marks a matrix with values that are no numbers. Below the blocks stand embedding and output, which schemes keep "
      "and recipes may change. Click a cell (or use the arrow keys, Page Up and Page Down for the scheme) to select "
      "tensor and scheme for all workspaces; a double click or Enter opens it in Inspect; Ctrl+T, or the context menu, "
      "traces a word under its scheme. Drag over a map to mark tensors, Ctrl adds, Shift goes from where the last one "
      "was; with the keyboard Shift and the arrows, Ctrl with the arrows and Space, Ctrl+A. “Paint…” or the context "
      "menu gives what is marked a scheme of its own: that makes a recipe over the scheme whose map it was, or edits "
      "it, which is ticked, sized, run and exported like any other. A coloured corner with a letter marks what a "
      "recipe gives another scheme than most. Ctrl+Z undoes. Ctrl+wheel zooms into the blocks, Shift+wheel or the "
      "middle button moves them, the context menu exports. “Stays as stored” lists what the current scheme or recipe "
      "leaves alone, and why.");
}

void LayersWorkspace::saveState(QSettings& settings) const {
  m_header->saveState(settings);
  m_designer->saveState(settings);
  saveMeasured({m_measured->question(), m_measured->level()}, settings);
  settings.setValue(kSplitterKey, m_splitter->saveState());
}

void LayersWorkspace::restoreState(QSettings& settings) {
  const MeasuredView view = restoreMeasured(settings, {m_measured->question(), m_measured->level()});
  m_measured->setLevel(view.level);
  m_measured->setQuestion(view.question);
  m_header->restoreState(settings);
  m_designer->restoreState(settings);
  m_splitter->restoreState(settings.value(kSplitterKey).toByteArray());
}

}  // namespace app
