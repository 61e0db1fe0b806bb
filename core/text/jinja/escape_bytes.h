#pragma once
#include <array>
#include <cstdio>
#include <string_view>

#include "core/text/jinja/builders.h"

namespace core::text::jinja {

/// Appends a text, some bytes of it written another way. @param escape gives that way, or an empty text for the byte
template <typename Escape>
void appendEscaped(Text& out, std::string_view text, const Escape& escape) {
  std::size_t from = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::string_view written = escape(text[at]);
    if (written.empty()) continue;
    out += text.substr(from, at - from);
    out += written;
    from = at + 1;
  }
  out += text.substr(from);
}

/// "\x1b", "\u001b": written into a buffer that lives as long as this object.
class HexEscape {
 public:
  std::string_view write(const char* format, char c) {
    const int length = std::snprintf(m_buffer.data(), m_buffer.size(), format, static_cast<unsigned char>(c));
    return {m_buffer.data(), static_cast<std::size_t>(length)};
  }

 private:
  std::array<char, 16> m_buffer{};
};

inline bool isControl(char c) { return static_cast<unsigned char>(c) < 0x20; }

}  // namespace core::text::jinja
