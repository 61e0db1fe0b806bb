#pragma once
#include "app/remote/http_client.h"
#include "core/io/json_tree.h"

namespace app::remote {

/// How large JSON from a server may be.
struct JsonLimits {
  std::size_t bytes = std::size_t{16} << 20;
  std::size_t values = 1'000'000, depth = 32;
};

/// JSON that a server sent. @throws RemoteError (Answer) where it is none, or larger
core::io::JsonTree parseJson(std::string_view text, const std::string& url, const JsonLimits& limits = {});

/// Asks and reads the answer. @throws as HttpClient::send and parseJson
core::io::JsonTree fetchJson(HttpClient& client, const HttpRequest& request, const core::JobContext& job,
                             HttpHead* head = nullptr, const JsonLimits& limits = {});

}  // namespace app::remote
