#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace support {

/// An HTTP server of a test's own on 127.0.0.1, with every fault that a test wants: for each request it writes what the
/// test's function says, raw, and closes the connection. One connection at a time.
class LoopbackServer {
 public:
  struct Request {
    std::string head;  ///< request line and headers
    std::string body;
  };
  /// What is written, piece by piece, with a rest before each; an empty list closes at once.
  struct Piece {
    std::string bytes;
    std::chrono::milliseconds before{0};
  };
  using Handler = std::function<std::vector<Piece>(const Request&)>;

  explicit LoopbackServer(Handler handler) : m_handler(std::move(handler)) {
    m_listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    if (::bind(m_listener, any, size) != 0 || ::listen(m_listener, 8) != 0 ||
        ::getsockname(m_listener, any, &size) != 0)
      return;
    m_port = ntohs(address.sin_port);
    m_thread = std::thread([this] { serve(); });
  }
  ~LoopbackServer() {
    m_ends = true;
    ::shutdown(m_listener, SHUT_RDWR);
    if (m_thread.joinable()) m_thread.join();
    ::close(m_listener);
  }
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;

  /// "http://127.0.0.1:PORT"
  std::string url() const { return "http://127.0.0.1:" + std::to_string(m_port); }
  std::vector<Request> requests() const {
    const std::lock_guard lock(m_mutex);
    return m_requests;
  }

  /// A whole answer.
  static std::vector<Piece> answer(const std::string& status, const std::string& body,
                                   const std::string& type = "application/json", const std::string& headers = {}) {
    return {{"HTTP/1.1 " + status + "\r\nContent-Type: " + type + "\r\nContent-Length: " + std::to_string(body.size()) +
                 "\r\nConnection: close\r\n" + headers + "\r\n" + body,
             {}}};
  }
  /// A stream of events, each in a piece of its own. @param before the rest before each
  static std::vector<Piece> events(const std::vector<std::string>& data, std::chrono::milliseconds before = {}) {
    std::vector<Piece> pieces{{"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n", {}}};
    for (const std::string& one : data) pieces.push_back({"data: " + one + "\n\n", before});
    return pieces;
  }

 private:
  void serve() {
    while (!m_ends) {
      const int client = ::accept4(m_listener, nullptr, nullptr, SOCK_CLOEXEC);
      if (client < 0) continue;
      Request request = receive(client);
      {
        const std::lock_guard lock(m_mutex);
        m_requests.push_back(request);
      }
      for (const Piece& piece : m_handler(request)) {
        for (auto rest = piece.before; rest.count() > 0 && !m_ends; rest -= std::chrono::milliseconds(5))
          std::this_thread::sleep_for(std::chrono::milliseconds(5));
        if (m_ends || ::send(client, piece.bytes.data(), piece.bytes.size(), MSG_NOSIGNAL) < 0) break;
      }
      ::shutdown(client, SHUT_WR);
      ::close(client);
    }
  }
  static Request receive(int client) {
    std::string text;
    std::size_t head = std::string::npos, wanted = 0;
    char buffer[4096];
    while (head == std::string::npos || text.size() < head + 4 + wanted) {
      const ssize_t got = ::recv(client, buffer, sizeof buffer, 0);
      if (got <= 0) break;
      text.append(buffer, static_cast<std::size_t>(got));
      if (head != std::string::npos) continue;
      head = text.find("\r\n\r\n");
      const std::size_t length = text.find("Content-Length: ");
      if (head != std::string::npos && length < head) wanted = std::stoul(text.substr(length + 16));
    }
    if (head == std::string::npos) return {text, {}};
    return {text.substr(0, head), text.substr(head + 4)};
  }

  Handler m_handler;
  int m_listener = -1;
  std::uint16_t m_port = 0;
  std::atomic<bool> m_ends{false};
  std::thread m_thread;
  mutable std::mutex m_mutex;
  std::vector<Request> m_requests;
};

}  // namespace support
