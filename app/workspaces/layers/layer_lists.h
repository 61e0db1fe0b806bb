#pragma once
#include "app/widgets/card.h"
#include "app/workspaces/layers/layer_content.h"

class QTabWidget;

namespace app {

class KeptTensors;
class Label;
class ProxyPage;

/// Beside the maps: the matrices of one scheme or recipe with the most sensitive first, quick figures against measured
/// ones, and what it leaves as stored.
class LayerLists : public Card {
  Q_OBJECT
 public:
  explicit LayerLists(QWidget* parent = nullptr);

  ErrorDots* dots() const { return m_dots; }
  QTabWidget* tabs() const { return m_tabs; }
  ProxyPage* proxies() const { return m_proxies; }
  /// Quick figures are compared where something is measured.
  void setProxiesVisible(bool visible);
  /// @param title of the scheme; empty: none is shown
  void showDots(const LayerContent::Dots& dots, core::metrics::Metric metric, const QString& title,
                const QColor& color);
  /// @param plan null: what no scheme touches
  void showKept(const OpenModel* model, const core::model::RecipePlan* plan);

 Q_SIGNALS:
  /// Index in the checkpoint.
  void keptActivated(std::size_t tensor);

 private:
  void fitTabs();

  QTabWidget* m_tabs;
  Label* m_dotsTitle;
  ErrorDots* m_dots;
  ProxyPage* m_proxies;
  KeptTensors* m_kept;
};

}  // namespace app
