#include "app/lessons/course.h"

#include <QCoreApplication>
#include <algorithm>

#include "app/lessons/lesson_files.h"
#include "app/lessons/lesson_reader.h"
#include "app/lessons/strict_json.h"

namespace app {

const Lesson* Course::find(const QString& id) const {
  const auto found = std::ranges::find(lessons, id, &Lesson::id);
  return found == lessons.end() ? nullptr : &*found;
}

int Lesson::indexOf(const QString& stepId) const {
  const auto found = std::ranges::find(steps, stepId, &LessonStep::id);
  return found == steps.end() ? -1 : static_cast<int>(found - steps.begin());
}

Course loadCourse(const CourseSource& source) {
  const QString name = QStringLiteral("course.json");
  const nlohmann::json json = readLessonFile(source.folder, name);
  StrictJson object(json, name);
  Course course;
  for (const auto& entry : object.list("lessons")) {
    if (!entry.is_string()) object.refuse(QCoreApplication::translate("lessons", "A lesson is named by a text."));
    const QString id = QString::fromStdString(entry.get<std::string>());
    if (course.find(id) != nullptr)
      object.refuse(QCoreApplication::translate("lessons", "The lesson %1 stands there twice.").arg(id));
    course.lessons.push_back(readLesson(source, id));
  }
  object.finish();
  return course;
}

}  // namespace app
