#include "core/text/pre_tokenizer.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>
#include <array>

#include "core/base/error.h"
#include "core/text/pre_tokenizer_patterns.h"

namespace core::text {

namespace {

constexpr std::uint32_t kMatchLimit = 50'000'000;
constexpr std::uint32_t kHeapLimitKib = 256 * 1024;
constexpr std::size_t kJitStackBytes = 1 << 20;

template <auto free>
struct Freer {
  template <typename T>
  void operator()(T* object) const {
    free(object);
  }
};
using Code = std::unique_ptr<pcre2_code, Freer<pcre2_code_free>>;
using MatchData = std::unique_ptr<pcre2_match_data, Freer<pcre2_match_data_free>>;
using MatchContext = std::unique_ptr<pcre2_match_context, Freer<pcre2_match_context_free>>;
using JitStack = std::unique_ptr<pcre2_jit_stack, Freer<pcre2_jit_stack_free>>;

std::string describe(int code) {
  std::array<PCRE2_UCHAR, 256> buffer{};
  pcre2_get_error_message(code, buffer.data(), buffer.size());
  return reinterpret_cast<const char*>(buffer.data());
}

/// What one run of matching needs; made per call, so that tokenizers can be shared between threads.
struct Matcher {
  explicit Matcher(const pcre2_code* code)
      : data(pcre2_match_data_create_from_pattern(code, nullptr)),
        context(pcre2_match_context_create(nullptr)),
        stack(pcre2_jit_stack_create(32 * 1024, kJitStackBytes, nullptr)) {
    if (!data || !context) throw Error(ErrorCode::OutOfMemory, "There is no memory left to split a text into words.");
    pcre2_set_match_limit(context.get(), kMatchLimit);
    pcre2_set_heap_limit(context.get(), kHeapLimitKib);
    if (stack) pcre2_jit_stack_assign(context.get(), nullptr, stack.get());
  }
  MatchData data;
  MatchContext context;
  JitStack stack;
};

}  // namespace

/// One compiled expression.
class PreTokenizer::Pattern {
 public:
  explicit Pattern(std::string_view text) {
    int error = 0;
    PCRE2_SIZE offset = 0;
    m_code.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), PCRE2_UTF | PCRE2_UCP, &error,
                               &offset, nullptr));
    if (!m_code) {
      throw Error(ErrorCode::Unsupported, "PCRE2 does not accept a pre-tokenizer's expression at offset " +
                                              std::to_string(offset) + ": " + describe(error) + ".");
    }
    pcre2_jit_compile(m_code.get(), PCRE2_JIT_COMPLETE);  // without JIT it is slower, nothing else
  }

  /// Appends the parts of `text`: matches and what lies between them.
  void split(std::string_view text, Matcher& matcher, std::vector<std::string_view>& out) const {
    std::size_t position = 0;
    std::size_t from = 0;
    while (from < text.size() && match(text, from, matcher)) {
      const PCRE2_SIZE* range = pcre2_get_ovector_pointer(matcher.data.get());
      if (range[1] <= from) break;  // none of the expressions matches nothing
      if (range[0] > position) out.push_back(text.substr(position, range[0] - position));
      out.push_back(text.substr(range[0], range[1] - range[0]));
      position = from = range[1];
    }
    if (position < text.size()) out.push_back(text.substr(position));
  }

  const pcre2_code* code() const { return m_code.get(); }

 private:
  bool match(std::string_view text, std::size_t from, Matcher& matcher) const {
    const auto run = [&](std::uint32_t options) {
      return pcre2_match(m_code.get(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), from,
                         options | PCRE2_NO_UTF_CHECK, matcher.data.get(), matcher.context.get());
    };
    int result = run(0);
    if (result == PCRE2_ERROR_JIT_STACKLIMIT) result = run(PCRE2_NO_JIT);  // the interpreter works on the heap
    if (result == PCRE2_ERROR_NOMATCH) return false;
    if (result < 0) {
      throw Error(ErrorCode::Unsupported, "The text cannot be split into words: " + describe(result) + ".");
    }
    return true;
  }

  Code m_code;
};

PreTokenizer::PreTokenizer(const std::string& name) {
  const std::string_view wanted = name.empty() ? std::string_view("default") : std::string_view(name);
  const auto& rules = preTokenizerRules();
  const auto rule = std::find_if(rules.begin(), rules.end(), [&](const PreTokenizerRule& r) {
    return std::find(r.names.begin(), r.names.end(), wanted) != r.names.end();
  });
  if (rule == rules.end()) {
    throw Error(ErrorCode::Unsupported, "The pre-tokenizer \"" + name + "\" is not supported (yet).",
                "tokenizer.ggml.pre");
  }
  for (const std::string_view pattern : rule->patterns) m_patterns.push_back(std::make_unique<Pattern>(pattern));
  m_ignoresMerges = rule->ignoresMerges;
  m_addsBos = rule->addsBos;
}

PreTokenizer::~PreTokenizer() = default;

std::vector<std::string_view> PreTokenizer::split(std::string_view text) const {
  std::vector<std::string_view> parts{text};
  for (const auto& pattern : m_patterns) {
    Matcher matcher(pattern->code());
    std::vector<std::string_view> finer;
    finer.reserve(parts.size());
    for (const std::string_view part : parts) pattern->split(part, matcher, finer);
    parts = std::move(finer);
  }
  return parts;
}

}  // namespace core::text
