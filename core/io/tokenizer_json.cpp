#include "core/io/tokenizer_json.h"

#include <fmt/format.h>

#include <limits>

#include "core/base/error.h"
#include "core/io/sniff.h"
#include "core/io/text_checks.h"

namespace core::io {

namespace {

constexpr std::size_t kMaxBytes = std::size_t{256} << 20;
constexpr std::size_t kMaxTokenizerDepth = 16;
constexpr std::size_t kMaxSettings = 100'000;  // the steps around a model, which list a few special tokens

/// Goes through the file once. The big lists are taken element by element, every other part as a small tree.
class TokenizerVisitor final : public JsonVisitor {
 public:
  explicit TokenizerVisitor(std::string_view source) : m_source(source), m_tree(kMaxSettings, source) {}

  void onBegin(JsonContainer container) override {
    ++m_depth;
    if (m_depth == 1 && container == JsonContainer::Array) refuse("expected a JSON object");
    if (m_list == List::None && isFree()) return beginPart(container);
    if (isPairs() && m_depth == m_listDepth + 1 && container == JsonContainer::Array) {
      m_pair.clear();
      m_score.reset();
      return;
    }
    if (m_list == List::Vocabulary || isPairs()) refuse("a list of the model holds what is no token");
    m_tree.onBegin(container);
  }

  void onEnd(JsonContainer container) override {
    const std::size_t depth = m_depth--;
    if (m_list != List::None && depth == m_listDepth) {
      m_list = List::None;
      return;
    }
    if (m_list == List::Merges) return addPair();
    if (m_list == List::Scores) return addScored();
    if (isFree()) return;  // the end of the file's object or the model's
    m_tree.onEnd(container);
    if (!m_tree.isComplete()) return;
    if (m_list == List::Added) {
      addToken(m_tree.take());
    } else {
      assign(m_tree.take());
    }
  }

  void onKey(std::string key) override {
    if (m_list == List::Vocabulary) {
      m_token = std::move(key);
    } else if (isFree()) {
      (m_depth == 1 ? m_section : m_setting) = std::move(key);
    } else {
      m_tree.onKey(std::move(key));
    }
  }

  void onScalar(JsonScalar value) override {
    if (m_depth == 0) refuse("expected a JSON object");
    if (m_list == List::Vocabulary) return addToVocabulary(value);
    if (m_list == List::Merges) return addMerge(std::move(value));
    if (m_list == List::Scores) return addPartOfScored(std::move(value));
    if (m_list == List::Added && m_tree.isComplete()) refuse("added_tokens holds what is no token");
    if (!m_tree.isComplete()) return m_tree.onScalar(std::move(value));
    JsonTree tree;
    tree.scalar = std::move(value);
    assign(std::move(tree));
  }

  TokenizerJson take() {
    if (!m_hasModel) refuse("it has no model");
    if (!m_hasVocabulary) refuse("its model has no vocab");
    finishModel();
    return std::move(m_result);
  }

 private:
  enum class List { None, Vocabulary, Scores, Merges, Added };

  [[noreturn]] void refuse(std::string_view detail) const {
    throw Error(ErrorCode::InvalidFile, fmt::format("{}: {}.", m_source, detail));
  }
  [[noreturn]] void refuseFeature(std::string_view what) const {
    throw Error(ErrorCode::Unsupported, fmt::format("{}: {} is not supported (yet).", m_source, what));
  }

  /// Whether the next value belongs to the file's object or to the model's, not to a tree or a list.
  bool isFree() const { return m_list == List::None && m_tree.isComplete(); }
  bool isPairs() const { return m_list == List::Merges || m_list == List::Scores; }
  bool isInModel() const { return m_section == "model" && m_depth >= 2; }

  void beginPart(JsonContainer container) {
    if (m_depth == 1) return;
    if (m_depth == 2 && m_section == "model") {
      if (container == JsonContainer::Array) refuse("its model is no object");
      m_hasModel = true;
      return;
    }
    if (m_depth == 2 && m_section == "added_tokens" && container == JsonContainer::Array) return begin(List::Added);
    if (m_depth == 3 && m_section == "model" && m_setting == "vocab") {
      m_hasVocabulary = true;
      m_isScored = container == JsonContainer::Array;
      return begin(m_isScored ? List::Scores : List::Vocabulary);
    }
    if (m_depth == 3 && m_section == "model" && m_setting == "merges" && container == JsonContainer::Array)
      return begin(List::Merges);
    m_tree.onBegin(container);
  }

  void begin(List list) {
    m_list = list;
    m_listDepth = m_depth;
  }

  void addToVocabulary(const JsonScalar& value) {
    const auto* const id = std::get_if<std::uint64_t>(&value);
    if (id == nullptr || *id > std::numeric_limits<std::int32_t>::max())
      refuse(fmt::format("the token {} has no number from 0 to 2147483647", inQuotes(m_token)));
    m_result.vocabulary.push_back({std::move(m_token), static_cast<std::uint32_t>(*id)});
  }

  void addMerge(JsonScalar value) {
    auto* const text = std::get_if<std::string>(&value);
    if (text == nullptr) refuse(fmt::format("merge {} is no text", m_result.merges.size()));
    if (m_depth == m_listDepth) {
      m_result.merges.push_back(std::move(*text));
    } else {
      m_pair.push_back(std::move(*text));
    }
  }

  void addPair() {
    const std::size_t number = m_result.merges.size();
    if (m_pair.size() != 2) refuse(fmt::format("merge {} should be two texts", number));
    if (m_pair[0].find(' ') != std::string::npos || m_pair[1].find(' ') != std::string::npos)
      refuseFeature(fmt::format("merge {}, which joins tokens with a blank inside,", number));
    m_result.merges.push_back(m_pair[0] + ' ' + m_pair[1]);
  }

  void addPartOfScored(JsonScalar value) {
    if (m_depth == m_listDepth) refuse("its vocab holds what is no token");
    if (auto* const text = std::get_if<std::string>(&value)) m_pair.push_back(std::move(*text));
    if (const double* const score = std::get_if<double>(&value)) m_score = *score;
    if (const auto* const score = std::get_if<std::uint64_t>(&value)) m_score = static_cast<double>(*score);
    if (const auto* const score = std::get_if<std::int64_t>(&value)) m_score = static_cast<double>(*score);
  }

  void addScored() {
    const std::size_t id = m_result.vocabulary.size();
    if (m_pair.size() != 1 || !m_score) refuse(fmt::format("token {} of its vocab should be a text and its score", id));
    m_result.vocabulary.push_back({std::move(m_pair.front()), static_cast<std::uint32_t>(id)});
    m_result.scores.push_back(*m_score);
  }

  void addToken(const JsonTree& tree) {
    const auto content = tree.text("content");
    const auto id = tree.number("id");
    const std::size_t number = m_result.added.size();
    if (!content) refuse(fmt::format("added token {} has no text", number));
    if (!id || *id > std::numeric_limits<std::int32_t>::max())
      refuse(fmt::format("the added token {} has no number from 0 to 2147483647", inQuotes(*content)));
    TokenizerJson::AddedToken token{*content, static_cast<std::uint32_t>(*id)};
    token.special = tree.flag("special").value_or(false);
    token.stripsLeft = tree.flag("lstrip").value_or(false);
    token.stripsRight = tree.flag("rstrip").value_or(false);
    token.singleWord = tree.flag("single_word").value_or(false);
    token.normalized = tree.flag("normalized").value_or(!token.special);
    m_result.added.push_back(std::move(token));
  }

  void assign(JsonTree tree) {
    if (isInModel()) return assignToModel(tree);
    if (m_section == "model") refuse("its model is no object");
    if (m_section == "normalizer") m_result.normalizer = std::move(tree);
    if (m_section == "pre_tokenizer") m_result.preTokenizer = std::move(tree);
    if (m_section == "post_processor") m_result.postProcessor = std::move(tree);
    if (m_section == "decoder") m_result.decoder = std::move(tree);
  }

  void assignToModel(const JsonTree& tree) {
    const auto isOn = [&] { return !tree.container && std::get_if<bool>(&tree.scalar) && std::get<bool>(tree.scalar); };
    const std::string* const text = tree.container ? nullptr : std::get_if<std::string>(&tree.scalar);
    if (m_setting == "type") m_type = text == nullptr ? "" : *text;
    if (m_setting == "vocab") refuse("its model's vocab is no object");
    if (m_setting == "merges") refuse("its model's merges are no list");
    if (m_setting == "unk_token" && text != nullptr) m_result.unknown = *text;
    if (m_setting == "byte_fallback") m_result.byteFallback = isOn();
    if (m_setting == "fuse_unk") m_result.fusesUnknown = isOn();
    if (m_setting == "ignore_merges") m_result.ignoresMerges = isOn();
    const double* const share = tree.container ? nullptr : std::get_if<double>(&tree.scalar);
    if (m_setting == "dropout" && share != nullptr && *share > 0)
      refuseFeature(fmt::format("a BPE that leaves merges out at random (dropout {})", *share));
    if (m_setting == "continuing_subword_prefix" && text != nullptr) m_result.continuationMark = *text;
    if (m_setting == "end_of_word_suffix" && text != nullptr) m_suffix = *text;
    const auto* const number = tree.container ? nullptr : std::get_if<std::uint64_t>(&tree.scalar);
    if (m_setting == "unk_id" && number != nullptr) m_result.unknownId = *number;
    if (m_setting == "max_input_chars_per_word" && number != nullptr) m_result.longestWord = *number;
  }

  /// What can be told only when the type is known, which may stand behind the rest.
  void finishModel() {
    const std::string type = m_type.value_or(m_isScored ? "Unigram" : "BPE");
    if (type != "BPE" && type != "Unigram" && type != "WordPiece")
      refuseFeature(fmt::format("the model {}", inQuotes(type)));
    if (m_isScored != (type == "Unigram")) refuse("its vocab is not of the kind its model needs");
    m_result.model = type == "Unigram"     ? TokenizerJson::Model::Unigram
                     : type == "WordPiece" ? TokenizerJson::Model::WordPiece
                                           : TokenizerJson::Model::Bpe;
    if (type != "BPE") return;
    if (!m_result.continuationMark.empty())
      refuseFeature(fmt::format("a BPE with the continuing_subword_prefix {}", inQuotes(m_result.continuationMark)));
    if (!m_suffix.empty()) refuseFeature(fmt::format("a BPE with the end_of_word_suffix {}", inQuotes(m_suffix)));
  }

  std::string_view m_source;
  JsonTreeBuilder m_tree;
  TokenizerJson m_result;
  std::size_t m_depth = 0;
  std::string m_section;  ///< the current key of the file's object
  std::string m_setting;  ///< the current key of the model
  List m_list = List::None;
  std::size_t m_listDepth = 0;
  std::string m_token;              ///< whose number comes next
  std::vector<std::string> m_pair;  ///< the texts of the current merge, or of the current token with a score
  std::optional<double> m_score;    ///< of that token
  std::optional<std::string> m_type;
  std::string m_suffix;
  bool m_hasModel = false, m_hasVocabulary = false, m_isScored = false;
};

}  // namespace

TokenizerJson readTokenizerJson(std::span<const std::byte> bytes, std::string_view source) {
  throwIfForeign(bytes, source, "a JSON object");
  if (bytes.size() > kMaxBytes) {
    throw Error(ErrorCode::InvalidFile,
                fmt::format("{}: expected at most {} bytes of JSON but found {}.", source, kMaxBytes, bytes.size()));
  }
  TokenizerVisitor visitor(source);
  readJson({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, visitor, source, kMaxTokenizerDepth);
  return visitor.take();
}

}  // namespace core::io
