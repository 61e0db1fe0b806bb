#pragma once
#include <QWidget>
#include <cstdint>

class QComboBox;

namespace app {

class BitsState;
class Label;
class NumberLine;

enum class Spacing : std::uint8_t;

/// The number line with what it shows in words, its spacing, and three places to jump to.
class LinePanel : public QWidget {
  Q_OBJECT
 public:
  explicit LinePanel(BitsState& state, QWidget* parent = nullptr);
  Spacing spacing() const;
  void setSpacing(Spacing spacing);

 private:
  void refresh();

  BitsState& m_state;
  NumberLine* m_line;
  Label* m_words;
  QComboBox* m_spacing;
};

}  // namespace app
