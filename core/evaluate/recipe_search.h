#pragma once
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "core/base/job_context.h"
#include "core/evaluate/estimate.h"
#include "core/evaluate/option_choice.h"

namespace core::evaluate {

/// Tensors that are stored alike: one tensor, or those of one role or layer.
struct SearchItem {
  std::string name;
  /// Bytes, or whatever else is limited or to be spared, under each candidate; nothing where it cannot have that one.
  std::vector<std::optional<std::uint64_t>> bytes;
};

/// The candidate of each item; nothing: as the reference has it.
using CandidateChoice = std::vector<std::optional<std::size_t>>;

/// How a search learns what a choice does.
struct SearchMeasurements {
  /// KL of the whole model by block of text. Where the model computes no numbers: Error (NotFinite), or a KL that is
  /// none.
  std::function<BlockRatio(const CandidateChoice& choice, const JobContext& job)> measure;
  /// Choices that follow differ little from this one; may be empty.
  std::function<void(const CandidateChoice& choice)> expectNear;
};

/// What a search has found. All choices are complete.
struct SearchResult {
  CandidateChoice choice;
  std::uint64_t bytes = 0;
  BlockRatio divergence;
  double startKl = 0.0;  ///< of the first choice
  /// For that one, had the items' own KLs added up; NaN where those were not measured.
  double predictedKl = std::numeric_limits<double>::quiet_NaN();
  std::size_t rounds = 0, measurements = 0;
};

/// What a search tells while it runs.
struct SearchVisitor {
  /// One item under one candidate alone.
  std::function<void(std::size_t item, std::size_t candidate, const BlockRatio& divergence)> single;
  /// A better choice, the first one included.
  std::function<void(const SearchResult& soFar)> better;
  /// With this candidate the model computes no numbers: the item cannot have it. @param why a sentence
  std::function<void(std::size_t item, std::size_t candidate, const std::string& why)> excluded;
};

struct SearchLimits {
  std::size_t rounds = 8;  ///< of improvements, each of which measures neighbours of the best choice
  /// Where to begin; then single items are not measured (steps 1 and 2 of searchUnderBytes). Complete, and within the
  /// limit.
  std::optional<CandidateChoice> start = {};
};

/// The choice of least KL whose bytes are no more than the limit:
///  1. every item under every candidate alone is measured (swapped into the reference);
///  2. the choice of least sum under the limit (option_choice) is measured as a whole;
///  3. from there, each item's next larger and next smaller candidate is measured *within* the best choice: that is
///     what interactions leave of their single figures. A set of such changes is chosen in the same way, measured as a
///     whole, and taken if it is better; if not, smaller sets follow (each change has a price that doubles).
///  It ends when no set is better, or after so many rounds. Bytes never exceed the limit. A candidate with which an
///  item makes the model compute no numbers is none of this item's from then on.
/// @throws Error (InvalidArgument) where even the smallest candidates, or the start, are too large, or an item has
///         none; (NotFinite) where no candidate of an item computes numbers, or the first choice as a whole does not;
///         what else measuring throws; Cancelled
SearchResult searchUnderBytes(const std::vector<SearchItem>& items, std::uint64_t limit,
                              const SearchMeasurements& measurements, const SearchVisitor& visitor,
                              const JobContext& job, const SearchLimits& limits = {});

/// The choice of fewest bytes whose measured KL is no more than `most`: the limit of bytes is bisected over choices by
/// single figures, then changes are sought that save bytes and keep below.
/// @throws Error (InvalidArgument) where even the largest candidates have a greater KL; as searchUnderBytes
SearchResult searchUnderKl(const std::vector<SearchItem>& items, double most, const SearchMeasurements& measurements,
                           const SearchVisitor& visitor, const JobContext& job, const SearchLimits& limits = {});

}  // namespace core::evaluate
