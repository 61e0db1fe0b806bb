#include "app/shell/palette_model.h"

#include <algorithm>

namespace app {
namespace {
constexpr std::size_t kMostShown = 100;
}

void PaletteModel::setItems(std::vector<PaletteItem> items) {
  m_items = std::move(items);
  setFilter({});
}

void PaletteModel::setFilter(const QString& letters) {
  beginResetModel();
  std::vector<std::pair<int, std::size_t>> scored;
  for (std::size_t i = 0; i < m_items.size(); ++i) {
    const int score = matchScore(letters, m_items[i].text);
    if (score >= 0) scored.emplace_back(score, i);
  }
  std::stable_sort(scored.begin(), scored.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  m_shown.clear();
  for (std::size_t i = 0; i < std::min(scored.size(), kMostShown); ++i) m_shown.push_back(scored[i].second);
  endResetModel();
}

int PaletteModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(m_shown.size());
}

QVariant PaletteModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid()) return {};
  const PaletteItem& entry = item(index.row());
  switch (role) {
    case Qt::DisplayRole:
      return entry.text;
    case DetailRole:
      return entry.detail;
    case IconRole:
      return entry.iconName;
    default:
      return {};
  }
}

int matchScore(const QString& letters, const QString& text) {
  if (letters.isEmpty()) return 0;
  int score = 0;
  qsizetype at = -1;
  for (const QChar letter : letters) {
    if (letter.isSpace()) continue;
    const qsizetype next = text.indexOf(letter, at + 1, Qt::CaseInsensitive);
    if (next < 0) return -1;
    const bool startsWord = next == 0 || !text[next - 1].isLetterOrNumber();
    score += next == at + 1 ? 12 : startsWord ? 8 : 1;
    at = next;
  }
  if (text.contains(letters, Qt::CaseInsensitive)) score += 40;
  return score * 64 + std::max(0, 63 - static_cast<int>(text.size()));
}

}  // namespace app
