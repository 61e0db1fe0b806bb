#pragma once
#include "app/widgets/label.h"

namespace app {

/// The user's line: a tinted block, so that questions and answers are told apart at a glance.
class QuestionLabel : public Label {
  Q_OBJECT
 public:
  explicit QuestionLabel(const QString& text, QWidget* parent = nullptr);

 protected:
  void paintEvent(QPaintEvent* event) override;
};

}  // namespace app
