#pragma once
#include <QStringList>

#include "app/lessons/lesson.h"

namespace app {

/// The lessons in the order in which they are taught.
struct Course {
  std::vector<Lesson> lessons;

  const Lesson* find(const QString& id) const;
};

/// Where lessons come from and what they may point at.
struct CourseSource {
  QString folder;          ///< course.json, LESSON.json, LANGUAGE/LESSON.json
  QString language;        ///< "de_AT"; texts without a translation are English
  QStringList workspaces;  ///< ids that links may name; empty: any
};

/// Reads every lesson that course.json lists. Strict: an unknown key, fact, argument, placeholder or workspace, a
/// missing text and a broken link are errors. @throws core::Error (InvalidFile, NotFound): one sentence with file and
/// step
Course loadCourse(const CourseSource& source);

}  // namespace app
