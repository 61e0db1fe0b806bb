#pragma once
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "loopback/loopback_server.h"

namespace support {

/// A whole answer of a server with OpenAI's API.
inline LoopbackReply jsonReply(std::string body, int status = 200,
                               std::vector<std::pair<std::string, std::string>> headers = {}) {
  LoopbackReply reply;
  reply.status = status;
  reply.headers = std::move(headers);
  reply.headers.emplace_back("Content-Type", "application/json");
  reply.body = std::move(body);
  return reply;
}

/// An answer that streams: each event by itself. @param before the rest before each
inline LoopbackReply eventsReply(const std::vector<std::string>& data, std::chrono::milliseconds before = {}) {
  LoopbackReply reply;
  reply.raw.push_back({"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"});
  for (const std::string& one : data) reply.raw.push_back({"data: " + one + "\n\n", before});
  return reply;
}

/// Whatever these bytes are, which end the connection.
inline LoopbackReply rawReply(std::string bytes) {
  LoopbackReply reply;
  reply.raw.push_back({std::move(bytes)});
  return reply;
}

}  // namespace support
