#pragma once
#include <QString>
#include <QStringList>
#include <cstdint>
#include <optional>

#include "app/selection/selection.h"

namespace app {

/// Words that title, text form, description or heading of a scheme must contain, all of them; "4 bits" is for what
/// stores weights in 4 bits.
class SchemeFilter {
 public:
  explicit SchemeFilter(const QString& words = {});
  bool isEmpty() const { return !m_bits && m_words.isEmpty(); }
  bool matches(const SchemeEntry& entry, const QString& heading) const;

 private:
  QStringList m_words;
  std::optional<std::uint32_t> m_bits;
};

}  // namespace app
