#pragma once
#include <string>
#include <unordered_map>

#include "core/text/tokenizer.h"

namespace app {

/// The tokens of a vocabulary by what they stand for, to find those that a server names. Control tokens go by how they
/// are written.
class TokenNames {
 public:
  static constexpr core::text::TokenId kNone = -1;

  explicit TokenNames(const core::text::Tokenizer& tokenizer);
  /// kNone for what no token of it stands for.
  core::text::TokenId find(const std::string& bytes) const;

 private:
  std::unordered_map<std::string, core::text::TokenId> m_ids;
};

}  // namespace app
