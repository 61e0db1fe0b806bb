#pragma once
#include <curl/curl.h>

#include <cstddef>
#include <exception>
#include <memory>
#include <string>

#include "app/remote/http_request.h"
#include "app/remote/url.h"

namespace app::remote {

/// One request to one server and its answer, as libcurl's callbacks see it: for HttpClient alone.
class Transfer {
 public:
  /// Sets the handle up for it. @param receiver must outlive it
  Transfer(CURL* handle, const HttpRequest& request, const Url& url, bool withToken, const HttpReceiver& receiver);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  /// Bytes sent and received so far, to notice that nothing happens; −1 before there is a connection.
  curl_off_t activity() const;
  /// After libcurl's last word.
  /// @throws RemoteError for a failure; what the receiver threw
  HttpHead finish(CURLcode result);
  /// Whether the answer sends on to another place, and what it says of that place.
  std::optional<std::string> redirection() const;

 private:
  static std::size_t onHeader(char* data, std::size_t size, std::size_t count, void* self) noexcept;
  static std::size_t onBody(char* data, std::size_t size, std::size_t count, void* self) noexcept;
  void header(std::string_view line);
  void begin();
  void body(std::string_view piece);
  [[noreturn]] void fail(CURLcode result) const;

  CURL* m_handle;
  const HttpReceiver& m_receiver;
  Url m_url;
  HttpTimeouts m_timeouts;
  std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> m_lines{nullptr, &curl_slist_free_all};
  std::string m_body;  ///< sent
  HttpHead m_head;
  std::size_t m_headerBytes = 0;
  bool m_hasBegun = false;
  bool m_isEnough = false;    ///< of an answer that is no success: nobody needs the rest
  std::string m_failureBody;  ///< the beginning of an answer that is no success
  std::exception_ptr m_thrown;
  char m_reason[CURL_ERROR_SIZE] = {};
};

}  // namespace app::remote
