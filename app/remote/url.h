#pragma once
#include <string>
#include <string_view>

namespace app::remote {

/// A URL that can be asked: http or https, with a host. Parsed by libcurl's URL parser, as the transfer will.
class Url {
 public:
  /// @throws RemoteError (Address)
  explicit Url(const std::string& text);

  const std::string& text() const { return m_text; }
  bool isEncrypted() const { return m_scheme == "https"; }
  /// Whether a secret for one may be sent to the other: the same scheme, host and port, or https in place of http on
  /// their usual ports.
  bool isSameServer(const Url& other) const;
  /// Where a Location header of this URL's answer leads. @throws RemoteError (Address)
  Url resolve(const std::string& location) const;

 private:
  std::string m_text, m_scheme, m_host, m_port;
};

/// Text as one part of a URL's path or query: everything but letters, digits and "-._~" as %XX.
std::string percentEncoded(std::string_view text);
/// The same for a path: slashes stay.
std::string percentEncodedPath(std::string_view path);

}  // namespace app::remote
