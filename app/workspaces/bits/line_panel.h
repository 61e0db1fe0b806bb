#pragma once
#include <QWidget>

namespace app {

class BitsState;
class Label;
class NumberLine;

/// The number line with what it shows in words, and three places to jump to.
class LinePanel : public QWidget {
  Q_OBJECT
 public:
  explicit LinePanel(BitsState& state, QWidget* parent = nullptr);

 private:
  void refresh();

  BitsState& m_state;
  NumberLine* m_line;
  Label* m_words;
};

}  // namespace app
