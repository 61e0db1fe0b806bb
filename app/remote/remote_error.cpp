#include "app/remote/remote_error.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <memory>

#include "core/io/json_tree.h"
#include "core/io/text_checks.h"

namespace app::remote {

namespace {

using core::ErrorCode;
using core::io::inQuotes;

ErrorCode codeOf(RemoteFault fault) {
  switch (fault) {
    case RemoteFault::Address:
      return ErrorCode::InvalidArgument;
    case RemoteFault::NoSuchHost:
    case RemoteFault::NotFound:
      return ErrorCode::NotFound;
    case RemoteFault::Answer:
      return ErrorCode::InvalidFile;
    default:
      return ErrorCode::Io;
  }
}

RemoteFault faultOf(int status) {
  switch (status) {
    case 401:
      return RemoteFault::Unauthorized;
    case 403:
      return RemoteFault::Forbidden;
    case 404:
    case 410:
      return RemoteFault::NotFound;
    case 429:
      return RemoteFault::TooMany;
    default:
      return status >= 500 && status < 600 ? RemoteFault::Server : RemoteFault::Status;
  }
}

/// What a server's JSON says of a failure: {"error": "…"}, {"error": {"message": "…"}}, {"errors": [{"message": …}]},
/// {"message": …}, {"detail": …}. Empty where it says nothing.
std::string messageIn(const std::string& body) {
  using core::io::JsonTree;
  core::io::JsonTreeBuilder builder(1000, "answer");
  try {
    core::io::readJson(body, builder, "answer", 8);
  } catch (const core::Error&) {
    return {};
  }
  const JsonTree tree = builder.take();
  for (const char* key : {"error", "message", "detail"}) {
    if (auto text = tree.text(key)) return *text;
  }
  if (const JsonTree* error = tree.find("error")) return error->text("message").value_or("");
  const JsonTree* const errors = tree.find("errors");
  return errors == nullptr || errors->children.empty() ? "" : errors->children[0].second.text("message").value_or("");
}

std::string reasonOf(int status) {
  switch (faultOf(status)) {
    case RemoteFault::Unauthorized:
      return "wants to know who asks: a token is missing or not the right one";
    case RemoteFault::Forbidden:
      return "does not allow this with the token that was sent, or without one";
    case RemoteFault::NotFound:
      return "has nothing there";
    case RemoteFault::TooMany:
      return "was asked too often";
    case RemoteFault::Server:
      return "has a fault of its own";
    default:
      return "did not do what was asked";
  }
}

}  // namespace

RemoteError::RemoteError(RemoteFault fault, const std::string& sentence, int status,
                         std::optional<std::chrono::seconds> retryAfter)
    : core::Error(codeOf(fault), sentence), m_fault(fault), m_status(status), m_retryAfter(retryAfter) {}

bool RemoteError::isPassing() const noexcept {
  switch (m_fault) {
    case RemoteFault::TimedOut:
    case RemoteFault::Cut:
    case RemoteFault::TooMany:
    case RemoteFault::Server:
      return true;
    default:
      return false;
  }
}

RemoteError statusError(int status, const std::string& url, const std::string& body,
                        std::optional<std::chrono::seconds> retryAfter) {
  std::string sentence = fmt::format("The server {} {} (status {})", hostOf(url), reasonOf(status), status);
  if (const std::string message = messageIn(body); !message.empty()) sentence += ": " + inQuotes(message);
  if (retryAfter) sentence += fmt::format("; it asks to wait for {} s", retryAfter->count());
  return {faultOf(status), sentence + ".", status, retryAfter};
}

std::string hostOf(const std::string& url) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parts(curl_url(), &curl_url_cleanup);
  if (!parts || curl_url_set(parts.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) return inQuotes("?");
  const auto part = [&](CURLUPart which) {
    char* text = nullptr;
    if (curl_url_get(parts.get(), which, &text, CURLU_NO_DEFAULT_PORT) != CURLUE_OK) return std::string();
    std::string copy(text);
    curl_free(text);
    return copy;
  };
  const std::string port = part(CURLUPART_PORT);
  return inQuotes(part(CURLUPART_HOST) + (port.empty() ? "" : ":" + port));
}

}  // namespace app::remote
