#include "app/remote/hub.h"

#include <fmt/format.h>

#include <fstream>
#include <optional>

#include "app/remote/content_digest.h"
#include "app/remote/environment.h"
#include "app/remote/fetch_json.h"
#include "app/remote/url.h"
#include "app/session/environment.h"
#include "core/io/text_checks.h"

namespace app::remote {

namespace {

using core::io::inQuotes;
using core::io::JsonTree;

constexpr std::size_t kMostFiles = 20'000, kMostPages = 100;
constexpr std::size_t kLongestToken = 4096;

std::string trimmedToken(std::string text) {
  text.erase(0, text.find_first_not_of(" \t\r\n"));
  text.erase(text.find_last_not_of(" \t\r\n") + 1);
  return text.substr(0, kLongestToken);
}

std::string tokenInFile() {
  std::filesystem::path path = environmentVariable("HF_TOKEN_PATH");
  if (path.empty() && !hubHomeFolder().empty()) path = hubHomeFolder() / "token";
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

/// What a refusal means for a person who wants this model.
[[noreturn]] void throwAbout(const HubName& name, const RemoteError& error, const HubAccess& access) {
  const std::string who = inQuotes(name.repository), host = hostOf(access.endpoint);
  std::string sentence;
  if (error.fault() == RemoteFault::Unauthorized && access.token.empty())
    sentence = fmt::format(
        "{} does not show a model {} to everybody: either there is none, or it is private or behind "
        "conditions, and a token is needed (HF_TOKEN).",
        host, who);
  else if (error.fault() == RemoteFault::Unauthorized)
    sentence = fmt::format("{} does not accept the token that was sent for {}, or has no such model.", host, who);
  else if (error.fault() == RemoteFault::Forbidden)
    sentence = fmt::format(
        "{} does not give {} to the one whose token this is: its conditions have to be accepted on "
        "its page first.",
        host, who);
  else if (error.fault() == RemoteFault::NotFound)
    sentence = fmt::format("{} has no model {}{}.", host, who,
                           name.revision == "main" ? "" : " with a revision " + inQuotes(name.revision));
  else
    throw RemoteError(error);
  throw RemoteError(error.fault(), sentence, error.status());
}

double parametersIn(const JsonTree& info) {
  for (const char* kind : {"gguf", "safetensors"}) {
    if (const JsonTree* part = info.find(kind)) {
      if (const auto total = part->number("total")) return static_cast<double>(*total);
    }
  }
  return 0;
}

/// The address behind rel="next" in a Link header: <ADDRESS>; rel="next". Source: RFC 8288.
std::optional<std::string> nextPage(const HttpHead& head) {
  std::string_view text = head.find("link").value_or("");
  while (true) {
    const std::size_t begin = text.find('<'), end = text.find('>', begin);
    if (begin == std::string_view::npos || end == std::string_view::npos) return std::nullopt;
    const std::string_view address = text.substr(begin + 1, end - begin - 1);
    text.remove_prefix(end + 1);
    const std::string_view parameters = text.substr(0, text.find('<'));
    if (parameters.find("rel=\"next\"") != std::string_view::npos ||
        parameters.find("rel=next") != std::string_view::npos)
      return std::string(address);
  }
}

/// {"type": "file", "path": …, "size": …, "oid": git's SHA-1, "lfs": {"oid": SHA-256, "size": …}}
std::optional<RemoteFile> fileOf(const JsonTree& entry, const std::string& url) {
  if (entry.text("type") != "file") return std::nullopt;
  RemoteFile file{entry.text("path").value_or(""), entry.number("size").value_or(0), entry.text("oid").value_or("")};
  requirePlainPath(file.path, url);
  if (const JsonTree* large = entry.find("lfs")) {
    file.digest = large->text("oid").value_or("");
    if (file.digest.starts_with("sha256:")) file.digest.erase(0, 7);
    file.bytes = large->number("size").value_or(file.bytes);
  }
  if (!isSha256(file.digest) && !isGitSha1(file.digest))
    throw RemoteError(RemoteFault::Answer,
                      fmt::format("The server {} does not say by which digest the file {} is known.", hostOf(url),
                                  inQuotes(file.path)));
  return file;
}

/// An ETag without its quotes and its mark of weakness.
std::string plainTag(std::string_view tag) {
  if (tag.starts_with("W/")) tag.remove_prefix(2);
  if (tag.size() >= 2 && tag.front() == '"' && tag.back() == '"') tag = tag.substr(1, tag.size() - 2);
  return std::string(tag);
}

}  // namespace

HubAccess HubAccess::fromEnvironment() {
  if (isSwitchedOn("HF_HUB_OFFLINE"))
    throw RemoteError(RemoteFault::Address, "HF_HUB_OFFLINE is set: nothing is asked of the Hugging Face hub.");
  HubAccess access;
  if (std::string endpoint = environmentVariable("HF_ENDPOINT"); !endpoint.empty())
    access.endpoint = std::move(endpoint);
  while (access.endpoint.ends_with('/')) access.endpoint.pop_back();
  (void)Url(access.endpoint);
  if (isSwitchedOn("HF_HUB_DISABLE_IMPLICIT_TOKEN")) return access;
  for (const char* name : {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"}) {
    if (access.token.empty()) access.token = trimmedToken(environmentVariable(name));
  }
  if (access.token.empty()) access.token = trimmedToken(tokenInFile());
  return access;
}

HttpRequest Hub::request(const std::string& path) const {
  HttpRequest request;
  request.url = m_access.endpoint + path;
  request.token = m_access.token;
  request.timeouts = m_patience.timeouts;
  return request;
}

Hub::Repository Hub::repository(const HubName& name, const core::JobContext& job) {
  JsonTree info;
  const HttpRequest asked =
      request("/api/models/" + percentEncodedPath(name.repository) + "/revision/" + percentEncoded(name.revision));
  try {
    insist(m_patience, job, {}, [&] { info = fetchJson(m_client, asked, job); });
  } catch (const RemoteError& error) {
    throwAbout(name, error, m_access);
  }
  Repository repository{info.text("sha").value_or(""), parametersIn(info)};
  if (!isGitSha1(repository.commit))
    throw RemoteError(RemoteFault::Answer, fmt::format("The server {} does not say which commit {} is at.",
                                                       hostOf(asked.url), inQuotes(name.repository)));
  return repository;
}

std::vector<RemoteFile> Hub::files(const std::string& repository, const std::string& commit,
                                   const core::JobContext& job) {
  std::vector<RemoteFile> files;
  HttpRequest asked = request("/api/models/" + percentEncodedPath(repository) + "/tree/" + commit + "?recursive=true");
  const Url first(asked.url);
  for (std::size_t page = 0; page < kMostPages; ++page) {
    HttpHead head;
    JsonTree entries;
    insist(m_patience, job, {}, [&] { entries = fetchJson(m_client, asked, job, &head); });
    if (entries.container != core::io::JsonContainer::Array)
      throw RemoteError(RemoteFault::Answer, fmt::format("The server {} does not list the files of {}.",
                                                         hostOf(asked.url), inQuotes(repository)));
    for (const auto& [key, entry] : entries.children) {
      if (auto file = fileOf(entry, asked.url)) files.push_back(std::move(*file));
    }
    const auto next = nextPage(head);
    if (!next) return files;
    const Url address = Url(asked.url).resolve(*next);
    if (!first.isSameServer(address) || files.size() > kMostFiles) break;
    asked.url = address.text();
  }
  throw RemoteError(RemoteFault::Answer, fmt::format("The server {} does not come to the end of the files of {}.",
                                                     hostOf(first.text()), inQuotes(repository)));
}

HttpRequest Hub::content(const std::string& repository, const std::string& commit, const std::string& path) const {
  return request("/" + percentEncodedPath(repository) + "/resolve/" + commit + "/" + percentEncodedPath(path));
}

Hub::Metadata Hub::metadata(const std::string& repository, const std::string& commit, const std::string& path,
                            const core::JobContext& job) {
  HttpRequest asked = content(repository, commit, path);
  asked.method = "HEAD";
  asked.redirects = Redirects::SameHost;  // the store behind the hub knows nothing of X-Linked-…
  asked.headers.push_back({"Accept-Encoding", "identity"});
  HttpHead head;
  insist(m_patience, job, {}, [&] { head = m_client.send(asked, {}, job); });
  const auto tag = head.find("x-linked-etag") ? head.find("x-linked-etag") : head.find("etag");
  auto bytes = head.number("x-linked-size");
  if (!bytes && head.status / 100 == 2) bytes = head.number("content-length");
  if (head.find("x-repo-commit").value_or(commit) != commit || !tag || !bytes)
    throw RemoteError(RemoteFault::Answer,
                      fmt::format("The server {} does not say what {} is: its commit, its tag and its size.",
                                  hostOf(asked.url), inQuotes(path)));
  return {plainTag(*tag), *bytes};
}

}  // namespace app::remote
