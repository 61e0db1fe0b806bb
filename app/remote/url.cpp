#include "app/remote/url.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "app/remote/remote_error.h"
#include "core/io/text_checks.h"

namespace app::remote {

namespace {

constexpr std::size_t kLongestUrl = 16 << 10;  // signed addresses of stores are long

using Parts = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

Parts makeParts() {
  Parts parts(curl_url(), &curl_url_cleanup);
  if (!parts) throw std::bad_alloc();
  return parts;
}

std::string partOf(const Parts& parts, CURLUPart which) {
  char* text = nullptr;
  if (curl_url_get(parts.get(), which, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) return {};
  const std::unique_ptr<char, decltype(&curl_free)> owner(text, &curl_free);
  return text;
}

std::string encoded(std::string_view text, std::string_view kept) {
  constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string result;
  for (const char c : text) {
    if (kPlain.find(c) != std::string_view::npos || kept.find(c) != std::string_view::npos)
      result += c;
    else
      result += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return result;
}

}  // namespace

Url::Url(const std::string& text) : m_text(text) {
  const Parts parts = makeParts();
  const bool isUrl = text.size() <= kLongestUrl && text.find('\0') == std::string::npos &&
                     curl_url_set(parts.get(), CURLUPART_URL, text.c_str(), 0) == CURLUE_OK;
  if (isUrl) {
    m_scheme = partOf(parts, CURLUPART_SCHEME);
    m_host = partOf(parts, CURLUPART_HOST);
    m_port = partOf(parts, CURLUPART_PORT);
    std::ranges::transform(m_host, m_host.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  }
  if (!isUrl || m_host.empty() || (m_scheme != "http" && m_scheme != "https"))
    throw RemoteError(RemoteFault::Address, core::io::inQuotes(text) +
                                                " is no address of a server; expected http:// or https:// and a host.");
}

bool Url::isSameServer(const Url& other) const {
  if (m_host != other.m_host) return false;
  if (m_scheme == other.m_scheme) return m_port == other.m_port;
  return !isEncrypted() && m_port == "80" && other.isEncrypted() && other.m_port == "443";
}

Url Url::resolve(const std::string& location) const {
  const Parts parts = makeParts();
  const bool isUrl = location.size() <= kLongestUrl &&
                     curl_url_set(parts.get(), CURLUPART_URL, m_text.c_str(), 0) == CURLUE_OK &&
                     curl_url_set(parts.get(), CURLUPART_URL, location.c_str(), CURLU_URLENCODE) == CURLUE_OK;
  if (!isUrl)
    throw RemoteError(RemoteFault::Address, fmt::format("The server {} sends on to {}, which is no address.",
                                                        hostOf(m_text), core::io::inQuotes(location)));
  char* text = nullptr;
  if (curl_url_get(parts.get(), CURLUPART_URL, &text, 0) != CURLUE_OK) throw std::bad_alloc();
  const std::unique_ptr<char, decltype(&curl_free)> owner(text, &curl_free);
  return Url(text);
}

std::string percentEncoded(std::string_view text) { return encoded(text, ""); }
std::string percentEncodedPath(std::string_view path) { return encoded(path, "/"); }

}  // namespace app::remote
