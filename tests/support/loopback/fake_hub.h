#pragma once
#include <functional>
#include <map>
#include <set>
#include <string>

#include "loopback/loopback_server.h"

namespace support {

/// As much of the Hugging Face hub as a download needs, with one repository: model info, its tree page by page, and
/// files, the large ones (Git LFS) by a redirect to a store on another host that answers ranges. Source: what
/// huggingface_hub's hf_api.py, utils/_pagination.py and file_download.py expect.
class FakeHub {
 public:
  struct File {
    std::string content;
    bool isLarge = false;  ///< kept by Git LFS: known by its SHA-256, given out by the store
  };
  /// Changes an answer, or makes another of it.
  using Fault = std::function<void(const LoopbackRequest&, LoopbackReply&)>;

  /// @param repository "OWNER/NAME"
  FakeHub(std::string repository, std::map<std::string, File> files);

  std::string url() const { return m_hub.url(); }
  const LoopbackServer& hub() const { return m_hub; }
  const LoopbackServer& store() const { return m_store; }
  /// The name of a file's blob in the cache.
  static std::string tagOf(const File& file);

  std::string commit = "0123456789abcdef0123456789abcdef01234567";
  std::string token;         ///< that is needed; empty: nobody is asked
  std::size_t pageSize = 2;  ///< files of the tree in one answer
  Fault hubFault, storeFault;
  std::map<std::string, File> files;  ///< may be changed between requests
  std::string extraEntries;           ///< JSON put in front of every page of the tree

 private:
  LoopbackReply answer(const LoopbackRequest& request);
  LoopbackReply tree(const LoopbackRequest& request) const;
  LoopbackReply resolve(const std::string& path, const LoopbackRequest& request) const;
  LoopbackReply stored(const LoopbackRequest& request) const;

  std::string m_repository;
  LoopbackServer m_store, m_hub;
};

}  // namespace support
