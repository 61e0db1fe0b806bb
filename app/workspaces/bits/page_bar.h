#pragma once
#include <QWidget>

class QComboBox;
class QPushButton;
class QTabBar;
class QToolButton;

namespace app {

class BitsState;
class FormatEditor;
class RangeEditor;

/// Top of the page: number or block; and for numbers which formats, what range, which rounding.
class PageBar : public QWidget {
  Q_OBJECT
 public:
  explicit PageBar(BitsState& state, QWidget* parent = nullptr);
  enum class Page { Number, Block };
  Page page() const;
  void setPage(Page page);

 Q_SIGNALS:
  void pageChanged();

 private:
  void buildNumberTools();
  void roll();
  void refresh();

  BitsState& m_state;
  QTabBar* m_pages;
  QWidget* m_numberTools;
  QPushButton *m_formats, *m_range;
  QComboBox* m_rounding;
  QToolButton* m_roll;
  FormatEditor* m_formatEditor;
  RangeEditor* m_rangeEditor;
};

}  // namespace app
