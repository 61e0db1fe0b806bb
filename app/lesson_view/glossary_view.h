#pragma once
#include <QWidget>

class QLineEdit;
class QTextBrowser;

namespace app {

/// Every term of the glossary, found by what is typed: in names first, then in the explanations.
class GlossaryView : public QWidget {
  Q_OBJECT
 public:
  explicit GlossaryView(QWidget* parent = nullptr);
  void search(const QString& words);

 private:
  void refresh();

  QLineEdit* m_field;
  QTextBrowser* m_list;
};

}  // namespace app
