#include "app/remote/transfer.h"

#include <fmt/format.h>

#include <cstdlib>
#include <new>
#include <system_error>
#include <utility>

#include "app/remote/remote_error.h"
#include "core/io/text_checks.h"

namespace app::remote {

namespace {

constexpr std::size_t kMostHeaderBytes = 256 << 10;
constexpr std::size_t kMostFailureBytes = 64 << 10;

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

bool isRedirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

void appendLine(std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>& lines, const std::string& line) {
  if (line.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
    throw RemoteError(RemoteFault::Address, "A header of a request or a token has a line break in it.");
  curl_slist* const longer = curl_slist_append(lines.get(), line.c_str());
  if (longer == nullptr) throw std::bad_alloc();
  (void)lines.release();
  lines.reset(longer);
}

}  // namespace

Transfer::Transfer(CURL* handle, const HttpRequest& request, const Url& url, bool withToken,
                   const HttpReceiver& receiver)
    : m_handle(handle), m_receiver(receiver), m_url(url), m_timeouts(request.timeouts), m_body(request.body) {
  for (const HttpHeader& header : request.headers) appendLine(m_lines, header.name + ": " + header.value);
  if (withToken && !request.token.empty()) appendLine(m_lines, "Authorization: Bearer " + request.token);
  if (!m_body.empty()) appendLine(m_lines, "Expect:");  // libcurl would wait a second for a word of permission
  m_head.url = url.text();
  curl_easy_reset(handle);
  curl_easy_setopt(handle, CURLOPT_URL, m_url.text().c_str());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_QUICK_EXIT, 1L);  // a name server that does not answer cannot hold up a cancel
  curl_easy_setopt(handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, m_reason);
  curl_easy_setopt(handle, CURLOPT_USERAGENT, "quantscope/" QS_VERSION);
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(m_timeouts.connect.count()));
  if (const char* const authorities = std::getenv("SSL_CERT_FILE"))  // NOLINT(concurrency-mt-unsafe): nobody sets it
    curl_easy_setopt(handle, CURLOPT_CAINFO, authorities);
  if (request.method == "HEAD") {
    curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
  } else if (request.method == "GET") {
    curl_easy_setopt(handle, CURLOPT_HTTPGET, 1L);
  } else {
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(m_body.size()));
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, m_body.data());
    curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, m_lines.get());
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, &Transfer::onHeader);
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &Transfer::onBody);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, this);
}

Transfer::~Transfer() { curl_easy_reset(m_handle); }  // it knows this object's addresses

curl_off_t Transfer::activity() const {
  curl_off_t ready = 0, sent = 0, received = 0;
  curl_easy_getinfo(m_handle, CURLINFO_PRETRANSFER_TIME_T, &ready);
  if (ready == 0) return -1;
  curl_easy_getinfo(m_handle, CURLINFO_SIZE_UPLOAD_T, &sent);
  curl_easy_getinfo(m_handle, CURLINFO_SIZE_DOWNLOAD_T, &received);
  return sent + received + static_cast<curl_off_t>(m_headerBytes);
}

std::size_t Transfer::onHeader(char* data, std::size_t size, std::size_t count, void* self) noexcept {
  auto& transfer = *static_cast<Transfer*>(self);
  try {
    transfer.header({data, size * count});
    return size * count;
  } catch (...) {
    transfer.m_thrown = std::current_exception();
    return 0;
  }
}

std::size_t Transfer::onBody(char* data, std::size_t size, std::size_t count, void* self) noexcept {
  auto& transfer = *static_cast<Transfer*>(self);
  try {
    transfer.body({data, size * count});
    return transfer.m_isEnough ? 0 : size * count;
  } catch (...) {
    transfer.m_thrown = std::current_exception();
    return 0;
  }
}

void Transfer::header(std::string_view line) {
  m_headerBytes += line.size();
  if (m_headerBytes > kMostHeaderBytes)
    throw RemoteError(RemoteFault::Answer, fmt::format("The server {} answers with more than {} KiB of headers.",
                                                       hostOf(m_url.text()), kMostHeaderBytes >> 10));
  if (line.starts_with("HTTP/")) {  // an interim answer (100, 103) comes before the one that counts
    long status = 0;
    curl_easy_getinfo(m_handle, CURLINFO_RESPONSE_CODE, &status);
    m_head.status = static_cast<int>(status);
    m_head.headers.clear();
    return;
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return;
  std::string name(trimmed(line.substr(0, colon)));
  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  m_head.headers.push_back({std::move(name), std::string(trimmed(line.substr(colon + 1)))});
}

void Transfer::begin() {
  if (std::exchange(m_hasBegun, true)) return;
  long status = 0;
  curl_easy_getinfo(m_handle, CURLINFO_RESPONSE_CODE, &status);
  m_head.status = static_cast<int>(status);
  if (m_head.status / 100 == 2 && m_receiver.onHead) m_receiver.onHead(m_head);
}

void Transfer::body(std::string_view piece) {
  begin();
  if (m_head.status / 100 == 2) {
    if (m_receiver.onBody) m_receiver.onBody(piece);
    return;
  }
  m_failureBody += piece.substr(0, kMostFailureBytes - m_failureBody.size());
  m_isEnough = m_failureBody.size() == kMostFailureBytes;
}

std::optional<std::string> Transfer::redirection() const {
  const auto location = m_head.find("location");
  return isRedirect(m_head.status) && location ? std::optional<std::string>(*location) : std::nullopt;
}

HttpHead Transfer::finish(CURLcode result) {
  if (m_thrown) std::rethrow_exception(m_thrown);
  if (result != CURLE_OK && !m_isEnough) fail(result);
  begin();
  if (m_head.status / 100 != 2 && !redirection()) {
    curl_off_t wait = 0;
    curl_easy_getinfo(m_handle, CURLINFO_RETRY_AFTER, &wait);
    throw statusError(m_head.status, m_url.text(), m_failureBody,
                      wait > 0 ? std::optional(std::chrono::seconds(wait)) : std::nullopt);
  }
  return m_head;
}

void Transfer::fail(CURLcode result) const {
  const std::string host = hostOf(m_url.text());
  const std::string reason =
      core::io::inQuotes(m_reason[0] != '\0' ? std::string_view(m_reason) : curl_easy_strerror(result));
  switch (result) {
    case CURLE_OUT_OF_MEMORY:
      throw std::bad_alloc();
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      throw RemoteError(RemoteFault::Address, fmt::format("The server {} cannot be asked: {}.", host, reason));
    case CURLE_COULDNT_RESOLVE_HOST:
      throw RemoteError(
          RemoteFault::NoSuchHost,
          fmt::format("No computer called {} was found; is the name right, and is there a network?", host));
    case CURLE_COULDNT_RESOLVE_PROXY:
      throw RemoteError(RemoteFault::NoSuchHost,
                        "The proxy that the environment names (https_proxy, http_proxy, all_proxy) was not found.");
    case CURLE_COULDNT_CONNECT: {
      long number = 0;
      curl_easy_getinfo(m_handle, CURLINFO_OS_ERRNO, &number);
      const std::string system =
          number == 0 ? "" : " (" + std::generic_category().message(static_cast<int>(number)) + ")";
      throw RemoteError(
          RemoteFault::Refused,
          fmt::format("The server {} takes no connection{}; does it run, and is it that one?", host, system));
    }
    case CURLE_OPERATION_TIMEDOUT:
      throw RemoteError(RemoteFault::TimedOut, fmt::format("The server {} did not answer within {:g} s.", host,
                                                           std::chrono::duration<double>(m_timeouts.connect).count()));
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
      throw RemoteError(
          RemoteFault::Certificate,
          fmt::format("The server {} could not prove who it is, and was told nothing: {}.", host, reason));
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CIPHER:
      throw RemoteError(RemoteFault::Certificate,
                        fmt::format("No encrypted connection to the server {} came about: {}.", host, reason));
    case CURLE_WEIRD_SERVER_REPLY:
      throw RemoteError(RemoteFault::Answer, fmt::format("The server {} does not answer in HTTP.", host));
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_HTTP3:
      throw RemoteError(RemoteFault::Cut,
                        fmt::format("The connection to the server {} was cut before the answer was complete.", host));
    default:
      throw RemoteError(RemoteFault::Answer, fmt::format("The request to the server {} failed: {}.", host, reason));
  }
}

}  // namespace app::remote
