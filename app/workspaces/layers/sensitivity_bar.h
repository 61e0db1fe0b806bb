#pragma once
#include <QWidget>

class QComboBox;
class QPushButton;
class QSpinBox;

namespace app {

class FileChoice;

class Label;
class MeasuredLayers;

/// On what the tensors are measured, how finely, the button that measures or stops, and what was found in one sentence.
class SensitivityBar : public QWidget {
  Q_OBJECT
 public:
  explicit SensitivityBar(MeasuredLayers& measured, QWidget* parent = nullptr);

  void setSentence(const QString& sentence);

 private:
  void buildText();
  void buildChoices();
  void ask();
  void measure();
  void refresh();

  MeasuredLayers& m_measured;
  FileChoice* m_text;
  QComboBox *m_direction, *m_level;
  QSpinBox* m_tokens;
  QPushButton* m_button;
  Label* m_sentence;
};

}  // namespace app
