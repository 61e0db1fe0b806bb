#include "app/remote/range_download.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <thread>
#include <utility>

namespace app::remote {

namespace {

/// Everything that was wanted is there; the rest of an answer is not.
struct Enough {};

/// Thrown for an answer with another range than the one that was asked for.
struct OtherRange {};

void waitFor(std::chrono::milliseconds time, const core::JobContext& job) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) {
    job.throwIfCancelled();
    std::this_thread::sleep_for(std::min<std::chrono::milliseconds>(time, std::chrono::milliseconds(50)));
  }
}

std::optional<std::uint64_t> number(std::string_view& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

bool take(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

/// Where the bytes of a 206 begin: "bytes FIRST-LAST/TOTAL", with "*" for a total that is not known.
std::optional<std::uint64_t> beginOf(const HttpHead& head, std::uint64_t total) {
  std::string_view text = head.find("content-range").value_or("");
  if (!take(text, "bytes ")) return std::nullopt;
  const auto first = number(text);
  if (!first || !take(text, "-")) return std::nullopt;
  const auto last = number(text);
  if (!last || *last < *first || *last >= total || !take(text, "/")) return std::nullopt;
  if (take(text, "*")) return text.empty() ? first : std::nullopt;
  const auto whole = number(text);
  return whole == total && text.empty() ? first : std::nullopt;
}

/// One answer on its way into the file.
class Arrival {
 public:
  Arrival(std::uint64_t total, ByteRange& range, PartialFile& file, const std::function<void(std::uint64_t)>& onBytes,
          const std::string& url)
      : m_total(total), m_range(range), m_file(file), m_onBytes(onBytes), m_url(url) {}

  void begin(const HttpHead& head) {
    if (head.status == 206) {
      const auto first = beginOf(head, m_total);
      if (!first || *first > m_range.begin) throw OtherRange();
      m_at = *first;
      return;
    }
    m_at = 0;
    const auto length = head.number("content-length");
    if (length && *length != m_total && !head.find("content-encoding")) throwLength(*length);
  }

  void piece(std::string_view bytes) {
    if (m_at + bytes.size() > m_total) throwLength(m_at + bytes.size());
    const std::uint64_t skipped = std::min<std::uint64_t>(bytes.size(), m_range.begin - std::min(m_at, m_range.begin));
    m_at += skipped;
    bytes.remove_prefix(static_cast<std::size_t>(skipped));
    bytes = bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), m_range.end - m_at)));
    if (bytes.empty()) {
      if (m_at >= m_range.end) throw Enough();
      return;
    }
    m_file.write(m_at, bytes);
    m_at += bytes.size();
    m_range.begin = m_at;
    if (m_onBytes) m_onBytes(bytes.size());
    if (m_at == m_range.end && m_at < m_total) throw Enough();
  }

 private:
  [[noreturn]] void throwLength(std::uint64_t length) const {
    throw RemoteError(RemoteFault::Answer,
                      fmt::format("The server {} sends {} bytes or more of a file of {} bytes; it is another file.",
                                  hostOf(m_url), length, m_total));
  }

  std::uint64_t m_total, m_at = 0;
  ByteRange& m_range;
  PartialFile& m_file;
  const std::function<void(std::uint64_t)>& m_onBytes;
  const std::string& m_url;
};

}  // namespace

void insist(const Patience& patience, const core::JobContext& job, const std::function<bool()>& hasMoved,
            const std::function<void()>& request) {
  int triesLeft = patience.tries;
  std::chrono::milliseconds wait = patience.firstWait;
  while (true) {
    try {
      return request();
    } catch (const RemoteError& error) {
      if (hasMoved && hasMoved()) {
        triesLeft = patience.tries;
        wait = patience.firstWait;
      }
      if (!error.isPassing() || --triesLeft <= 0) throw;
      const auto asked = error.retryAfter().value_or(std::chrono::seconds(0));
      if (asked > patience.longestWait) throw;
      waitFor(std::max<std::chrono::milliseconds>(wait, asked), job);
      wait = std::min<std::chrono::milliseconds>(2 * wait, patience.longestWait);
    }
  }
}

void downloadRange(HttpClient& client, const HttpRequest& request, std::uint64_t total, ByteRange& range,
                   PartialFile& file, const Patience& patience, const std::function<void(std::uint64_t)>& onBytes,
                   const core::JobContext& job) {
  bool asksForWhole = false;
  std::uint64_t lastBegin = range.begin;
  const auto hasMoved = [&] { return std::exchange(lastBegin, range.begin) != range.begin; };
  const auto ask = [&] {
    HttpRequest asked = request;
    asked.timeouts = patience.timeouts;
    if (!asksForWhole && (range.begin > 0 || range.end < total))
      asked.headers.push_back({"Range", fmt::format("bytes={}-{}", range.begin, range.end - 1)});
    Arrival arrival(total, range, file, onBytes, request.url);
    try {
      client.send(
          asked,
          {[&](const HttpHead& head) { arrival.begin(head); }, [&](std::string_view bytes) { arrival.piece(bytes); }},
          job);
    } catch (const Enough&) {
      return;
    }
    if (range.begin < range.end)  // a connection that only ends where it should be cut says nothing else
      throw RemoteError(RemoteFault::Cut, fmt::format("The connection to the server {} was cut before the answer was "
                                                      "complete.",
                                                      hostOf(request.url)));
  };
  const auto askOnceMore = [&] {
    try {
      ask();
    } catch (const OtherRange&) {
      if (std::exchange(asksForWhole, true))
        throw RemoteError(RemoteFault::Answer,
                          fmt::format("The server {} does not send the part that was asked for.", hostOf(request.url)));
      ask();
    } catch (const RemoteError& error) {
      if (error.status() != 416 || std::exchange(asksForWhole, true)) throw;
      ask();
    }
  };
  if (range.begin < range.end) insist(patience, job, hasMoved, askOnceMore);
}

}  // namespace app::remote
