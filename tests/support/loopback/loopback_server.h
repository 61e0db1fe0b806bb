#pragma once
#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace support {

struct LoopbackRequest {
  std::string method, target;                  ///< "GET", "/path?query"
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
  std::string header(const std::string& name) const;  ///< empty where it was not sent
};

struct LoopbackReply {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
  bool hasLength = true;                  ///< sends Content-Length; without it the end of the connection ends the body
  std::optional<std::size_t> cutAt = {};  ///< closes the connection after so many bytes of the body
  std::chrono::milliseconds delay{0};     ///< before anything is sent
  std::chrono::milliseconds pieceDelay{0};  ///< between pieces of `pieceBytes`
  std::size_t pieceBytes = std::size_t{1} << 16;
  /// Bytes of any kind, and how long the server rests before it sends them.
  struct Piece {
    std::string bytes;
    std::chrono::milliseconds before{0};
  };
  std::vector<Piece> raw = {};  ///< sent instead of all that, where there are some; the connection ends behind them
};

/// An HTTP/1.1 server on 127.0.0.1 that answers what a test tells it to, faults included. Every connection has a
/// thread of its own; all end with the server.
class LoopbackServer {
 public:
  using Handler = std::function<LoopbackReply(const LoopbackRequest&)>;
  enum class Security { Plain, SelfSigned };

  /// @param handler called from the threads of connections, one at a time
  explicit LoopbackServer(Handler handler, Security security = Security::Plain);
  ~LoopbackServer();
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;

  /// "http://127.0.0.1:PORT", or another name of this computer in its place.
  std::string url(const std::string& host = "127.0.0.1") const;
  unsigned short port() const { return m_port; }
  /// The certificate of a server that signed it itself, as PEM: a client that trusts it is let in.
  std::string certificate() const;
  /// What was asked so far.
  std::vector<LoopbackRequest> requests() const;
  std::size_t connections() const { return m_accepted; }

 private:
  class Connection;
  struct Tls;
  void accept();
  void serve(int socket);

  Handler m_handler;
  std::unique_ptr<Tls> m_tls;
  int m_socket = -1;
  unsigned short m_port = 0;
  std::atomic<bool> m_stops{false};
  std::atomic<std::size_t> m_accepted{0};
  mutable std::mutex m_mutex;  ///< guards what follows
  std::vector<LoopbackRequest> m_requests;
  std::vector<int> m_sockets;
  std::vector<std::thread> m_threads;
  std::mutex m_handling;
  std::thread m_acceptor;
};

/// Answers with a content, or with the part of it that a Range header asks for, as RFC 9110 has it.
LoopbackReply contentReply(const LoopbackRequest& request, const std::string& content);

}  // namespace support
