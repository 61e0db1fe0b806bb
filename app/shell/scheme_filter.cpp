#include "app/shell/scheme_filter.h"

#include <QRegularExpression>
#include <algorithm>

#include "core/quant/format.h"

namespace app {

namespace {

/// Whether a text holds a word; a number, as a whole: 4 is in INT4 and not in 65504.
bool holds(const QString& text, const QString& word) {
  const bool isNumber = std::all_of(word.begin(), word.end(), [](QChar c) { return c.isDigit(); });
  for (qsizetype at = text.indexOf(word, 0, Qt::CaseInsensitive); at >= 0;
       at = text.indexOf(word, at + 1, Qt::CaseInsensitive)) {
    const auto isDigit = [&](qsizetype i) { return i >= 0 && i < text.size() && text[i].isDigit(); };
    if (!isNumber || (!isDigit(at - 1) && !isDigit(at + word.size()))) return true;
  }
  return false;
}

/// Whether weights are stored in codes of so many bits; of a file type's mixture, whether most are.
bool storesIn(std::uint32_t bits, const core::model::Recipe& recipe) {
  const auto isWide = [bits](const core::quant::Scheme& scheme) {
    return core::quant::codeBits(scheme.format.name) == bits;
  };
  if (const auto* scheme = std::get_if<core::quant::Scheme>(&recipe.base); scheme && isWide(*scheme)) return true;
  if (const auto* type = std::get_if<core::model::FileType>(&recipe.base))
    if (const auto usual = core::quant::formatOf(core::model::info(*type).usual))
      if (core::quant::codeBits(*usual) == bits) return true;
  return std::any_of(recipe.rules.begin(), recipe.rules.end(),
                     [&](const core::model::RecipeRule& rule) { return rule.scheme && isWide(*rule.scheme); });
}

}  // namespace

SchemeFilter::SchemeFilter(const QString& words) {
  static const QRegularExpression width(QStringLiteral("\\b(\\d+)[ -]?bits?\\b"),
                                        QRegularExpression::CaseInsensitiveOption);
  const auto found = width.match(words);
  if (found.hasMatch()) m_bits = found.captured(1).toUInt();
  m_words = QString(words).remove(width).split(u' ', Qt::SkipEmptyParts);
}

bool SchemeFilter::matches(const SchemeEntry& entry, const QString& heading) const {
  if (m_bits && !storesIn(*m_bits, entry.recipe)) return false;
  const QStringList texts{entry.title, QString::fromStdString(entry.recipe.toString()), entry.description, heading};
  const QString text = texts.join(u'\n');
  return std::all_of(m_words.begin(), m_words.end(), [&](const QString& word) { return holds(text, word); });
}

}  // namespace app
