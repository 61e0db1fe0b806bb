#include "core/text/jinja/text_search.h"

namespace core::text::jinja {

TextSearch::TextSearch(std::string_view part, Budget& budget) : m_part(part), m_budget(budget) {
  budget.make(part.size() * sizeof(std::uint32_t));
  m_borders.assign(part.size(), 0);
  std::uint32_t border = 0;
  for (std::size_t i = 1; i < part.size(); ++i) {
    while (border > 0 && part[i] != part[border]) border = m_borders[border - 1];
    if (part[i] == part[border]) ++border;
    m_borders[i] = border;
  }
}

std::size_t TextSearch::nextEnd(std::string_view text, std::size_t at, std::size_t& matched) const {
  for (; at < text.size(); ++at) {
    if (matched == 0) {  // the first byte is looked for faster than one by one
      at = text.find(m_part.front(), at);
      if (at == std::string_view::npos) return at;
    }
    while (matched > 0 && text[at] != m_part[matched]) matched = m_borders[matched - 1];
    if (text[at] == m_part[matched]) ++matched;
    if (matched == m_part.size()) return at + 1;
  }
  return std::string_view::npos;
}

std::size_t TextSearch::find(std::string_view text, std::size_t from) const {
  if (m_part.empty()) return from <= text.size() ? from : std::string_view::npos;
  std::size_t matched = 0;
  const std::size_t end = nextEnd(text, from, matched);
  return end == std::string_view::npos ? end : end - m_part.size();
}

std::vector<std::size_t> TextSearch::findAll(std::string_view text) const {
  std::vector<std::size_t> found;
  std::size_t matched = 0;
  for (std::size_t end = nextEnd(text, 0, matched); end != std::string_view::npos; end = nextEnd(text, end, matched)) {
    m_budget.make(sizeof(std::size_t));
    found.push_back(end - m_part.size());
    matched = m_borders[matched - 1];
  }
  return found;
}

}  // namespace core::text::jinja
