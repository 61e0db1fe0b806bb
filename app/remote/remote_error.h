#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "core/base/error.h"

namespace app::remote {

/// How a request to another computer failed.
enum class RemoteFault : std::uint8_t {
  Address,     ///< the URL is none that can be asked
  NoSuchHost,  ///< the name stands for no computer
  Refused,     ///< nobody listens, or no way there
  TimedOut,
  Certificate,   ///< the server could not prove who it is
  Cut,           ///< the connection ended too early
  Redirect,      ///< too many, or to where one must not go
  Unauthorized,  ///< 401: a token is missing or wrong
  Forbidden,     ///< 403
  NotFound,      ///< 404, 410
  TooMany,       ///< 429: asked too often
  Server,        ///< 5xx
  Status,        ///< another status that is no success
  Answer,        ///< not what was asked for: no JSON, too long, no HTTP
};

/// A request that failed. `what()` is one sentence for a person.
class RemoteError : public core::Error {
 public:
  RemoteError(RemoteFault fault, const std::string& sentence, int status = 0,
              std::optional<std::chrono::seconds> retryAfter = {});

  RemoteFault fault() const noexcept { return m_fault; }
  int status() const noexcept { return m_status; }  ///< of HTTP; 0 where there was no answer
  /// How long the server asks to be left alone.
  std::optional<std::chrono::seconds> retryAfter() const noexcept { return m_retryAfter; }
  /// Whether the same request may succeed a little later.
  bool isPassing() const noexcept;

 private:
  RemoteFault m_fault;
  int m_status;
  std::optional<std::chrono::seconds> m_retryAfter;
};

/// The sentence for an answer that is no success.
/// @param url asked  @param body its beginning: what the server says of the failure is quoted
RemoteError statusError(int status, const std::string& url, const std::string& body,
                        std::optional<std::chrono::seconds> retryAfter);

/// The host of a URL (with its port, where it is an unusual one) for a sentence: never names and passwords in it.
std::string hostOf(const std::string& url);

}  // namespace app::remote
