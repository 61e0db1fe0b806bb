#pragma once
#include <QObject>
#include <QStringList>
#include <memory>

namespace app {

class JobRunner;
class OpenModel;
class Selection;

/// Opens models in the background and remembers which were opened. The newest request wins. A model that arrives while
/// another is open waits until somebody has decided what becomes of the first.
class ModelLoader : public QObject {
  Q_OBJECT
 public:
  ModelLoader(Selection& selection, JobRunner& jobs, QObject* parent = nullptr);

  enum class As { Model, Compared };

  /// @param source a file, a folder or "demo"; on success the selection holds the model or, with another one open,
  /// secondArrived() asks for a decision; else failed() says why
  /// @param as Compared: it goes beside the open model without a question
  void open(const QString& source, As as = As::Model);
  /// The model that waits for replaceByWaiting(), compareWithWaiting() or dropWaiting().
  const std::shared_ptr<OpenModel>& waiting() const { return m_waiting; }
  void replaceByWaiting();
  void compareWithWaiting();
  void dropWaiting();
  /// Share of their tensors that the open model and another have in common, with name and shape, 0…1.
  double sharedTensors(const OpenModel& other) const;
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
  /// waiting() has a model, and another is open.
  void secondArrived();
  void failed(const QString& sentence);
  void recentChanged();

 private:
  Selection& m_selection;
  JobRunner& m_jobs;
  /// A model, and why it cannot be compared with the one that was open then; empty where it can.
  struct Opened {
    std::shared_ptr<OpenModel> model, beside;
    std::string whyNot;
  };
  void arrived(Opened opened, const QString& source, As as);
  void remember(const QString& source);

  QString m_opening, m_waitingSource;
  std::shared_ptr<OpenModel> m_waiting;
  std::weak_ptr<OpenModel> m_waitingBeside;  ///< what the answer below is about
  std::string m_whyNotBeside;
  QStringList m_recent;
};

}  // namespace app
