#include "app/session/kept_answers.h"

#include <cstring>
#include <span>

#include "app/session/cache_folder.h"
#include "core/base/content_hash.h"
#include "core/io/byte_reader.h"
#include "core/io/make_room.h"
#include "core/io/mapped_file.h"
#include "core/io/metadata_encoding.h"
#include "core/io/output_file.h"

namespace app {

namespace fs = std::filesystem;
using core::io::appendNumber;
using core::io::appendString;

namespace {

constexpr std::string_view kAnswersSuffix = ".answers";

}  // namespace

KeptAnswers::KeptAnswers(const fs::path& folder, const std::string& identity)
    : m_file(cacheFile(folder, identity, kAnswersSuffix)), m_head(core::contentHash(identity + "head")) {}

std::vector<TaskAnswer> KeptAnswers::read(std::size_t most, std::string& device) const {
  std::error_code error;
  if (m_file.empty() || !fs::is_regular_file(m_file, error)) return {};
  try {
    const core::io::MappedFile file(m_file);
    file.throwIfShortened();
    const auto bytes = file.contents();
    std::uint64_t checksum = 0;
    if (bytes.size() < sizeof(checksum)) return {};
    const auto rest = bytes.first(bytes.size() - sizeof(checksum));
    std::memcpy(&checksum, rest.data() + rest.size(), sizeof(checksum));
    core::io::ByteReader reader(rest, "answers");
    if (core::contentHash(rest) != checksum || reader.read<std::uint64_t>("an identity") != m_head) return {};
    const std::string where(reader.string("a device"));
    std::vector<TaskAnswer> answers;
    while (reader.remaining() != 0 && answers.size() < most) {
      TaskAnswer& answer = answers.emplace_back();
      answer.text = reader.string("an answer");
      answer.failure = reader.string("a failure");
      const auto flags = reader.read<std::uint8_t>("flags");
      answer.right = (flags & 1U) != 0, answer.rightPerByte = (flags & 2U) != 0, answer.isCut = (flags & 4U) != 0;
    }
    device = where;
    return answers;
  } catch (const std::exception&) {
    return {};  // damaged: as good as none
  }
}

void KeptAnswers::write(const std::vector<TaskAnswer>& answers, const std::string& device) const noexcept {
  if (m_file.empty() || answers.empty()) return;
  try {
    std::vector<std::byte> bytes;
    appendNumber(bytes, m_head);
    appendString(bytes, device);
    for (const TaskAnswer& answer : answers) {
      appendString(bytes, answer.text);
      appendString(bytes, answer.failure);
      const unsigned flags = (answer.right ? 1U : 0U) | (answer.rightPerByte ? 2U : 0U) | (answer.isCut ? 4U : 0U);
      appendNumber(bytes, static_cast<std::uint8_t>(flags));
    }
    appendNumber(bytes, core::contentHash(bytes));
    fs::create_directories(m_file.parent_path());
    core::io::makeRoom(m_file.parent_path(), kAnswersSuffix, kMostFolderBytes);
    core::io::writeFile(m_file, core::io::InputFiles(), bytes);
  } catch (const std::exception&) {
    // No cache, then.
  }
}

}  // namespace app
