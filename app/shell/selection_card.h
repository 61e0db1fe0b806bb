#pragma once
#include <QWidget>

namespace app {

class Label;
class Selection;

/// "What is selected": tensor, shape, storage, weight, scheme and chat token, at the foot of the right panel.
class SelectionCard : public QWidget {
  Q_OBJECT
 public:
  explicit SelectionCard(Selection& selection, QWidget* parent = nullptr);
  /// Only tensor, scheme and weight; the tensor's shape and type are its tooltip.
  void setBrief(bool isBrief);

 private:
  void refresh();

  Selection& m_selection;
  struct Row {
    Label *name = nullptr, *value = nullptr;
    void setVisible(bool isVisible) const;
  };
  Row m_model, m_compared, m_tensor, m_shape, m_storage, m_scheme, m_weight, m_chatToken;
  bool m_isBrief = false;
};

}  // namespace app
