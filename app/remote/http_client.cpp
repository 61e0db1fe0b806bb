#include "app/remote/http_client.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <mutex>
#include <new>

#include "app/remote/transfer.h"
#include "app/remote/url.h"

namespace app::remote {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kMostRedirects = 10;
constexpr int kPatience = 50;  ///< milliseconds between two looks at the job

void initializeOnce() {
  static const CURLcode result = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (result != CURLE_OK) throw std::bad_alloc();
}

void require(CURLMcode code) {
  if (code == CURLM_OUT_OF_MEMORY) throw std::bad_alloc();
  if (code != CURLM_OK)
    throw RemoteError(RemoteFault::Answer, fmt::format("The network library failed: {}.", curl_multi_strerror(code)));
}

/// A handle is part of the group that drives it for as long as this lives.
class Driven {
 public:
  Driven(CURLM* group, CURL* handle) : m_group(group), m_handle(handle) {
    require(curl_multi_add_handle(group, handle));
  }
  ~Driven() { curl_multi_remove_handle(m_group, m_handle); }
  Driven(const Driven&) = delete;
  Driven& operator=(const Driven&) = delete;

  CURLcode run(const Transfer& transfer, const HttpTimeouts& timeouts, const std::string& url,
               const core::JobContext& job) {
    curl_off_t lastActivity = -1;
    Clock::time_point lastTime = Clock::now();
    for (int running = 1; running > 0;) {
      require(curl_multi_perform(m_group, &running));
      if (running == 0) break;
      job.throwIfCancelled();
      const curl_off_t activity = transfer.activity();
      if (activity < 0 || activity != lastActivity) {
        lastActivity = activity;
        lastTime = Clock::now();
      } else if (Clock::now() - lastTime > timeouts.stall) {
        throw RemoteError(RemoteFault::TimedOut, fmt::format("The server {} sent nothing for {:g} s.", hostOf(url),
                                                             std::chrono::duration<double>(timeouts.stall).count()));
      }
      require(curl_multi_poll(m_group, nullptr, 0, kPatience, nullptr));
    }
    return result();
  }

 private:
  CURLcode result() const {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(m_group, &left)) {
      if (message->msg == CURLMSG_DONE && message->easy_handle == m_handle) return message->data.result;
    }
    return CURLE_RECV_ERROR;
  }

  CURLM* m_group;
  CURL* m_handle;
};

/// What is asked of the place a redirect leads to. Source: RFC 9110, 15.4: a POST becomes a GET after 301, 302, 303.
HttpRequest redirected(HttpRequest request, int status, const Url& from, const Url& to) {
  if (from.isEncrypted() && !to.isEncrypted())
    throw RemoteError(RemoteFault::Redirect, fmt::format("The server {} sends on to {} without encryption.",
                                                         hostOf(from.text()), hostOf(to.text())));
  const bool isRead = request.method == "GET" || request.method == "HEAD";
  if (!isRead && status != 307 && status != 308) {
    request.method = "GET";
    request.body.clear();
  } else if (!isRead && !from.isSameServer(to)) {
    throw RemoteError(RemoteFault::Redirect,
                      fmt::format("The server {} wants what was sent to it to be sent to {}; ask that one yourself.",
                                  hostOf(from.text()), hostOf(to.text())));
  }
  return request;
}

}  // namespace

struct HttpClient::Handles {
  std::unique_ptr<CURLM, decltype(&curl_multi_cleanup)> group{nullptr, &curl_multi_cleanup};
  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> handle{nullptr, &curl_easy_cleanup};
};

HttpClient::HttpClient() : m_handles(std::make_unique<Handles>()) {
  initializeOnce();
  m_handles->group.reset(curl_multi_init());
  m_handles->handle.reset(curl_easy_init());
  if (!m_handles->group || !m_handles->handle) throw std::bad_alloc();
}

HttpClient::~HttpClient() = default;

HttpHead HttpClient::send(const HttpRequest& request, const HttpReceiver& receiver, const core::JobContext& job) {
  const Url first(request.url);
  Url url = first;
  HttpRequest asked = request;
  bool isOwnServer = true;  // a token that left its server does not come back: others would choose what it opens
  for (int redirects = 0; redirects <= kMostRedirects; ++redirects) {
    job.throwIfCancelled();
    Transfer transfer(m_handles->handle.get(), asked, url, isOwnServer, receiver);
    HttpHead head;
    {
      Driven driven(m_handles->group.get(), m_handles->handle.get());
      const CURLcode result = driven.run(transfer, asked.timeouts, url.text(), job);
      head = transfer.finish(result);
    }
    const auto location = transfer.redirection();
    if (!location) return head;
    const Url next = url.resolve(*location);
    if (request.redirects == Redirects::SameHost && !url.isSameServer(next)) return head;
    asked = redirected(std::move(asked), head.status, url, next);
    isOwnServer = isOwnServer && first.isSameServer(next);
    url = next;
  }
  throw RemoteError(RemoteFault::Redirect,
                    fmt::format("The server {} sends on more than {} times.", hostOf(request.url), kMostRedirects));
}

std::string HttpClient::text(const HttpRequest& request, std::size_t mostBytes, const core::JobContext& job,
                             HttpHead* head) {
  std::string body;
  const HttpReceiver receiver{{}, [&](std::string_view piece) {
                                if (piece.size() > mostBytes - body.size())
                                  throw RemoteError(RemoteFault::Answer,
                                                    fmt::format("The server {} answers with more than {} bytes.",
                                                                hostOf(request.url), mostBytes));
                                body += piece;
                              }};
  HttpHead answer = send(request, receiver, job);
  if (head != nullptr) *head = std::move(answer);
  return body;
}

}  // namespace app::remote
