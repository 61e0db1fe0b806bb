#pragma once
#include "app/lessons/course.h"

namespace app {

/// One lesson with its texts. @throws core::Error as loadCourse
Lesson readLesson(const CourseSource& source, const QString& id);

}  // namespace app
