#pragma once
#include <QTimer>
#include <QWidget>
#include <optional>

#include "core/model/recipe/recipe.h"

class QCheckBox;
class QSlider;

namespace app {

class Label;

/// How strongly a recipe's adapter is added, in percent of what it was trained to add; nothing where it has none.
std::optional<double> adapterStrength(const std::optional<core::model::Recipe>& recipe);

/// Switches the adapter of a pane off and on, and scales it from 0 to 200 %. Hidden where the pane has none.
class AdapterBar : public QWidget {
  Q_OBJECT
 public:
  explicit AdapterBar(QWidget* parent = nullptr);
  void setRecipe(const std::optional<core::model::Recipe>& recipe);

 Q_SIGNALS:
  /// A hand has come to rest on it.
  void strengthChosen(int percent);

 private:
  void showPercent();

  QCheckBox* m_switch;
  QSlider* m_slider;
  Label* m_percent;
  QTimer m_rest;
  int m_on = 100;  ///< what the switch goes back to
};

}  // namespace app
