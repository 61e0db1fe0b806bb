#include "core/text/folder_special_tokens.h"

#include <fmt/format.h>

#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/text/folder_settings.h"

namespace core::text {

namespace {

class SpecialTokenReader {
 public:
  SpecialTokenReader(const io::Checkpoint& checkpoint, const TokenIds& ids, VocabularyData& data)
      : m_checkpoint(checkpoint),
        m_ids(ids),
        m_data(data),
        m_config(checkpoint, "tokenizer_config.json", "tokenizer"),
        m_map(checkpoint, "special_tokens_map.json", "map"),
        m_generation(checkpoint, "generation_config.json", "generation") {}

  void read(const Surroundings& surroundings) {
    m_data.bos = byTextOrNumber("bos_token");
    m_data.eos = byTextOrNumber("eos_token");
    m_data.padding = ifKnown(m_config, "pad_token");
    if (!m_data.unknown) m_data.unknown = ifKnown(m_config, "unk_token");
    surround(surroundings);
    m_data.addBos = m_config.flag("add_bos_token").value_or(m_data.addBos) && m_data.bos;
    m_data.addEos = m_config.flag("add_eos_token").value_or(m_data.addEos) && m_data.eos;
    addEnds(m_checkpoint.metadata(), "config.eos_token_id");
    addEnds(m_generation.metadata(), "generation.eos_token_id");
  }

 private:
  std::optional<TokenId> byText(const FolderSettings& settings, std::string_view key) const {
    const auto text = settings.tokenText(key);
    if (!text) return std::nullopt;
    const auto found = m_ids.find(*text);
    if (found != m_ids.end()) return found->second;
    throw Error(
        ErrorCode::InvalidFile,
        fmt::format("\"{}\": its {} {} is no token of tokenizer.json.", settings.file(), key, io::inQuotes(*text)),
        settings.file());
  }

  /// A token that no text needs; programs that train name one before they add it.
  std::optional<TokenId> ifKnown(const FolderSettings& settings, std::string_view key) const {
    const auto text = settings.tokenText(key);
    return text && m_ids.contains(*text) ? byText(settings, key) : std::nullopt;
  }

  std::optional<TokenId> byTextOrNumber(const std::string& key) const {
    if (const auto id = byText(m_config, key)) return id;
    if (const auto id = byText(m_map, key)) return id;
    const io::MetadataValue* const value = m_checkpoint.metadata().find("config." + key + "_id");
    const auto* const id = value == nullptr ? nullptr : std::get_if<std::uint64_t>(value);
    return id == nullptr ? std::nullopt : known(*id);
  }

  /// Numbers in config.json may belong to a larger vocabulary: such a one is no token's.
  std::optional<TokenId> known(std::uint64_t id) const {
    if (id >= m_data.tokens.size()) return std::nullopt;
    return static_cast<TokenId>(id);
  }

  /// What the post-processor puts in front of a text counts more than what files beside it call its first token.
  void surround(const Surroundings& surroundings) {
    if (!surroundings.front.empty()) {
      m_data.bos = surroundings.front.front();
      m_data.afterBos.assign(surroundings.front.begin() + 1, surroundings.front.end());
      m_data.addBos = true;
    }
    // Of what stands behind a text only an end is of use: nothing follows it in a prompt.
    if (surroundings.behind.size() != 1) return;
    if (!m_data.eos) m_data.eos = surroundings.behind.front();
    m_data.addEos = m_data.eos == surroundings.behind.front();
  }

  void addEnds(const io::Metadata& metadata, std::string_view key) {
    const io::MetadataValue* const value = metadata.find(key);
    if (value == nullptr) return;
    const auto add = [&](std::int64_t id) {
      if (const auto token = id < 0 ? std::nullopt : known(static_cast<std::uint64_t>(id)))
        m_data.ends.push_back(*token);
    };
    if (const auto* id = std::get_if<std::uint64_t>(value)) {
      if (const auto token = known(*id)) m_data.ends.push_back(*token);
    }
    const auto* const list = std::get_if<io::MetadataArray>(value);
    if (list == nullptr || list->elementType() == io::MetadataType::String ||
        list->elementType() == io::MetadataType::F64)
      return;
    for (const std::int64_t id : list->integers()) add(id);
  }

  const io::Checkpoint& m_checkpoint;
  const TokenIds& m_ids;
  VocabularyData& m_data;
  FolderSettings m_config, m_map, m_generation;
};

}  // namespace

void readFolderSpecialTokens(const io::Checkpoint& checkpoint, const TokenIds& ids, const Surroundings& surroundings,
                             VocabularyData& data) {
  SpecialTokenReader(checkpoint, ids, data).read(surroundings);
}

}  // namespace core::text
