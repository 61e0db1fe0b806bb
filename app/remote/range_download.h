#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "app/remote/http_client.h"
#include "app/remote/partial_file.h"

namespace app::remote {

/// Bytes begin…end − 1 of a file.
struct ByteRange {
  std::uint64_t begin = 0, end = 0;
};

/// How often a request is made again that failed in passing (cut, silent, busy, out of order). The count begins anew
/// whenever something arrived.
struct Patience {
  int tries = 6;
  std::chrono::milliseconds firstWait = std::chrono::seconds(1);  ///< twice as long every time
  std::chrono::seconds longestWait = std::chrono::seconds(60);    ///< a server that asks for more is left alone
  HttpTimeouts timeouts = {};
};

/// The same request until it succeeds or patience ends. @throws what the last try did, core::Cancelled
void insist(const Patience& patience, const core::JobContext& job, const std::function<bool()>& hasMoved,
            const std::function<void()>& request);

/// Writes a range of what a request names to the same place of a file. Source of ranges: RFC 9110, section 14.
/// A server that answers with the whole (200), or with a range that begins earlier, is taken at its word: what is not
/// wanted is dropped. One that answers with another range is asked for the whole.
/// @param total bytes of the whole: another length is refused before anything is written
/// @param range begin moves with what was written, so that another try goes on, also when this one throws
/// @param onBytes called with how many more were written
/// @throws RemoteError, core::Error (Io), core::Cancelled
void downloadRange(HttpClient& client, const HttpRequest& request, std::uint64_t total, ByteRange& range,
                   PartialFile& file, const Patience& patience, const std::function<void(std::uint64_t)>& onBytes,
                   const core::JobContext& job);

}  // namespace app::remote
