#include "app/workspaces/layers/measured_link.h"

#include <QSettings>
#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string_view>

#include "app/text/tr.h"

namespace app {

using text::tr;

using core::evaluate::Direction;
using core::evaluate::Level;

namespace {

const QString kText = QStringLiteral("text"), kTokens = QStringLiteral("tokens"),
              kDirection = QStringLiteral("direction"), kLevel = QStringLiteral("level");
const QString kGroup = QStringLiteral("measured/");
constexpr uint kMostLinkTokens = 1U << 22U;

template <class Value>
QString wordOf(Value value) {
  const std::string_view word = core::evaluate::toString(value);
  return QString::fromUtf8(word.data(), static_cast<qsizetype>(word.size()));
}

template <class Value>
std::optional<Value> valueOf(const QString& word, std::initializer_list<Value> values) {
  for (const Value value : values)
    if (wordOf(value) == word) return value;
  return std::nullopt;
}

std::optional<Direction> directionOf(const QString& word) {
  return valueOf(word, {Direction::Swap, Direction::Restore});
}

std::optional<Level> levelOf(const QString& word) { return valueOf(word, {Level::Layer, Level::Role, Level::Tensor}); }

bool isBuiltIn(const QString& text) { return text == QLatin1String("demo") || text == QLatin1String("prose"); }

}  // namespace

QStringList measuredKeys() { return {kText, kTokens, kDirection, kLevel}; }

QString readMeasuredLink(const Link& link, MeasuredView& view) {
  MeasuredView read = view;
  if (link.has(kText)) read.question.text = link.value(kText);
  if (link.has(kText) && !isBuiltIn(read.question.text))
    return tr("A link names the text demo or prose, not \"%1\".").arg(read.question.text.left(40));
  bool isNumber = true;
  if (link.has(kTokens)) read.question.tokens = link.value(kTokens).toUInt(&isNumber);
  if (!isNumber || read.question.tokens > kMostLinkTokens)
    return tr("%1 should be a whole number up to %2.").arg(kTokens).arg(kMostLinkTokens);
  if (link.has(kDirection)) {
    const auto direction = directionOf(link.value(kDirection));
    if (!direction) return tr("The direction is swap or restore, not \"%1\".").arg(link.value(kDirection).left(40));
    read.question.direction = *direction;
  }
  if (link.has(kLevel)) {
    const auto level = levelOf(link.value(kLevel));
    if (!level) return tr("The level is layer, role or tensor, not \"%1\".").arg(link.value(kLevel).left(40));
    read.level = *level;
  }
  view = read;
  return {};
}

void writeMeasuredLink(const MeasuredView& view, Link& link) {
  if (isBuiltIn(view.question.text)) link.set(kText, view.question.text);
  link.set(kTokens, QString::number(view.question.tokens));
  link.set(kDirection, wordOf(view.question.direction));
  link.set(kLevel, wordOf(view.level));
}

void saveMeasured(const MeasuredView& view, QSettings& settings) {
  settings.setValue(kGroup + kText, view.question.text);
  settings.setValue(kGroup + kTokens, view.question.tokens);
  settings.setValue(kGroup + kDirection, wordOf(view.question.direction));
  settings.setValue(kGroup + kLevel, wordOf(view.level));
}

MeasuredView restoreMeasured(QSettings& settings, const MeasuredView& usual) {
  MeasuredView view = usual;
  view.question.text = settings.value(kGroup + kText, usual.question.text).toString();
  view.question.tokens = std::min(settings.value(kGroup + kTokens, usual.question.tokens).toUInt(), kMostLinkTokens);
  view.question.direction =
      directionOf(settings.value(kGroup + kDirection).toString()).value_or(usual.question.direction);
  view.level = levelOf(settings.value(kGroup + kLevel).toString()).value_or(usual.level);
  return view;
}

}  // namespace app
