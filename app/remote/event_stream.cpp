#include "app/remote/event_stream.h"

#include <fmt/format.h>

#include <utility>

#include "app/remote/remote_error.h"

namespace app::remote {

EventStream::EventStream(Handler handler, std::string host, std::size_t mostBytes)
    : m_handler(std::move(handler)), m_host(std::move(host)), m_mostBytes(mostBytes) {}

void EventStream::requireRoom(std::size_t more) const {
  if (m_line.size() + m_data.size() + more > m_mostBytes)
    throw RemoteError(RemoteFault::Answer,
                      fmt::format("The server {} sent an event of more than {} bytes.", m_host, m_mostBytes));
}

void EventStream::feed(std::string_view piece) {
  while (!piece.empty()) {
    if (std::exchange(m_afterCr, false) && piece.front() == '\n') {
      piece.remove_prefix(1);
      continue;
    }
    const std::size_t end = piece.find_first_of("\r\n");
    const std::string_view part = piece.substr(0, end);
    requireRoom(part.size());
    m_line += part;
    if (end == std::string_view::npos) return;
    m_afterCr = piece[end] == '\r';
    piece.remove_prefix(end + 1);
    line(std::exchange(m_line, {}));
  }
}

void EventStream::line(std::string_view text) {
  if (std::exchange(m_isFirstLine, false) && text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (text.empty()) {
    Event event{m_name.empty() ? "message" : std::exchange(m_name, {}), std::exchange(m_data, {})};
    m_name.clear();
    if (event.data.empty()) return;
    event.data.pop_back();  // the last line break
    m_handler(event);
    return;
  }
  const std::size_t colon = text.find(':');
  const std::string_view field = text.substr(0, colon);
  std::string_view value = colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (field == "data") {
    requireRoom(value.size() + 1);
    m_data += value;
    m_data += '\n';
  } else if (field == "event") {
    m_name = value;
  }
}

}  // namespace app::remote
