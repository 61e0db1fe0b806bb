#include "app/selection/scheme_completion.h"

#include <string>

#include "core/base/error.h"
#include "core/model/recipe/file_type.h"
#include "core/quant/scheme.h"
#include "core/quant/scheme_options.h"
#include "core/quant/scheme_spelling.h"

namespace app {

namespace {

QString textOfView(std::string_view text) {
  return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

std::optional<core::quant::Scheme> parsed(const QString& text) {
  try {
    return core::quant::Scheme::parse(text.toStdString());
  } catch (const core::Error&) {
    return std::nullopt;
  }
}

QStringList names(const QString& typed) {
  QStringList found;
  for (const core::quant::FormatInfo& format : core::quant::allFormats()) found << textOfView(format.text);
  for (const std::string_view spelling : core::quant::schemeSpellings()) found << textOfView(spelling);
  for (const core::model::FileTypeInfo& type : core::model::allFileTypes()) found << textOfView(type.name);
  found.removeIf([&](const QString& name) { return !name.startsWith(typed, Qt::CaseInsensitive); });
  return found;
}

}  // namespace

QStringList schemeCompletions(const QString& typed, int most) {
  const qsizetype colon = typed.indexOf(u':');
  if (colon < 0) return names(typed).mid(0, most);
  const qsizetype start = std::max(colon, typed.lastIndexOf(u',')) + 1;
  const QString before = typed.left(start), part = typed.mid(start);
  const auto scheme = parsed(start == colon + 1 ? typed.left(colon) : typed.left(start - 1));
  if (!scheme) return {};
  const qsizetype equals = part.indexOf(u'=');
  QStringList found;
  for (const core::quant::SchemeOption& option : core::quant::schemeOptions()) {
    const QString key = textOfView(option.key);
    if (!option.belongsTo(*scheme) || before.contains(key + u'=')) continue;
    if (equals < 0) {
      if (key.startsWith(part)) found << before + key + u'=';
    } else if (key == part.left(equals)) {
      for (const std::string& value : core::quant::valuesOf(option, *scheme)) {
        const QString whole = before + key + u'=' + QString::fromStdString(value);
        if (whole.startsWith(typed) && parsed(whole)) found << whole;
      }
    }
  }
  return found.mid(0, most);
}

}  // namespace app
