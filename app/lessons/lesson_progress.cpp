#include "app/lessons/lesson_progress.h"

#include <QSettings>
#include <algorithm>
#include <array>

namespace app {
namespace {

const QString kKey = QStringLiteral("lessons/progress");
constexpr std::array kOutcomes{"right", "wrong", "shown"};  // in the order of Outcome

}  // namespace

const LessonProgress::Record* LessonProgress::find(const QString& lesson, const QString& step) const {
  const auto records = m_records.constFind(lesson);
  if (records == m_records.constEnd()) return nullptr;
  const auto record = records->constFind(step);
  return record == records->constEnd() ? nullptr : &*record;
}

void LessonProgress::set(const QString& lesson, const QString& step, const Record& record) {
  m_records[lesson][step] = record;
}

void LessonProgress::forget(const QString& lesson, const QString& step) {
  if (m_records.contains(lesson)) m_records[lesson].remove(step);
}

void LessonProgress::clear(const QString& lesson) { m_records.remove(lesson); }

int LessonProgress::answered(const Lesson& lesson) const {
  return static_cast<int>(
      std::ranges::count_if(lesson.steps, [&](const LessonStep& step) { return find(lesson.id, step.id) != nullptr; }));
}

std::optional<int> LessonProgress::firstOpen(const Lesson& lesson) const {
  for (std::size_t i = 0; i < lesson.steps.size(); ++i)
    if (find(lesson.id, lesson.steps[i].id) == nullptr) return static_cast<int>(i);
  return std::nullopt;
}

void LessonProgress::save(QSettings& settings) const {
  QStringList lines;
  for (auto lesson = m_records.begin(); lesson != m_records.end(); ++lesson)
    for (auto step = lesson->begin(); step != lesson->end(); ++step)
      lines << QStringList{lesson.key(), step.key(), QLatin1String(kOutcomes[static_cast<std::size_t>(step->outcome)]),
                           step->answer}
                   .join(u'\t');
  settings.setValue(kKey, lines);
}

void LessonProgress::restore(const QSettings& settings) {
  m_records.clear();
  for (const QString& line : settings.value(kKey).toStringList()) {
    const QStringList parts = line.split(u'\t');
    if (parts.size() != 4) continue;
    const auto outcome =
        std::ranges::find_if(kOutcomes, [&](const char* name) { return parts[2] == QLatin1String(name); });
    if (outcome == kOutcomes.end()) continue;
    set(parts[0], parts[1], {static_cast<Outcome>(outcome - kOutcomes.begin()), parts[3]});
  }
}

}  // namespace app
