#include "app/remote/content_digest.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <new>
#include <vector>

#include "core/io/system_error.h"

namespace app::remote {

namespace {

constexpr std::size_t kPiece = std::size_t{1} << 20;

bool isHexadecimal(std::string_view text, std::size_t digits) {
  return text.size() == digits &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

class Digest {
 public:
  explicit Digest(const EVP_MD* kind) {
    if (!m_context || EVP_DigestInit_ex(m_context.get(), kind, nullptr) != 1) throw std::bad_alloc();
  }
  void add(const void* data, std::size_t size) {
    if (EVP_DigestUpdate(m_context.get(), data, size) != 1) throw std::bad_alloc();
  }
  std::string finish() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned size = 0;
    if (EVP_DigestFinal_ex(m_context.get(), bytes.data(), &size) != 1) throw std::bad_alloc();
    std::string text;
    for (unsigned i = 0; i < size; ++i) text += fmt::format("{:02x}", bytes[i]);
    return text;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> m_context{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
};

}  // namespace

bool isSha256(std::string_view text) { return isHexadecimal(text, 64); }
bool isGitSha1(std::string_view text) { return isHexadecimal(text, 40); }
std::string_view digestName(std::string_view expected) { return isGitSha1(expected) ? "SHA-1" : "SHA-256"; }

std::string digestOf(int descriptor, std::uint64_t bytes, std::string_view expected,
                     const std::function<void(std::uint64_t)>& onBytes) {
  Digest digest(isGitSha1(expected) ? EVP_sha1() : EVP_sha256());
  if (isGitSha1(expected)) {
    const std::string head = fmt::format("blob {}", bytes);
    digest.add(head.c_str(), head.size() + 1);
  }
  std::vector<char> buffer(kPiece);
  for (std::uint64_t at = 0; at < bytes;) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, bytes - at));
    const ssize_t got = ::pread(descriptor, buffer.data(), wanted, static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) core::io::throwSystemError("read", "what was downloaded", errno);
    if (got == 0) break;  // shorter than it should be: then the digest is another one
    digest.add(buffer.data(), static_cast<std::size_t>(got));
    at += static_cast<std::uint64_t>(got);
    if (onBytes) onBytes(static_cast<std::uint64_t>(got));
  }
  return digest.finish();
}

std::string sha256Of(std::string_view text) {
  Digest digest(EVP_sha256());
  digest.add(text.data(), text.size());
  return digest.finish();
}

}  // namespace app::remote
