#include "loopback/fake_hub.h"

#include <algorithm>

#include "loopback/digests.h"

namespace support {

namespace {

LoopbackReply json(std::string text, int status = 200) {
  LoopbackReply reply;
  reply.status = status;
  reply.headers = {{"Content-Type", "application/json; charset=utf-8"}};
  reply.body = std::move(text);
  return reply;
}

/// The rest of a text behind what it begins with; nothing where it begins otherwise.
std::optional<std::string> behind(const std::string& text, const std::string& begin) {
  return text.starts_with(begin) ? std::optional(text.substr(begin.size())) : std::nullopt;
}

std::string decoded(const std::string& text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      result += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
      i += 2;
    } else {
      result += text[i];
    }
  }
  return result;
}

}  // namespace

FakeHub::FakeHub(std::string repository, std::map<std::string, File> content)
    : files(std::move(content)),
      m_repository(std::move(repository)),
      m_store([this](const LoopbackRequest& request) {
        LoopbackReply reply = stored(request);
        if (storeFault) storeFault(request, reply);
        return reply;
      }),
      m_hub([this](const LoopbackRequest& request) {
        LoopbackReply reply = answer(request);
        if (hubFault) hubFault(request, reply);
        return reply;
      }) {}

std::string FakeHub::tagOf(const File& file) { return file.isLarge ? sha256(file.content) : gitBlob(file.content); }

LoopbackReply FakeHub::answer(const LoopbackRequest& request) {
  if (!token.empty() && request.header("authorization") != "Bearer " + token) {
    LoopbackReply refusal = json(R"({"error":"Invalid username or password."})", 401);
    refusal.headers.push_back({"X-Error-Message", "Invalid username or password."});
    return refusal;
  }
  const std::string api = "/api/models/" + m_repository;
  if (request.target == api + "/revision/main" || request.target == api + "/revision/" + commit)
    return json(R"({"id":")" + m_repository + R"(","sha":")" + commit +
                R"(","gated":false,"siblings":[],"gguf":{"total":1000}})");
  if (request.target.starts_with(api + "/tree/" + commit)) return tree(request);
  if (const auto path = behind(request.target, "/" + m_repository + "/resolve/" + commit + "/"))
    return resolve(decoded(*path), request);
  LoopbackReply missing = json(R"({"error":"Repository not found"})", 404);
  missing.headers.push_back({"X-Error-Code", "RepoNotFound"});
  return missing;
}

LoopbackReply FakeHub::tree(const LoopbackRequest& request) const {
  const std::size_t cursor = request.target.find("&cursor=");
  const std::size_t first = cursor == std::string::npos ? 0 : std::stoul(request.target.substr(cursor + 8));
  std::string entries = extraEntries;
  std::size_t index = 0;
  for (const auto& [path, file] : files) {
    if (index >= first && index < first + pageSize) {
      if (!entries.empty()) entries += ",";
      entries += R"({"type":"file","oid":")" + gitBlob(file.isLarge ? "pointer of " + path : file.content) +
                 R"(","size":)" + std::to_string(file.content.size());
      if (file.isLarge)
        entries += R"(,"lfs":{"oid":")" + sha256(file.content) + R"(","size":)" + std::to_string(file.content.size()) +
                   R"(,"pointerSize":134})";
      entries += R"(,"path":")" + path + R"("})";
    }
    ++index;
  }
  LoopbackReply reply = json("[" + entries + "]");
  if (first + pageSize < files.size())
    reply.headers.push_back({"Link", "<" + m_hub.url() + "/api/models/" + m_repository + "/tree/" + commit +
                                         "?recursive=true&cursor=" + std::to_string(first + pageSize) +
                                         ">; rel=\"next\""});
  return reply;
}

LoopbackReply FakeHub::resolve(const std::string& path, const LoopbackRequest& request) const {
  const auto found = files.find(path);
  if (found == files.end()) return json(R"({"error":"Entry not found"})", 404);
  const File& file = found->second;
  LoopbackReply reply = file.isLarge ? LoopbackReply() : contentReply(request, file.content);
  reply.headers.push_back({"X-Repo-Commit", commit});
  reply.headers.push_back({"ETag", "\"" + tagOf(file) + "\""});
  if (!file.isLarge) return reply;
  reply.status = 302;
  reply.headers.push_back({"X-Linked-Size", std::to_string(file.content.size())});
  reply.headers.push_back({"X-Linked-ETag", "\"" + tagOf(file) + "\""});
  // Another name of this computer is another host.
  reply.headers.push_back({"Location", m_store.url("localhost") + "/" + tagOf(file) + "?signature=none"});
  return reply;
}

LoopbackReply FakeHub::stored(const LoopbackRequest& request) const {
  for (const auto& [path, file] : files) {
    if (request.target == "/" + tagOf(file) + "?signature=none") {
      LoopbackReply reply = contentReply(request, file.content);
      reply.headers.push_back({"ETag", "\"of the store\""});
      return reply;
    }
  }
  return json("{}", 404);
}

}  // namespace support
