#include "app/shell/export_target_box.h"

#include <QStandardItemModel>
#include <algorithm>

#include "app/widgets/theme.h"

namespace app {

namespace {

using core::io::FileFormat;
using core::quant::Family;
using core::quant::FolderLayout;
using core::quant::MethodName;

bool isSame(const TargetKind& a, const TargetKind& b) {
  return a.layout == b.layout && (a.isFolder() || a.format == b.format);
}

TargetKind folder(FolderLayout layout) { return {FileFormat::Safetensors, layout}; }

QString whyNotOf(const ExportPreview& preview, const TargetKind& kind) {
  if (!kind.isFolder())
    return QString::fromStdString(kind.format == FileFormat::Gguf ? preview.whyNoGguf : preview.whyNoSafetensors);
  const auto found = std::ranges::find(preview.layouts, *kind.layout, &ExportPreview::LayoutAnswer::layout);
  return found == preview.layouts.end() ? QString() : QString::fromStdString(found->whyNot);
}

}  // namespace

std::vector<TargetKind> usualTargets(const core::model::Recipe& recipe, FileFormat source) {
  const TargetKind gguf{FileFormat::Gguf, {}}, safetensors{FileFormat::Safetensors, {}};
  const auto* scheme = std::get_if<core::quant::Scheme>(&recipe.base);
  const Family family = scheme ? core::quant::family(scheme->format.name) : Family::GgufBlock;
  if (family == Family::GgufBlock) return {gguf, safetensors};
  if (family == Family::Cast) {
    const std::vector<TargetKind> folders{folder(FolderLayout::Plain), safetensors, gguf};
    return source == FileFormat::Gguf ? std::vector<TargetKind>{gguf, safetensors} : folders;
  }
  std::vector<TargetKind> kinds;
  if (family == Family::CodeBook || family == Family::LlmInt8) kinds.push_back(folder(FolderLayout::Bitsandbytes));
  if (scheme->method.name == MethodName::Gptq) kinds.push_back(folder(FolderLayout::Gptq));
  if (scheme->method.name == MethodName::Awq) kinds.push_back(folder(FolderLayout::Awq));
  for (const FolderLayout layout : {FolderLayout::CompressedTensors, FolderLayout::Gptq, FolderLayout::Awq})
    kinds.push_back(folder(layout));
  kinds.push_back(safetensors);
  kinds.push_back(gguf);
  return kinds;
}

ExportTargetBox::ExportTargetBox(QWidget* parent) : QComboBox(parent) {
  setObjectName(QStringLiteral("export-as"));
  setAccessibleName(tr("Write as"));
  setSizeAdjustPolicy(QComboBox::AdjustToContents);
  m_items.push_back({{FileFormat::Gguf, {}}, tr("GGUF file"), {}});
  m_items.push_back({{FileFormat::Safetensors, {}}, tr("safetensors file"), {}});
  for (const FolderLayout layout : core::quant::allFolderLayouts()) {
    const auto name = core::quant::displayName(layout);
    m_items.push_back({folder(layout),
                       layout == FolderLayout::Plain
                           ? tr("Folder, not packed")
                           : tr("Folder: %1").arg(QString::fromUtf8(name.data(), static_cast<qsizetype>(name.size()))),
                       {}});
  }
  for (const Item& item : m_items) addItem(item.title);
  connect(this, &QComboBox::activated, this, [this](int item) {
    m_chosen = item;
    Q_EMIT kindChanged();
  });
  clearPreview();
}

void ExportTargetBox::setPreview(const ExportPreview& preview, FileFormat source) {
  auto* items = qobject_cast<QStandardItemModel*>(model());
  for (int i = 0; i < count(); ++i) {
    Item& item = m_items[static_cast<std::size_t>(i)];
    item.whyNot = whyNotOf(preview, item.kind);
    items->item(i)->setEnabled(item.whyNot.isEmpty());
    setItemData(i, item.whyNot, Qt::ToolTipRole);
  }
  const auto usual = usualTargets(preview.recipe, source);
  m_nearest = itemOf(usual.front());
  int wanted = -1;
  if (m_chosen && isPossible(*m_chosen)) wanted = *m_chosen;
  for (const TargetKind& kind : usual)
    if (wanted < 0 && isPossible(itemOf(kind))) wanted = itemOf(kind);
  for (int i = 0; wanted < 0 && i < count(); ++i)
    if (isPossible(i)) wanted = i;
  setEnabled(wanted >= 0);
  select(wanted);
}

void ExportTargetBox::clearPreview() {
  setEnabled(false);
  select(-1);
}

std::optional<TargetKind> ExportTargetBox::kind() const {
  const int item = currentIndex();
  return item < 0 ? std::nullopt : std::optional(m_items[static_cast<std::size_t>(item)].kind);
}

void ExportTargetBox::choose(FileFormat format) {
  const int item = itemOf({format, {}});
  if (item == currentIndex() || !isPossible(item)) return;
  m_chosen = item;
  select(item);
}

QString ExportTargetBox::whyNone() const {
  return currentIndex() >= 0 ? QString() : m_items[static_cast<std::size_t>(m_nearest)].whyNot;
}

void ExportTargetBox::select(int item) {
  if (item == currentIndex()) return;
  setCurrentIndex(item);
  setToolTip(item < 0 ? QString() : tr("What is written, and who reads it"));
  Q_EMIT kindChanged();
}

int ExportTargetBox::itemOf(const TargetKind& kind) const {
  const auto found = std::ranges::find_if(m_items, [&](const Item& item) { return isSame(item.kind, kind); });
  return static_cast<int>(found - m_items.begin());
}

bool ExportTargetBox::isPossible(int item) const {
  return item >= 0 && item < count() && m_items[static_cast<std::size_t>(item)].whyNot.isEmpty();
}

}  // namespace app
