#pragma once
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace app::remote {

/// Server-sent events out of the pieces of an answer. Source: WHATWG HTML, 9.2.6 "Interpreting an event stream":
/// lines end in CR, LF or CRLF; an empty line ends an event; lines of "data" are joined by line breaks; comments and
/// unknown fields are passed over; an event that the end cuts off does not count.
class EventStream {
 public:
  struct Event {
    std::string name = "message";
    std::string data;
  };
  using Handler = std::function<void(const Event&)>;

  /// @param host for sentences  @param mostBytes of one event
  explicit EventStream(Handler handler, std::string host, std::size_t mostBytes = std::size_t{8} << 20);

  /// @throws RemoteError (Answer) for an event that is too long; what the handler throws
  void feed(std::string_view piece);
  /// Whether the stream stands between two events: otherwise its end was a cut.
  bool isBetweenEvents() const { return m_line.empty() && m_data.empty(); }

 private:
  void line(std::string_view text);
  void requireRoom(std::size_t more) const;

  Handler m_handler;
  std::string m_host;
  std::size_t m_mostBytes;
  std::string m_line, m_name, m_data;
  bool m_afterCr = false, m_isFirstLine = true;
};

}  // namespace app::remote
