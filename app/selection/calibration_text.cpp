#include "app/selection/calibration_text.h"

#include <QDateTime>
#include <QLocale>

#include "app/text/numbers.h"
#include "app/text/tr.h"

namespace app {

using text::tr;

namespace {

constexpr qsizetype kLongestName = 28;

QString ageText(std::chrono::system_clock::time_point made, std::chrono::system_clock::time_point now) {
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(now - made).count();
  if (minutes < 1) return tr("just now");
  if (minutes < 60) return tr("%1 min ago").arg(minutes);
  if (minutes < 24 * 60) return tr("%1 h ago").arg(minutes / 60);
  return QLocale().toString(QDateTime::fromSecsSinceEpoch(std::chrono::system_clock::to_time_t(made)),
                            QLocale::ShortFormat);
}

}  // namespace

QString calibrationName(const std::optional<CalibrationState>& state) {
  if (!state || !state->made) return tr("no text read yet");
  const QString name = text::shortened(QString::fromStdString(state->text), kLongestName);
  return state->tokens > 0 ? tr("%1 · %2 tokens").arg(name, text::count(state->tokens)) : name;
}

QString calibrationText(const std::optional<CalibrationState>& state, std::chrono::system_clock::time_point now) {
  const QString name = calibrationName(state);
  return state && state->made ? name + QStringLiteral(" · ") + ageText(*state->made, now) : name;
}

// In words that suit one as well as several.
QString waitText(const Selection& selection, core::quant::CalibrationNeed need, const QString& who) {
  const auto state = selection.calibrationState();
  switch (selection.waitFor(need)) {
    case CalibrationWait::Nothing:
      return {};
    case CalibrationWait::Reading:
      return tr("%1 will follow when the calibration text is read.").arg(who);
    case CalibrationWait::Text:
      return state && state->made
                 ? tr("%1 must know more than %2 can say: the model has to read a text (calibration).")
                       .arg(who, text::shortened(QString::fromStdString(state->text), kLongestName))
                 : tr("%1 must know the model's inputs: the model has to read a text first (calibration).").arg(who);
  }
  return {};
}

}  // namespace app
