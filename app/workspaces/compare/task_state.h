#pragma once
#include <QObject>
#include <QString>
#include <QTimer>
#include <memory>
#include <optional>

#include "app/jobs/news_feed.h"
#include "app/session/evaluate_tasks.h"
#include "app/workspaces/compare/compare_state.h"

namespace app {

/// Which questions are asked, under which conditions. Two equal ones give the same answers, but for schemes that look
/// at data under another calibration.
struct TaskQuestion : CompareConditions {
  QString tasks = QStringLiteral("demo");  ///< "demo" or a file
  qint64 changed = 0;                      ///< when the file was, milliseconds; 0: what is built in

  bool operator==(const TaskQuestion&) const = default;
};

/// Answers as far as they are known, and what they were asked under.
struct TaskAnswers {
  TaskQuestion question;
  std::string calibration;  ///< CompareState::calibration() when it began
  TaskEvaluation evaluation;
};

/// Questions put to every checked scheme and the reference. The conditions are those of CompareState.
class TaskState : public QObject {
  Q_OBJECT
 public:
  explicit TaskState(CompareState& compare, QObject* parent = nullptr);

  CompareState& compare() const { return m_compare; }
  TaskQuestion question() const;
  const QString& tasks() const { return m_tasks; }
  void setTasks(const QString& tasks);

  /// Of the open model; null where nothing was asked.
  const TaskAnswers* answers() const { return m_answers ? &*m_answers : nullptr; }
  /// Why they answer something else than is asked now; empty: they do not.
  QString whyOld() const;
  bool isOld() const { return !whyOld().isEmpty(); }
  bool isAsking() const;
  bool wasStopped() const { return m_wasStopped; }
  const QString& failure() const { return m_failure; }
  /// Asks every checked scheme. Answers that are known are not asked again.
  void ask();
  void stop();

 Q_SIGNALS:
  void changed();  ///< the question, or news of the answers

 private:
  using Feed = NewsFeed<TaskAnswers>;
  void followModel();
  void takeNews();

  CompareState& m_compare;
  std::shared_ptr<OpenModel> m_model;
  QString m_tasks = QStringLiteral("demo");
  std::shared_ptr<Feed> m_feed;  ///< of the running job
  std::optional<TaskAnswers> m_answers;
  QString m_failure;
  QTimer m_poll;
  bool m_wasStopped = false, m_isRunning = false;  ///< the latter: no end of it was seen yet
};

}  // namespace app
