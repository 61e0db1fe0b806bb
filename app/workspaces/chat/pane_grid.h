#pragma once
#include <QWidget>
#include <vector>

class QSplitter;
class QTabBar;

namespace app {

class ChatPane;

/// Arranges the panes: side by side while each is wide enough to be read, else in two rows where they are high enough,
/// else the reference beside one of the others, which tabs choose.
class PaneGrid : public QWidget {
  Q_OBJECT
 public:
  enum class Form : std::uint8_t { Row, TwoRows, Tabs };

  /// @param panes the first is the reference; all of them, whether or not they are in view
  explicit PaneGrid(std::vector<ChatPane*> panes, QWidget* parent = nullptr);

  /// How many of them are in view.
  void setCount(std::size_t count);
  /// The compared pane that is looked at: the one beside the reference where there are tabs.
  void setFocusPane(std::size_t pane);
  /// Titles of the compared panes have changed.
  void nameTabs();
  Form form() const { return m_form; }
  QSplitter* row() const { return m_top; }
  QSize minimumSizeHint() const override;

 Q_SIGNALS:
  void paneChosen(std::size_t pane);

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  Form fittingForm() const;
  void arrange();
  void place();

  std::vector<ChatPane*> m_panes;
  std::size_t m_count = 2, m_focus = 1;
  Form m_form = Form::Row;
  QTabBar* m_tabs;
  QSplitter *m_rows, *m_top, *m_bottom;
};

}  // namespace app
