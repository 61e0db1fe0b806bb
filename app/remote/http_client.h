#pragma once
#include <memory>
#include <string>

#include "app/remote/http_request.h"
#include "app/remote/remote_error.h"
#include "core/base/job_context.h"

namespace app::remote {

/// The one door to other computers, over libcurl. Nothing is asked unless somebody calls it. Connections are kept for
/// the next request. One thread at a time.
/// Certificates are verified, with the system's authorities or those of $SSL_CERT_FILE; proxies are those of the
/// environment (http_proxy, https_proxy, all_proxy, no_proxy), as libcurl reads it.
class HttpClient {
 public:
  HttpClient();
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// Sends the request and hands the answer to the receiver as it comes (so a stream of events is read while the server
  /// writes it). Returns when it is complete.
  /// @return the head of the answer: 2xx, or 3xx where redirects are not followed
  /// @throws RemoteError for every other answer and whatever goes wrong on the way; core::Cancelled when the job is
  /// (noticed within a tenth of a second); whatever the receiver throws
  HttpHead send(const HttpRequest& request, const HttpReceiver& receiver, const core::JobContext& job);

  /// The whole body as text. @throws RemoteError (Answer) when it is longer than `mostBytes`
  std::string text(const HttpRequest& request, std::size_t mostBytes, const core::JobContext& job,
                   HttpHead* head = nullptr);

 private:
  struct Handles;
  std::unique_ptr<Handles> m_handles;
};

}  // namespace app::remote
