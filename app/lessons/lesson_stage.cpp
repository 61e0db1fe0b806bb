#include "app/lessons/lesson.h"

namespace app {
namespace {

const QString kAnswer = QStringLiteral("$answer");

}  // namespace

bool LessonStep::stageFollows() const { return stage && stage->toString().contains(kAnswer); }

std::optional<Link> LessonStep::stageAt(double answer) const {
  if (!stageFollows()) return stage;
  constexpr int kDigits = 10;  // the steps of a slider add up to 1.0001000000000001
  Link at = *stage;
  for (const auto& [key, value] : at.query.queryItems(QUrl::FullyDecoded))
    at.set(key, QString(value).replace(kAnswer, QString::number(answer, 'g', kDigits)));
  return at;
}

}  // namespace app
