#include "app/lessons/lesson_files.h"

#include <QCoreApplication>
#include <QFile>
#include <QLocale>
#include <QRegularExpression>

#include "app/lessons/strict_json.h"
#include "core/base/error.h"

namespace app {

nlohmann::json readLessonFile(const QString& folder, const QString& name) {
  QFile file(folder + u'/' + name);
  if (!file.open(QIODevice::ReadOnly)) {
    const QString sentence = QCoreApplication::translate("lessons", "%1: There is no such file.").arg(name);
    throw core::Error(core::ErrorCode::NotFound, sentence.toStdString(), name.toStdString());
  }
  return StrictJson::parse(file.readAll(), name);
}

QString translatedFile(const QString& folder, const QString& language, const QString& name) {
  for (const QString& tongue : {language, language.section(u'_', 0, 0)}) {
    const QString file = QStringLiteral("%1/%2.json").arg(tongue, name);
    if (!tongue.isEmpty() && tongue != QStringLiteral("en") && QFile::exists(folder + u'/' + file)) return file;
  }
  return {};
}

QString groupedLocally(QString text) {
  static const QRegularExpression kGap(QStringLiteral("(?<=\\d) (?=\\d{3}(?!\\d))"));
  const QLocale locale;
  const bool omits = locale.numberOptions().testFlag(QLocale::OmitGroupSeparator);
  return text.replace(kGap, omits ? QString() : locale.groupSeparator());
}

}  // namespace app
