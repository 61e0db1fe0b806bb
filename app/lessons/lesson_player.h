#pragma once
#include <QObject>

#include "app/lessons/course.h"
#include "app/lessons/judgement.h"
#include "app/lessons/lesson_progress.h"

class QSettings;

namespace app {

class JobRunner;

/// The lesson that is being taken: which step, what was answered, what is true. Views show it and answer; the window
/// opens the places it asks for. Nothing is true before it is computed.
class LessonPlayer : public QObject {
  Q_OBJECT
 public:
  LessonPlayer(JobRunner& jobs, Course course, QObject* parent = nullptr);
  /// With the course that is compiled in; problem() says why there is none.
  LessonPlayer(JobRunner& jobs, const CourseSource& source, QObject* parent = nullptr);

  const Course& course() const { return m_course; }
  /// Why there are no lessons; empty when there are.
  const QString& problem() const { return m_problem; }
  /// The lesson and step in front; null while none is taken.
  const Lesson* lesson() const { return m_lesson; }
  const LessonStep* step() const { return m_lesson ? &m_lesson->steps[static_cast<std::size_t>(m_index)] : nullptr; }
  int index() const { return m_index; }
  bool isLast() const { return m_lesson && m_index + 1 == static_cast<int>(m_lesson->steps.size()); }

  /// Null while they are computed.
  const StepResults* results() const { return m_results ? &*m_results : nullptr; }
  /// Null while nothing was answered, and when the answer was asked for.
  const Guess* answer() const { return m_answer ? &*m_answer : nullptr; }
  /// Something was answered or asked for. In teacher mode the truth may still be hidden.
  bool isAnswered() const { return m_isAnswered; }
  /// The truth may be seen.
  bool isRevealed() const { return m_isRevealed && m_results; }
  /// Of the answer. @pre answer() && results()
  Judgement judgement() const { return judge(*step(), *m_results, *m_answer); }
  const LessonProgress& progress() const { return m_progress; }
  bool teacherMode() const { return m_teacherMode; }
  /// "learn/LESSON/STEP"; without a lesson the workspace alone.
  Link link() const;
  /// "learn?show=lessons": all lessons, also while one of them shows a board.
  static Link overviewLink();

  /// Takes a lesson: at a step, or where it was left (the first step without an answer).
  /// @return empty, or the sentence that says that there is no such lesson or step
  QString start(const QString& lessonId, const QString& stepId = {});
  void next();
  void back();
  void leave();
  /// Gives an answer. In teacher mode it is taken down, and nothing is said about it until reveal().
  void giveAnswer(const Guess& answer);
  /// Shows the truth, answered or not.
  void reveal();
  /// What a slider stands at before it is the answer: a stage that speaks of it follows.
  void tryAnswer(double answer);
  /// Forgets the answer of this step.
  void askAgain();
  /// Answers are hidden until they are revealed, also those given before; nothing is written into the progress.
  void setTeacherMode(bool on);
  void forgetProgress();
  void forgetProgress(const Lesson& lesson);
  /// The place that the step plays at; the one of an earlier step where it has none of its own.
  std::optional<Link> stage() const;
  /// Goes there once more.
  void showStage();
  /// Goes to the list of all lessons; the step stays in front, and showStage() leads back to it.
  void showOverview();

  void saveState(QSettings& settings) const;
  void restoreState(const QSettings& settings);

 Q_SIGNALS:
  void stepChanged();     ///< another step, or none
  void resultsArrived();  ///< results() of the step
  void answerChanged();   ///< given, revealed or forgotten
  void progressChanged();
  void teacherModeChanged();
  void placeRequested(const app::Link& link);
  void failed(const QString& sentence);

 private:
  void enter(int index);
  void compute();
  void restoreAnswer();
  void record();

  JobRunner& m_jobs;
  Course m_course;
  QString m_problem;
  const Lesson* m_lesson = nullptr;
  int m_index = 0;
  std::optional<StepResults> m_results;
  std::optional<Guess> m_answer;
  bool m_isAnswered = false, m_isRevealed = false, m_teacherMode = false;
  double m_tried = 0;  ///< what a slider stands at
  LessonProgress m_progress;
};

}  // namespace app
