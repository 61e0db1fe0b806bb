#include "app/remote/fetch_json.h"

#include <fmt/format.h>

namespace app::remote {

core::io::JsonTree parseJson(std::string_view text, const std::string& url, const JsonLimits& limits) {
  const std::string source = "The answer of " + hostOf(url);
  try {
    core::io::JsonTreeBuilder builder(limits.values, source);
    core::io::readJson(text, builder, source, limits.depth);
    return builder.take();
  } catch (const core::Error& error) {
    throw RemoteError(RemoteFault::Answer,
                      fmt::format("The server {} did not answer with the JSON that was expected ({}).", hostOf(url),
                                  std::string_view(error.what()).substr(0, 200)));
  }
}

core::io::JsonTree fetchJson(HttpClient& client, const HttpRequest& request, const core::JobContext& job,
                             HttpHead* head, const JsonLimits& limits) {
  return parseJson(client.text(request, limits.bytes, job, head), request.url, limits);
}

}  // namespace app::remote
