#pragma once
#include <QSet>
#include <QString>

namespace app {

/// What of a text bears its meaning, as far as words show it: its numbers, in one spelling ("1,000" and "1000.0" are
/// one), and its words in small letters without the stop words of English (the, is, of …). Order, repetition,
/// inflection and everything between the words do not count; words of other languages all do.
struct Meaning {
  QSet<QString> numbers, words;
};
Meaning meaningOf(const QString& text);

/// Of the words and numbers that either has, the share that both have (Jaccard), 0…1; 1 where neither has any.
double overlap(const Meaning& a, const Meaning& b);

/// How two answers to one question stand to each other.
enum class Likeness : std::uint8_t {
  OtherNumbers,  ///< one has a number that the other has not
  OtherWords,    ///< the same numbers, but less than half of the words are in both
  OtherWording,  ///< they agree: the same numbers, and at least half of the words in both
  Same           ///< letter for letter
};
QString nameOf(Likeness likeness);
Likeness likeness(const QString& a, const QString& b);
/// OtherWording or Same.
bool agree(const QString& a, const QString& b);
/// Whether an answer holds every number and word that is expected.
bool holds(const QString& answer, const QString& expected);

}  // namespace app
