#pragma once
#include <QHash>
#include <QString>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "app/lessons/facts/fact.h"
#include "app/selection/link.h"

namespace app {

/// An answer is right within absolute + relative · |truth| of the truth.
struct Tolerance {
  double absolute = 0, relative = 0;
};

/// How a computed value is written into a text.
struct ShownFact {
  FactCall call;
  int digits = 4;               ///< significant ones, zeros at the end left out
  std::optional<int> decimals;  ///< or so many behind the point
};
using ShownFacts = std::vector<std::pair<QString, ShownFact>>;  ///< by the name that texts call them: "{name}"

// What a step asks for, before it shows anything.

struct NumberQuestion {
  Tolerance tolerance;
};
struct ChoiceQuestion {
  struct Choice {
    QString id, text;
  };
  std::vector<Choice> choices;
};
struct BitsQuestion {
  std::string format;
  std::uint64_t start = 0;  ///< the pattern whose cells are clicked
};
struct SliderQuestion {
  double from = 0, to = 1, step = 0.1, start = 0;
  Tolerance tolerance;
  ShownFacts live;  ///< computed while the slider moves, from "$answer"
  QString reading;  ///< the text they stand in
};
/// A place on the x axis of a chart whose curve is drawn afterwards.
struct PointQuestion {
  FactCall curve;
  bool logX = false, logY = false;
  Tolerance tolerance;
  QString xTitle, yTitle;
};
using Question = std::variant<NumberQuestion, ChoiceQuestion, BitsQuestion, SliderQuestion, PointQuestion>;

/// What a person answers: a number, the id of a choice, a bit pattern.
using Guess = std::variant<double, QString, std::uint64_t>;

/// An answer that many give, with the sentence that says why it tempts.
struct WrongAnswer {
  enum class Side { Below, Above };  ///< anything smaller or larger than the truth
  QString id, text;
  std::variant<Guess, FactCall, Side> when;
};

/// Bars that a step draws in the Learn workspace, once the answer is out, and drawn digits over them.
struct Board {
  struct Bar {
    QString id, label;
    ShownFact size;
  };
  struct Mark {
    QString id, label;
    double size = 0;
  };
  /// Images of core/classic's held-out series, and what is said of each: a text of one character an image.
  struct Digits {
    struct Row {
      QString id, label;
      FactCall names;
    };
    std::uint64_t first = 0, count = 0;
    std::vector<Row> rows;
  };
  std::optional<Digits> digits;
  std::vector<Bar> bars;
  std::vector<Mark> marks;  ///< lines across: what a card holds
  QString title, unit;
};

struct LessonStep {
  QString id, title;
  QString text;                       ///< what to look at
  QString question, unit;             ///< what is asked, and in what the answer is counted
  QString why;                        ///< what to know once the answer is out
  std::optional<Link> stage, reveal;  ///< opened when the step begins, and with the answer
  Question asks;
  ShownFact truth;
  ShownFacts values;  ///< numbers in the texts
  std::vector<WrongAnswer> wrong;
  std::optional<Board> board;

  /// The stage with what a slider stands at in the place of "$answer"; it follows the slider.
  std::optional<Link> stageAt(double answer) const;
  /// Whether there is such a place.
  bool stageFollows() const;
};

struct Lesson {
  QString id, title, summary;
  int number = 0;   ///< in the course
  int minutes = 0;  ///< with a class, about
  std::vector<LessonStep> steps;

  int indexOf(const QString& stepId) const;  ///< −1 for none
};

}  // namespace app
