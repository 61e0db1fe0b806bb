#pragma once
#include <QString>
#include <optional>

#include "app/session/variant.h"
#include "app/workspaces/chat/server_choice.h"

namespace app {

class Selection;

/// What a person set for one pane: a scheme, and a device or a type of keys and values where it has its own instead of
/// those of the settings.
struct PaneVariant {
  std::optional<core::model::Recipe> recipe;  ///< none: the weights as stored
  std::optional<DeviceChoice> device;
  std::optional<core::model::KvType> kv;
  std::optional<ServerChoice> server;  ///< answers instead of this computer; the others say nothing then
  bool operator==(const PaneVariant&) const = default;

  /// What runs under these settings.
  Variant under(const DeviceChoice& settingsDevice, core::model::KvType settingsKv) const;
  /// "@cpu@kv=int8", "@server=…"; empty where everything is as the settings say.
  std::string deviations() const;
  /// Takes deviations() up again; what it does not know is left out.
  void setDeviations(const std::string& text);
  /// @throws core::Error for what is no recipe
  static PaneVariant parse(const std::string& text);
  /// "stored@kv=int8", "nf4": for links. Only of what a text can name.
  std::string toString() const;
};

/// "BF16 as stored", "NF4 · 64 · CPU · KV INT8"
QString titleOf(const PaneVariant& variant, const Selection& selection);
/// "Vulkan 1", "CPU", "automatic device"
QString titleOf(const DeviceChoice& device);
/// "INT8"

}  // namespace app
