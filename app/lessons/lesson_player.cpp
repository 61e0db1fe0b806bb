#include "app/lessons/lesson_player.h"

#include <QSettings>

#include "app/jobs/job_runner.h"
#include "app/lessons/lesson_words.h"
#include "core/base/error.h"

namespace app {
namespace {

/// What the slider of a step stands at when it begins.
double startOf(const LessonStep& step) {
  const auto* slider = std::get_if<SliderQuestion>(&step.asks);
  return slider != nullptr ? slider->start : 0;
}

const QString kTag = QStringLiteral("lessons/step"), kTeacher = QStringLiteral("lessons/teacher"),
              kWorkspace = QStringLiteral("learn");

}  // namespace

LessonPlayer::LessonPlayer(JobRunner& jobs, Course course, QObject* parent)
    : QObject(parent), m_jobs(jobs), m_course(std::move(course)) {}

LessonPlayer::LessonPlayer(JobRunner& jobs, const CourseSource& source, QObject* parent)
    : QObject(parent), m_jobs(jobs) {
  try {
    m_course = loadCourse(source);
  } catch (const core::Error& error) {
    m_problem = QString::fromUtf8(error.what());
  }
}

Link LessonPlayer::link() const {
  Link link;
  link.workspace = kWorkspace;
  if (m_lesson) link.path = {m_lesson->id, step()->id};
  return link;
}

QString LessonPlayer::start(const QString& lessonId, const QString& stepId) {
  const Lesson* lesson = m_course.find(lessonId);
  if (lesson == nullptr) return tr("There is no lesson %1.").arg(lessonId);
  const int index = stepId.isEmpty() ? m_progress.firstOpen(*lesson).value_or(0) : lesson->indexOf(stepId);
  if (index < 0) return tr("The lesson %1 has no step %2.").arg(lesson->title, stepId);
  m_lesson = lesson;
  enter(index);
  return {};
}

void LessonPlayer::next() {
  if (m_lesson && !isLast()) enter(m_index + 1);
}

void LessonPlayer::back() {
  if (m_lesson && m_index > 0) enter(m_index - 1);
}

void LessonPlayer::leave() {
  if (!m_lesson) return;
  m_jobs.cancelTag(kTag);
  m_lesson = nullptr;
  m_results.reset();
  m_answer.reset();
  m_isAnswered = m_isRevealed = false;
  Q_EMIT stepChanged();
}

void LessonPlayer::enter(int index) {
  m_index = index;
  m_results.reset();
  restoreAnswer();
  compute();
  Q_EMIT stepChanged();
  showStage();
}

void LessonPlayer::showStage() {
  if (!m_lesson) return;
  if (const auto place = m_isRevealed && step()->reveal ? step()->reveal : stage()) Q_EMIT placeRequested(*place);
}

void LessonPlayer::showOverview() { Q_EMIT placeRequested(overviewLink()); }

Link LessonPlayer::overviewLink() {
  Link link{kWorkspace, {}, {}};
  link.set(QStringLiteral("show"), QStringLiteral("lessons"));
  return link;
}

std::optional<Link> LessonPlayer::stage() const {
  if (!m_lesson) return std::nullopt;
  for (int i = m_index; i >= 0; --i) {
    const LessonStep& step = m_lesson->steps[static_cast<std::size_t>(i)];
    if (step.board) return Link{kWorkspace, {}, {}};
    if (step.stage) return step.stageAt(i == m_index ? m_tried : startOf(step));
  }
  return std::nullopt;
}

void LessonPlayer::compute() {
  m_jobs.run(
      this, {kTag, {}, Lane::Pool}, [step = *step()](const core::JobContext& job) { return computeStep(step, job); },
      [this](StepResults results) {
        m_results = std::move(results);
        Q_EMIT resultsArrived();
        if (m_isRevealed) record();
      },
      [this](const QString& sentence) { Q_EMIT failed(sentence); });
}

void LessonPlayer::restoreAnswer() {
  m_answer.reset();
  m_isAnswered = m_isRevealed = false;
  m_tried = startOf(*step());
  const auto* before = m_teacherMode ? nullptr : m_progress.find(m_lesson->id, step()->id);
  if (before == nullptr) return;
  m_answer = restoredAnswer(before->answer);
  if (const auto* number = m_answer ? std::get_if<double>(&*m_answer) : nullptr) m_tried = *number;
  m_isAnswered = m_isRevealed = true;
}

// An answer that is shown in the slider is no try of it: what the answer leads to stays.
void LessonPlayer::tryAnswer(double answer) {
  if (!m_lesson || answer == m_tried) return;
  m_tried = answer;
  if (step()->stageFollows()) Q_EMIT placeRequested(*step()->stageAt(answer));
}

void LessonPlayer::giveAnswer(const Guess& answer) {
  if (!m_lesson) return;
  m_answer = answer;
  m_isAnswered = true;
  if (!m_teacherMode) return reveal();
  m_isRevealed = false;
  Q_EMIT answerChanged();
}

void LessonPlayer::reveal() {
  if (!m_lesson) return;
  m_isAnswered = m_isRevealed = true;
  record();
  Q_EMIT answerChanged();
  if (step()->reveal) Q_EMIT placeRequested(*step()->reveal);
}

void LessonPlayer::record() {
  if (m_teacherMode || !m_results) return;
  LessonProgress::Record record;
  if (m_answer) {
    record.outcome = judgement().isRight ? LessonProgress::Outcome::Right : LessonProgress::Outcome::Wrong;
    record.answer = storedAnswer(*m_answer);
  }
  const auto* before = m_progress.find(m_lesson->id, step()->id);
  if (before != nullptr && *before == record) return;
  m_progress.set(m_lesson->id, step()->id, record);
  Q_EMIT progressChanged();
}

void LessonPlayer::askAgain() {
  if (!m_lesson) return;
  m_answer.reset();
  m_isAnswered = m_isRevealed = false;
  m_tried = startOf(*step());
  if (!m_teacherMode) m_progress.forget(m_lesson->id, step()->id);
  Q_EMIT answerChanged();
  showStage();
  Q_EMIT progressChanged();
}

void LessonPlayer::setTeacherMode(bool on) {
  if (m_teacherMode == on) return;
  m_teacherMode = on;
  Q_EMIT teacherModeChanged();
  if (m_lesson) enter(m_index);
}

void LessonPlayer::forgetProgress() {
  m_progress.clear();
  Q_EMIT progressChanged();
  if (m_lesson) enter(m_index);
}

void LessonPlayer::forgetProgress(const Lesson& lesson) {
  m_progress.clear(lesson.id);
  Q_EMIT progressChanged();
  if (m_lesson == &lesson) enter(m_index);
}

void LessonPlayer::saveState(QSettings& settings) const {
  m_progress.save(settings);
  settings.setValue(kTeacher, m_teacherMode);
}

void LessonPlayer::restoreState(const QSettings& settings) {
  m_progress.restore(settings);
  m_teacherMode = settings.value(kTeacher, false).toBool();
  Q_EMIT teacherModeChanged();
  Q_EMIT progressChanged();
}

}  // namespace app
