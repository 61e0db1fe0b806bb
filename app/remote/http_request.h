#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace app::remote {

struct HttpHeader {
  std::string name, value;
};

/// How long a server may take. There is no limit on the whole: models are large.
struct HttpTimeouts {
  std::chrono::milliseconds connect = std::chrono::seconds(20);  ///< from the name to the first byte of the request
  std::chrono::milliseconds stall = std::chrono::seconds(60);    ///< without one byte sent or received
};

/// What happens when a server says that the thing is elsewhere.
enum class Redirects : std::uint8_t {
  Follow,    ///< over several hosts, but never from https to http, and a body is sent to no other host
  SameHost,  ///< only within the host; one that leaves it is the answer, with its headers
};

struct HttpRequest {
  std::string method = "GET";
  std::string url;                  ///< http:// or https://
  std::vector<HttpHeader> headers;  ///< sent to every host that redirects lead to: no secrets here
  std::string token;                ///< "Authorization: Bearer …"; sent to the host of `url` only
  std::string body;
  HttpTimeouts timeouts = {};
  Redirects redirects = Redirects::Follow;
};

/// The status line and the headers of an answer.
struct HttpHead {
  int status = 0;
  std::string url;                  ///< where the answer came from, after redirects
  std::vector<HttpHeader> headers;  ///< names in lower case
  /// The last one of that name. @param name in lower case
  std::optional<std::string_view> find(std::string_view name) const;
  /// A header that is a plain decimal number.
  std::optional<std::uint64_t> number(std::string_view name) const;
};

/// Who takes an answer as it comes. Both may throw: the transfer ends, and what they threw arrives at the caller.
struct HttpReceiver {
  std::function<void(const HttpHead&)> onHead;   ///< once, before the body; only for answers that are no failure
  std::function<void(std::string_view)> onBody;  ///< piece by piece, as the pieces arrive
};

}  // namespace app::remote
