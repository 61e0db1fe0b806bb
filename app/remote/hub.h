#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "app/remote/http_client.h"
#include "app/remote/range_download.h"
#include "app/remote/remote_model.h"
#include "app/session/hugging_face_store.h"

namespace app::remote {

/// Where the hub is and who asks: $HF_ENDPOINT, and the token of $HF_TOKEN, $HUGGING_FACE_HUB_TOKEN or the file that
/// huggingface_hub keeps it in ($HF_TOKEN_PATH, or "token" in its home folder). Source: huggingface_hub/constants.py,
/// utils/_auth.py.
struct HubAccess {
  std::string endpoint = "https://huggingface.co";
  std::string token;

  /// @throws RemoteError (Address) where HF_HUB_OFFLINE forbids asking
  static HubAccess fromEnvironment();
};

/// The Hugging Face hub's protocol. Sources: the hub's API endpoints, and huggingface_hub's hf_api.py (repo_info,
/// list_repo_tree), utils/_pagination.py, file_download.py (get_hf_file_metadata).
class Hub {
 public:
  Hub(HubAccess access, Patience patience) : m_access(std::move(access)), m_patience(std::move(patience)) {}

  struct Repository {
    std::string commit;     ///< what the revision stands for: 40 hexadecimal digits
    double parameters = 0;  ///< that its weights have, as the hub counted; 0: not said
  };
  /// GET /api/models/NAME/revision/REVISION. @throws RemoteError with a sentence about this repository
  Repository repository(const HubName& name, const core::JobContext& job);
  /// Every file of a commit: GET /api/models/NAME/tree/COMMIT?recursive=true, page by page.
  std::vector<RemoteFile> files(const std::string& repository, const std::string& commit, const core::JobContext& job);

  struct Metadata {
    std::string tag;      ///< what names the blob in the cache: X-Linked-ETag or ETag, a digest of the content
    std::uint64_t bytes;  ///< X-Linked-Size or Content-Length
  };
  /// HEAD of NAME/resolve/COMMIT/PATH, on the hub itself.
  Metadata metadata(const std::string& repository, const std::string& commit, const std::string& path,
                    const core::JobContext& job);
  /// What downloads that file.
  HttpRequest content(const std::string& repository, const std::string& commit, const std::string& path) const;
  HttpClient& client() { return m_client; }
  const std::string& endpoint() const { return m_access.endpoint; }
  const Patience& patience() const { return m_patience; }

 private:
  HttpRequest request(const std::string& path) const;

  HubAccess m_access;
  Patience m_patience;
  HttpClient m_client;
};

}  // namespace app::remote
