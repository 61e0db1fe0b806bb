#pragma once
#include <QWidget>
#include <optional>
#include <vector>

#include "app/workspaces/chat/chat_choices.h"
#include "app/workspaces/chat/pane_variant.h"
#include "app/workspaces/chat/token_feed.h"

class QHBoxLayout;
class QComboBox;
class QMenu;
class QToolButton;

namespace app {

class Label;
class Selection;

/// The head of a pane: what runs in it and what that takes. The list holds the weights as stored, then the checked
/// schemes, then all others (choosing one of those checks it); the menu gives the pane a device and a type of keys and
/// values of its own. While nobody may know who answers it shows a letter instead.
class PaneHeader : public QWidget {
  Q_OBJECT
 public:
  /// @param index 0 is the reference
  PaneHeader(std::size_t index, Selection& selection, QWidget* parent = nullptr);

  const PaneVariant& variant() const { return m_variant; }
  void setVariant(PaneVariant variant);
  /// The devices a pane may have of its own.
  void setDevices(const DeviceList& devices) { m_devices = devices; }
  /// What the settings say, for those who follow them.
  void setSettings(const DeviceChoice& device, core::model::KvType kv);
  /// Nothing while the session is not the one that would run.
  void setFacts(const std::optional<PaneFacts>& facts);
  void setRemovable(bool removable);
  void setChangeable(bool changeable);
  /// @param letter empty: the scheme is shown
  void setAlias(const QString& letter);
  bool isHidden() const { return !m_aliasText.isEmpty(); }

 Q_SIGNALS:
  void serverWanted();
  void timeWanted();  ///< what it goes to
  void variantChosen();
  void removeWanted();

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  /// Sizes of which nothing but a digit can be read are left to the tooltip.
  void fitFacts();
  void addTools(QHBoxLayout* row);
  void fillSchemes();
  void fillMenu();
  void addValuesApart();
  void choose(const PaneVariant& variant);

  std::size_t m_index;
  Selection& m_selection;
  PaneVariant m_variant;
  int m_serverItem = -1;                                     ///< that asks for a server
  std::vector<std::optional<core::model::Recipe>> m_listed;  ///< what its items mean; a separator counts as one
  DeviceList m_devices;
  DeviceChoice m_settingsDevice;
  core::model::KvType m_settingsKv = core::model::KvType::F16;
  QString m_aliasText;
  QComboBox* m_schemes;
  Label *m_alias, *m_role, *m_facts;
  QToolButton *m_menuButton, *m_remove;
  QMenu* m_menu;
};

}  // namespace app
