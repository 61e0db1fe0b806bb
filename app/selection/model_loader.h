#pragma once
#include <QObject>
#include <QStringList>

namespace app {

class JobRunner;
class Selection;

/// Opens models in the background and remembers which were opened. The newest request wins.
class ModelLoader : public QObject {
  Q_OBJECT
 public:
  ModelLoader(Selection& selection, JobRunner& jobs, QObject* parent = nullptr);

  /// @param source a file, a folder or "demo"; on success the selection holds the model, else failed() says why
  void open(const QString& source);
  /// Back to the start page.
  void close();
  bool isOpening() const { return !m_opening.isEmpty(); }
  const QString& opening() const { return m_opening; }

  /// Newest first, without the demo model.
  const QStringList& recent() const { return m_recent; }
  void setRecent(const QStringList& sources);
  void forgetRecent();
  /// File or folder name for people; "Demo model".
  static QString displayName(const QString& source);

 Q_SIGNALS:
  void openingChanged();
  void opened();
  void failed(const QString& sentence);
  void recentChanged();

 private:
  Selection& m_selection;
  JobRunner& m_jobs;
  QString m_opening;
  QStringList m_recent;
};

}  // namespace app
