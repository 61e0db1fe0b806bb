#pragma once
#include <QString>
#include <QStringList>
#include <utility>
#include <vector>

#include "app/workspaces/chat/conversation.h"
#include "core/evaluate/proportions.h"

namespace app {

/// What votes say of one compared model and the reference. Where a third one was preferred nothing is known of the two.
struct BlindPair {
  QString compared, reference;  ///< titles
  std::size_t wins = 0, losses = 0, ties = 0;
  double share = 0;                     ///< of the decided votes, those for the compared one
  core::evaluate::Proportion interval;  ///< Wilson's, 95 %
  double p = 1;                         ///< of the sign test
};

/// How often each was the best of those that answered.
struct BlindBest {
  QString title;
  std::size_t best = 0, of = 0;
  core::evaluate::Proportion interval;  ///< of the share, Wilson's, 95 %
};

struct BlindScore {
  std::size_t votes = 0, ties = 0;
  std::vector<BlindPair> pairs;
  std::vector<BlindBest> best;  ///< in the order of the panes
};

/// Of the votes whose names were shown since. Answers that were replaced afterwards have no vote.
BlindScore scoreOf(const Conversation& conversation);
/// Votes, whether or not their names were shown.
std::size_t votesIn(const Conversation& conversation);
/// "NF4 · 64 against BF16 as stored: better 3 times, worse 5 times, 1 tie: 38 % of 8 [14 %, 69 %], sign test p = 0.73"
QStringList inWords(const BlindScore& score);

}  // namespace app
