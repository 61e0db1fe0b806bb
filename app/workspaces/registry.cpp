// The workspaces in the order of the navigation rail. Adding one: its folder, its include, its line.
#include <QCoreApplication>
#include <vector>

#include "app/selection/selection_link.h"
#include "app/workspaces/bits/bits_workspace.h"
#include "app/workspaces/chat/chat_workspace.h"
#include "app/workspaces/compare/compare_workspace.h"
#include "app/workspaces/inspect/inspect_workspace.h"
#include "app/workspaces/layers/layers_workspace.h"
#include "app/workspaces/learn/learn_workspace.h"
#include "app/workspaces/quantize/quantize_workspace.h"
#include "app/workspaces/trace/trace_workspace.h"
#include "app/workspaces/train/train_workspace.h"
#include "app/workspaces/workspace.h"

namespace app {

std::span<const WorkspaceEntry> workspaceEntries() {
  static const std::vector<WorkspaceEntry> entries{
      {"inspect", QT_TRANSLATE_NOOP("Workspaces", "Inspect"),
       QT_TRANSLATE_NOOP("Workspaces", "Tensors, histograms, outliers and values"), "inspect", true,
       [](const WorkspaceContext& context) -> Workspace* { return new InspectWorkspace(context); }},
      {"bits", QT_TRANSLATE_NOOP("Workspaces", "Bits"),
       QT_TRANSLATE_NOOP("Workspaces", "One number in every format, bit by bit"), "bits", false,
       [](const WorkspaceContext& context) -> Workspace* { return new BitsWorkspace(context); }},
      {"quantize", QT_TRANSLATE_NOOP("Workspaces", "Quantize"),
       QT_TRANSLATE_NOOP("Workspaces", "One block, quantized step by step; a scheme built and tried"), "quantize",
       false, [](const WorkspaceContext& context) -> Workspace* { return new QuantizeWorkspace(context); }},
      {"layers", QT_TRANSLATE_NOOP("Workspaces", "Layers"),
       QT_TRANSLATE_NOOP("Workspaces", "Error of every layer under every scheme"), "layers", true,
       [](const WorkspaceContext& context) -> Workspace* { return new LayersWorkspace(context); }},
      {"chat", QT_TRANSLATE_NOOP("Workspaces", "Chat"),
       QT_TRANSLATE_NOOP("Workspaces", "Original and quantized model side by side"), "chat", true,
       [](const WorkspaceContext& context) -> Workspace* { return new ChatWorkspace(context); }},
      {"trace", QT_TRANSLATE_NOOP("Workspaces", "Trace"),
       QT_TRANSLATE_NOOP("Workspaces", "From a wrong word to the weights that caused it"), "trace", true,
       [](const WorkspaceContext& context) -> Workspace* { return new TraceWorkspace(context); }},
      {"compare", QT_TRANSLATE_NOOP("Workspaces", "Compare"),
       QT_TRANSLATE_NOOP("Workspaces", "Size, quality, speed and memory; what to use"), "compare", false,
       [](const WorkspaceContext& context) -> Workspace* { return new CompareWorkspace(context); }},
      {"train", QT_TRANSLATE_NOOP("Workspaces", "Train"),
       QT_TRANSLATE_NOOP("Workspaces", "A quantized model heals, or learns new facts, while you watch"), "train", true,
       [](const WorkspaceContext& context) -> Workspace* { return new TrainWorkspace(context); }},
      {"learn", QT_TRANSLATE_NOOP("Workspaces", "Learn"),
       QT_TRANSLATE_NOOP("Workspaces", "Lessons on numbers and quantization, and a glossary"), "learn", false,
       [](const WorkspaceContext& context) -> Workspace* { return new LearnWorkspace(context); }},
  };
  return entries;
}

QString Workspace::openLink(const Link& link) {
  if (!link.path.isEmpty() || !unknownKey(link).isEmpty())
    return tr("\"%1\" names nothing that can be shown here.").arg(link.toString());
  return followLink(selection(), link);
}

Link Workspace::link() const {
  Link link{selection().workspace(), {}, {}};
  describeSelection(selection(), link);
  return link;
}

const WorkspaceEntry* findWorkspace(const QString& id) {
  for (const WorkspaceEntry& entry : workspaceEntries())
    if (id == QLatin1String(entry.id)) return &entry;
  return nullptr;
}

QString WorkspaceEntry::translatedTitle() const { return QCoreApplication::translate("Workspaces", title); }
QString WorkspaceEntry::translatedDescription() const { return QCoreApplication::translate("Workspaces", description); }

}  // namespace app
