#include "loopback/loopback_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <stdexcept>

namespace support {

/// A key and a certificate for 127.0.0.1, made for this run and signed by themselves.
struct LoopbackServer::Tls {
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{EVP_RSA_gen(2048), &EVP_PKEY_free};
  std::unique_ptr<X509, decltype(&X509_free)> certificate{X509_new(), &X509_free};
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context{SSL_CTX_new(TLS_server_method()), &SSL_CTX_free};

  Tls() {
    X509* const made = certificate.get();
    X509_set_version(made, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made), 1);
    X509_gmtime_adj(X509_getm_notBefore(made), -3600);
    X509_gmtime_adj(X509_getm_notAfter(made), 3600);
    X509_set_pubkey(made, key.get());
    X509_NAME* const name = X509_get_subject_name(made);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("loopback"), -1, -1, 0);
    X509_set_issuer_name(made, name);
    X509_EXTENSION* const place = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "IP:127.0.0.1");
    X509_add_ext(made, place, -1);
    X509_EXTENSION_free(place);
    X509_sign(made, key.get(), EVP_sha256());
    SSL_CTX_use_certificate(context.get(), made);
    SSL_CTX_use_PrivateKey(context.get(), key.get());
  }
};

/// Bytes to and from one client.
class LoopbackServer::Connection {
 public:
  Connection(int socket, SSL_CTX* context) : m_socket(socket) {
    if (context == nullptr) return;
    m_ssl.reset(SSL_new(context));
    SSL_set_fd(m_ssl.get(), socket);
    m_isOpen = SSL_accept(m_ssl.get()) == 1;
  }
  bool isOpen() const { return m_isOpen; }
  /// The head of a request up to its empty line, or as many bytes as wanted; false when the client is gone.
  bool readUntil(const std::string& end) {
    while (buffer.find(end) == std::string::npos) {
      if (!readMore()) return false;
    }
    return true;
  }
  bool readBytes(std::size_t count) {
    while (buffer.size() < count) {
      if (!readMore()) return false;
    }
    return true;
  }
  bool write(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto written = m_ssl ? SSL_write(m_ssl.get(), bytes.data(), static_cast<int>(bytes.size()))
                                 : ::send(m_socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (written <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
  }
  std::string buffer;

 private:
  bool readMore() {
    char piece[16384];
    const auto got = m_ssl ? SSL_read(m_ssl.get(), piece, sizeof piece) : ::recv(m_socket, piece, sizeof piece, 0);
    if (got <= 0) return false;
    buffer.append(piece, static_cast<std::size_t>(got));
    return true;
  }

  int m_socket;
  bool m_isOpen = true;
  std::unique_ptr<SSL, decltype(&SSL_free)> m_ssl{nullptr, &SSL_free};
};

namespace {

std::string lowered(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return text;
}

LoopbackRequest parseHead(const std::string& head) {
  LoopbackRequest request;
  const std::size_t first = head.find(' '), second = head.find(' ', first + 1);
  request.method = head.substr(0, first);
  request.target = head.substr(first + 1, second - first - 1);
  for (std::size_t at = head.find("\r\n"); at != std::string::npos;) {
    const std::size_t end = head.find("\r\n", at + 2);
    const std::string line = head.substr(at + 2, end == std::string::npos ? end : end - at - 2);
    const std::size_t colon = line.find(": ");
    if (colon != std::string::npos) request.headers[lowered(line.substr(0, colon))] = line.substr(colon + 2);
    at = end;
  }
  return request;
}

std::string headOf(const LoopbackReply& reply) {
  std::string head = "HTTP/1.1 " + std::to_string(reply.status) + " Told\r\n";
  if (reply.hasLength) head += "Content-Length: " + std::to_string(reply.body.size()) + "\r\n";
  for (const auto& [name, value] : reply.headers) head += name + ": " + value + "\r\n";
  return head + "\r\n";
}

}  // namespace

std::string LoopbackRequest::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string() : found->second;
}

LoopbackServer::LoopbackServer(Handler handler, Security security) : m_handler(std::move(handler)) {
  std::signal(SIGPIPE, SIG_IGN);  // of connections that a client leaves
  if (security == Security::SelfSigned) m_tls = std::make_unique<Tls>();
  m_socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(m_socket, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(m_socket, 16) != 0 ||
      ::getsockname(m_socket, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("no loopback server");
  m_port = ntohs(address.sin_port);
  m_acceptor = std::thread([this] { accept(); });
}

LoopbackServer::~LoopbackServer() {
  m_stops = true;
  ::shutdown(m_socket, SHUT_RDWR);
  m_acceptor.join();
  ::close(m_socket);
  {
    const std::lock_guard lock(m_mutex);
    for (const int socket : m_sockets) ::shutdown(socket, SHUT_RDWR);
  }
  for (std::thread& thread : m_threads) thread.join();
  for (const int socket : m_sockets) ::close(socket);
}

std::string LoopbackServer::url(const std::string& host) const {
  return (m_tls ? "https://" : "http://") + host + ":" + std::to_string(m_port);
}

std::string LoopbackServer::certificate() const {
  const std::unique_ptr<BIO, decltype(&BIO_free)> memory(BIO_new(BIO_s_mem()), &BIO_free);
  PEM_write_bio_X509(memory.get(), m_tls->certificate.get());
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

std::vector<LoopbackRequest> LoopbackServer::requests() const {
  const std::lock_guard lock(m_mutex);
  return m_requests;
}

void LoopbackServer::accept() {
  while (!m_stops) {
    const int socket = ::accept4(m_socket, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) continue;
    const int yes = 1;  // head and body are two writes: the second must not wait for the client's word
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    ++m_accepted;
    const std::lock_guard lock(m_mutex);
    m_sockets.push_back(socket);
    m_threads.emplace_back([this, socket] { serve(socket); });
  }
}

void LoopbackServer::serve(int socket) {
  Connection connection(socket, m_tls ? m_tls->context.get() : nullptr);
  while (connection.isOpen() && !m_stops && connection.readUntil("\r\n\r\n")) {
    const std::size_t end = connection.buffer.find("\r\n\r\n");
    LoopbackRequest request = parseHead(connection.buffer.substr(0, end));
    connection.buffer.erase(0, end + 4);
    const auto length = static_cast<std::size_t>(std::atoll(request.header("content-length").c_str()));
    if (!connection.readBytes(length)) break;
    request.body = connection.buffer.substr(0, length);
    connection.buffer.erase(0, length);
    LoopbackReply reply;
    {
      const std::lock_guard handling(m_handling);
      {
        const std::lock_guard lock(m_mutex);
        m_requests.push_back(request);
      }
      reply = m_handler(request);
    }
    const auto sleep = [this](std::chrono::milliseconds time) {
      for (auto left = time; left.count() > 0 && !m_stops; left -= std::chrono::milliseconds(5))
        std::this_thread::sleep_for(std::min(left, std::chrono::milliseconds(5)));
    };
    sleep(reply.delay);
    if (!reply.raw.empty()) {
      for (const LoopbackReply::Piece& piece : reply.raw) {
        sleep(piece.before);
        if (m_stops || !connection.write(piece.bytes)) break;
      }
      break;
    }
    if (!connection.write(headOf(reply))) break;
    std::string_view body = reply.body;
    if (request.method == "HEAD") body = {};
    if (reply.cutAt) body = body.substr(0, *reply.cutAt);
    bool isSent = true;
    while (!body.empty() && isSent && !m_stops) {
      isSent = connection.write(body.substr(0, reply.pieceBytes));
      body.remove_prefix(std::min(body.size(), reply.pieceBytes));
      sleep(reply.pieceDelay);
    }
    if (!isSent || reply.cutAt || !reply.hasLength) break;
  }
  ::shutdown(socket, SHUT_RDWR);
}

LoopbackReply contentReply(const LoopbackRequest& request, const std::string& content) {
  LoopbackReply reply;
  reply.headers = {{"Accept-Ranges", "bytes"}};
  const std::string range = request.header("range");
  unsigned long long first = 0, last = 0;
  if (std::sscanf(range.c_str(), "bytes=%llu-%llu", &first, &last) != 2) {
    reply.body = content;
    return reply;
  }
  if (first >= content.size()) {
    reply.status = 416;
    reply.headers.push_back({"Content-Range", "bytes */" + std::to_string(content.size())});
    return reply;
  }
  last = std::min<unsigned long long>(last, content.size() - 1);
  reply.status = 206;
  reply.body = content.substr(first, last - first + 1);
  reply.headers.push_back({"Content-Range", "bytes " + std::to_string(first) + "-" + std::to_string(last) + "/" +
                                                std::to_string(content.size())});
  return reply;
}

}  // namespace support
