#include "app/workspaces/chat/pane_variant.h"

#include <QStringList>
#include <algorithm>

#include "app/selection/selection.h"
#include "app/selection/tensor_text.h"
#include "app/text/tr.h"
#include "app/widgets/kv_type_field.h"
#include "core/base/error.h"
#include "core/model/recipe/recipe_text.h"

namespace app {

using text::tr;

namespace {

const QString kKvKey = QStringLiteral("kv="), kServerKey = QStringLiteral("server=");
constexpr std::string_view kStored = "stored";

QString storedTitle(const Selection& selection) {
  const core::io::TensorInfo* first = nullptr;
  if (selection.model()) {
    const auto& choices = selection.model()->choices();
    const auto found = std::find_if(choices.begin(), choices.end(), [](const core::model::TensorChoice& choice) {
      return choice.fate == core::model::Fate::Quantize;
    });
    if (found != choices.end())
      first = &selection.model()->checkpoint().tensors()[static_cast<std::size_t>(found - choices.begin())];
  }
  return first == nullptr ? tr("As stored") : tr("%1 as stored").arg(typeText(*first));
}

}  // namespace

Variant PaneVariant::under(const DeviceChoice& settingsDevice, core::model::KvType settingsKv) const {
  return {recipe.value_or(core::model::Recipe()), device.value_or(settingsDevice), kv.value_or(settingsKv)};
}

std::string PaneVariant::deviations() const {
  std::string text;
  if (server) return "@" + kServerKey.toStdString() + server->toString();
  if (device) text += "@" + device->toString();
  if (kv) text += "@kv=" + core::model::nameOf(*kv);
  return text;
}

void PaneVariant::setDeviations(const std::string& text) {
  device.reset();
  kv.reset();
  server.reset();
  const QStringList parts = QString::fromStdString(text).split(u'@', Qt::SkipEmptyParts);
  for (const QString& part : parts) {
    try {
      if (part.startsWith(kKvKey))
        kv = core::model::kvTypeOf(part.mid(kKvKey.size()).toStdString());
      else if (part.startsWith(kServerKey))
        server = ServerChoice::parse(part.mid(kServerKey.size()).toStdString());
      else
        device = DeviceChoice::parse(part.toStdString());
    } catch (const core::Error&) {
      // Written by another version of the program: then as the settings say.
    }
  }
}

PaneVariant PaneVariant::parse(const std::string& text) {
  std::string name = text, suffixes;
  for (std::size_t at = name.rfind('@'); at != std::string::npos; at = name.rfind('@')) {
    PaneVariant probe;
    probe.setDeviations(name.substr(at));
    if (!probe.device && !probe.kv && !probe.server) break;  // a part of a path, then
    suffixes = name.substr(at) + suffixes;
    name.resize(at);
  }
  PaneVariant variant;
  variant.setDeviations(suffixes);
  if (name != kStored) variant.recipe = core::model::recipeFromText(name);
  return variant;
}

std::string PaneVariant::toString() const {
  return (recipe ? recipe->toString() : std::string(kStored)) + deviations();
}

QString titleOf(const DeviceChoice& device) {
  switch (device.kind) {
    case DeviceChoice::Kind::Auto:
      return tr("automatic device");
    case DeviceChoice::Kind::Cpu:
      return tr("CPU");
    case DeviceChoice::Kind::Vulkan:
      break;
  }
  return device.index == DeviceChoice::kAnyIndex ? tr("Vulkan") : tr("Vulkan %1").arg(device.index);
}

QString titleOf(const PaneVariant& variant, const Selection& selection) {
  if (variant.server) return titleOf(*variant.server);
  QStringList parts{variant.recipe ? selection.title(*variant.recipe) : storedTitle(selection)};
  if (variant.device) parts << titleOf(*variant.device);
  if (variant.kv) parts << tr("KV %1").arg(kvTitle(*variant.kv));
  return parts.join(QStringLiteral(" · "));
}

}  // namespace app
