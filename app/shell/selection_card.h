#pragma once
#include <QWidget>

class QFormLayout;
class QToolButton;

namespace app {

class Label;
class Selection;

/// "What is selected": tensor, shape, storage, weight, scheme and chat token, at the foot of the right panel.
class SelectionCard : public QWidget {
  Q_OBJECT
 public:
  explicit SelectionCard(Selection& selection, QWidget* parent = nullptr);

 private:
  void refresh();

  Selection& m_selection;
  Label *m_model, *m_compared, *m_comparedName;  ///< the compared row is there while a second model is
  Label *m_tensor, *m_shape, *m_storage, *m_weight, *m_scheme, *m_chatToken;
};

}  // namespace app
