#pragma once
#include <cstdint>
#include <initializer_list>
#include <span>

#include "core/model/recipe/file_type.h"
#include "core/model/recipe/tensor_group.h"

namespace core::model {

/// A set of enumerators.
template <typename Enum>
struct SetOf {
  std::uint64_t bits = 0;
  constexpr SetOf(std::initializer_list<Enum> members) {
    for (const Enum member : members) bits |= std::uint64_t{1} << static_cast<unsigned>(member);
  }
  static constexpr SetOf all() {
    SetOf set{};
    set.bits = ~std::uint64_t{0};
    return set;
  }
  constexpr bool has(Enum member) const { return (bits >> static_cast<unsigned>(member) & 1U) != 0; }
};

/// Which tensors of a kind. n is their count or that of the blocks; divisions are of whole numbers.
enum class Where : std::uint8_t {
  Anywhere,
  FirstTwo,
  FirstFour,
  FirstSixteenth,      ///< i < n / 16
  FirstEighth,         ///< i < n / 8
  FirstEighthInOrder,  ///< the same, counted by tensors even where blocks hold several
  MoreBits,            ///< first and last eighth, and every third between
  MiddleThreeQuarters  ///< n / 8 <= i < 7 n / 8
};

/// Conditions on the model, all of which must hold.
enum class When : std::uint8_t {
  Falcon,
  NotFalcon,
  SharedKeys,  ///< at least four queries share a key
  FewKeys,     ///< that, or at least four experts
  EightExperts,
  NotEightExperts,
  SeventyBillion,
  NoImportance,
  Importance,
  Stack,  ///< the tensor holds one matrix per expert
  NotBailingMoe3,
  OddRows  ///< not a whole number of blocks of the file's usual type
};

using FileTypes = SetOf<FileType>;
using TensorGroups = SetOf<TensorGroup>;
using Conditions = SetOf<When>;

/// One line of the table.
struct MixtureRule {
  FileTypes fileTypes;
  TensorGroups groups;
  Where where;
  Conditions when;
  tensor::DType type;
};

/// The table, in the order of its lines: the first that holds decides, where none does the file type's usual type.
std::span<const MixtureRule> mixtureRules();

}  // namespace core::model
