#pragma once
#include <QWidget>
#include <vector>

class QVBoxLayout;

namespace app {

/// A column of models to open: name, where it lies, size. Each row is a button.
class ModelList : public QWidget {
  Q_OBJECT
 public:
  struct Row {
    QString source;  ///< for openRequested
    QString title, detail, note;
    QString iconName;
    QString toolTip = {};  ///< the source when it is not said
    bool isFaint = false;  ///< what it is asked for will not go
  };
  explicit ModelList(QWidget* parent = nullptr);
  /// @param empty shown while there are no rows
  void setRows(const std::vector<Row>& rows, const QString& empty);

 Q_SIGNALS:
  void chosen(const QString& source);

 private:
  QVBoxLayout* m_layout;
};

}  // namespace app
