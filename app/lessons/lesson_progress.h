#pragma once
#include <QMap>
#include <QString>
#include <optional>

#include "app/lessons/lesson.h"

class QSettings;

namespace app {

/// What was answered, step by step: survives the program.
class LessonProgress {
 public:
  enum class Outcome { Right, Wrong, Shown };  ///< Shown: the answer was asked for
  struct Record {
    Outcome outcome = Outcome::Shown;
    QString answer;  ///< storedAnswer(); empty when the answer was shown
    bool operator==(const Record&) const = default;
  };

  const Record* find(const QString& lesson, const QString& step) const;
  void set(const QString& lesson, const QString& step, const Record& record);
  void forget(const QString& lesson, const QString& step);
  void clear(const QString& lesson);
  void clear() { m_records.clear(); }
  bool isEmpty() const { return m_records.isEmpty(); }
  /// Steps of the lesson that are answered.
  int answered(const Lesson& lesson) const;
  /// The first step without an answer; nothing when all are answered.
  std::optional<int> firstOpen(const Lesson& lesson) const;

  void save(QSettings& settings) const;
  /// What cannot be read is skipped.
  void restore(const QSettings& settings);

 private:
  QMap<QString, QMap<QString, Record>> m_records;  ///< lesson, step
};

}  // namespace app
