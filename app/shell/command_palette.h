#pragma once
#include <QFrame>
#include <QIcon>
#include <functional>
#include <vector>

class QLineEdit;
class QListView;

namespace app {

/// One thing that can be found: a tensor, a workspace, an action, a scheme.
struct PaletteItem {
  QString text;
  QString detail;  ///< at the right: shape, shortcut
  QString iconName;
  std::function<void()> run;
};

class PaletteModel;

/// "Ctrl+K: find anything": a field and a list over the top of the window. Letters in order suffice
/// ("b3q" finds blk.3.attn_q); Enter runs, Esc leaves.
class CommandPalette : public QFrame {
  Q_OBJECT
 public:
  explicit CommandPalette(QWidget* window);
  void open(std::vector<PaletteItem> items);
  void dismiss();

 Q_SIGNALS:
  /// A link was typed or pasted.
  void linkFollowed(const QString& link);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;
  void paintEvent(QPaintEvent* event) override;

 private:
  void place();
  void runCurrent();

  PaletteModel* m_model;
  QLineEdit* m_field;
  QListView* m_list;
};

/// How well letters match a text: higher is better, negative when they do not occur in this order.
/// Consecutive letters and starts of words count more; shorter texts win ties.
int matchScore(const QString& letters, const QString& text);

}  // namespace app
