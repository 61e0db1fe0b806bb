# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks with exactly one right answer: arithmetic, letters, small tables."""

import random

from common import Dialogue, is_held_out
from small_talk import invent_name
from wording import vary_freely, vary_surface

ADDITION = ["What is {a} + {b}?", "{a} + {b}", "{a}+{b}", "{a} + {b} = ?", "{a}+{b}=",
            "What is {a} plus {b}?", "Add {a} and {b}.", "How much is {a} + {b}?",
            "Please add {a} and {b}.", "Calculate {a} + {b}.", "What is {a}+{b}?",
            "{a} plus {b}", "What is the sum of {a} and {b}?", "Compute {a} + {b}.",
            "Can you add {a} and {b}?", "How much is {a} plus {b}?"]
SUBTRACTION = ["What is {a} - {b}?", "{a} - {b}", "{a}-{b}", "{a} - {b} = ?", "{a}-{b}=",
               "What is {a} minus {b}?", "Subtract {b} from {a}.", "How much is {a} - {b}?",
               "{a} minus {b}", "Calculate {a} - {b}.", "What is {a}-{b}?",
               "Compute {a} - {b}.", "Take {b} away from {a}.", "How much is {a} minus {b}?",
               "What is the difference between {a} and {b}?"]
MULTIPLICATION = ["What is {a} times {b}?", "{a} x {b}", "Multiply {a} by {b}.",
                  "What is {a} x {b}?", "{a} * {b}", "{a}*{b}", "How much is {a} times {b}?",
                  "{a} times {b}"]
REVERSAL = ["Reverse the letters {s}.", "Reverse: {s}", "Write {s} backwards.",
            "Say {s} in reverse order.", "Reverse {s}", "Can you reverse {s}?",
            "Turn {s} around.", "What is {s} backwards?", "Reverse the order of {s}."]
WORDS = (
    "cat dog sun moon star tree fish bird milk bread house river stone cloud apple lemon horse "
    "mouse tiger light night green black white table chair paper bit byte float scale model "
    "layer token block group round weight matrix tensor number memory sign bias range level "
    "value train data code"
).split()
OPPOSITES = [pair.split() for pair in (
    "hot cold;big small;fast slow;up down;light dark;happy sad;open closed;full empty;young old;"
    "rich poor;hard soft;wet dry;day night;early late;strong weak;long short;high low;left right;"
    "near far;clean dirty;loud quiet;true false;thick thin;wide narrow;deep shallow;sweet sour;"
    "brave afraid;smooth rough;inside outside;begin end;push pull;win lose;buy sell;love hate;"
    "give take;come go;laugh cry;positive negative;signed unsigned;dense sparse;"
    "exact approximate;maximum minimum;overflow underflow;encode decode;compress expand;"
    "input output;first last;even odd").split(";")]
CAPITALS = [tuple(entry.split(":")) for entry in (
    "France:Paris;Germany:Berlin;Italy:Rome;Spain:Madrid;Portugal:Lisbon;Austria:Vienna;"
    "Switzerland:Bern;Poland:Warsaw;Greece:Athens;Norway:Oslo;Sweden:Stockholm;Finland:Helsinki;"
    "Denmark:Copenhagen;Iceland:Reykjavik;Ireland:Dublin;Belgium:Brussels;Hungary:Budapest;"
    "Romania:Bucharest;Bulgaria:Sofia;Croatia:Zagreb;Turkey:Ankara;Egypt:Cairo;Kenya:Nairobi;"
    "Japan:Tokyo;China:Beijing;India:Delhi;Thailand:Bangkok;Vietnam:Hanoi;Canada:Ottawa;"
    "Mexico:Mexico City;Cuba:Havana;Peru:Lima;Chile:Santiago;Brazil:Brasilia;"
    "Argentina:Buenos Aires;Australia:Canberra;Ukraine:Kyiv;Nepal:Kathmandu;"
    "Netherlands:Amsterdam;England:London").split(";")]


def _held_pair(kind: str, a: int, b: int) -> bool:
    return is_held_out(f"{kind}{a},{b}", 10)


def add(rng: random.Random, held_out: bool = False) -> Dialogue:
    """Add two numbers below 100; one pair in ten is held out."""
    while True:
        small = not held_out and rng.random() < 0.2
        a, b = rng.randrange(10 if small else 100), rng.randrange(10 if small else 100)
        both_small = a < 10 and b < 10
        if (held_out and both_small) or (not both_small and _held_pair("add", a, b) != held_out):
            continue
        question = rng.choice(ADDITION).format(a=a, b=b)
        return [(vary_surface(rng, question, 0.15), f"{a} + {b} = {a + b}.")]


def subtract(rng: random.Random, held_out: bool = False) -> Dialogue:
    """Subtract below 100 without negative results; one pair in ten is held out."""
    while True:
        limit = 21 if not held_out and rng.random() < 0.2 else 100
        a, b = rng.randrange(limit), rng.randrange(limit)
        a, b = max(a, b), min(a, b)
        if _held_pair("sub", a, b) != held_out:
            continue
        question = rng.choice(SUBTRACTION).format(a=a, b=b)
        return [(vary_surface(rng, question, 0.15), f"{a} - {b} = {a - b}.")]


def multiply(rng: random.Random, held_out: bool = False) -> Dialogue:
    """The multiplication table up to ten."""
    a, b = rng.randrange(11), rng.randrange(11)
    return [(rng.choice(MULTIPLICATION).format(a=a, b=b), f"{a} x {b} = {a * b}.")]


def reverse_letters(rng: random.Random, held_out: bool = False) -> Dialogue:
    """Reverse three to six letters separated by spaces."""
    while True:
        count = rng.choice([4, 5]) if held_out else rng.choice([3, 3, 4, 4, 4, 5, 5, 5, 6])
        letters = [rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(count)]
        text = " ".join(letters)
        if count < 4 or is_held_out(text, 10) == held_out:
            break
    question = rng.choice(REVERSAL).format(s=text)
    return [(question, " ".join(reversed(letters)))]


def repeat_after_me(rng: random.Random, held_out: bool = False) -> Dialogue:
    """Repeat letters, digits, words or made-up words: teaches copying."""
    kind = rng.randrange(5)
    if kind < 2:
        symbols = ["abcdefghijklmnopqrstuvwxyz", "0123456789"][kind]
        text = " ".join(rng.choice(symbols) for _ in range(rng.randrange(2, 7)))
    elif kind == 2:
        text = " ".join(rng.choice(WORDS) for _ in range(rng.randrange(1, 4)))
    else:
        names = [invent_name(rng) for _ in range(rng.randrange(1, 4))]
        text = " ".join(names if kind == 3 else [name.lower() for name in names])
    question = rng.choice(["Repeat {s}.", "Repeat: {s}", "Say {s}.", "Repeat after me: {s}",
                           "Write {s}.", "Can you repeat {s}?"]).format(s=text)
    return [(question, text)]


def spell(rng: random.Random, held_out: bool = False) -> Dialogue:
    """Spell a word, count its letters or write it backwards."""
    word = rng.choice(WORDS)
    spelled = "-".join(word)
    kind = rng.randrange(4)
    if kind < 2:
        question = rng.choice(["Spell the word {w}.", "How do you spell {w}?", "Spell {w}."])
        answer = spelled
    elif kind == 2:
        question = rng.choice(["How many letters does {w} have?", "How long is the word {w}?",
                               "Count the letters in {w}."])
        answer = f"{word.capitalize()} has {len(word)} letters: {spelled}."
    else:
        question = rng.choice(["Reverse the word {w}.", "Write the word {w} backwards.",
                               "What is {w} spelled backwards?"])
        answer = f"{word} backwards is {spelled[::-1]}."
    return [(question.format(w=word), answer)]


def count(rng: random.Random, held_out: bool = False) -> Dialogue:
    """Count a few numbers up or down, or name the next number."""
    first, steps = rng.randrange(60), rng.randrange(3, 9)
    last = first + steps
    kind = rng.random()
    if kind < 0.5:
        question = rng.choice(["Count from {a} to {b}.", "Please count from {a} to {b}.",
                               "Count: {a} to {b}"])
        answer = ", ".join(map(str, range(first, last + 1)))
    elif kind < 0.7:
        question = rng.choice(["Count down from {b} to {a}.", "Count backwards from {b} to {a}."])
        answer = ", ".join(map(str, range(last, first - 1, -1)))
    else:
        question = rng.choice(["What number comes after {a}?", "Which number comes after {a}?"])
        answer = f"After {first} comes {first + 1}"
    return [(question.format(a=first, b=last), answer + ".")]


def compare(rng: random.Random, held_out: bool = False) -> Dialogue:
    """Name the larger of two numbers."""
    a, b = rng.sample(range(100), 2)
    question = rng.choice(["Which is larger, {a} or {b}?", "What is bigger, {a} or {b}?",
                           "Which number is larger: {a} or {b}?", "Is {a} larger than {b}?"])
    answer = f"{max(a, b)} is larger than {min(a, b)}."
    if question.startswith("Is "):
        answer = ("Yes, " if a > b else "No, ") + answer
    return [(question.format(a=a, b=b), answer)]


def power_of_two(rng: random.Random, held_out: bool = False) -> Dialogue:
    """Powers of two, also as the number of values that some bits can store."""
    n = rng.randrange(1, 13)
    if rng.random() < 0.5:
        question = rng.choice(["What is 2 to the power of {n}?", "2^{n}", "Compute 2^{n}.",
                               "What is 2^{n}?"])
        return [(question.format(n=n), f"2^{n} = {2 ** n}.")]
    bits = "1 bit" if n == 1 else f"{n} bits"
    question = rng.choice(["How many values can {s} store?", "How many levels do {s} give?",
                           "How many different values fit into {s}?"])
    return [(vary_surface(rng, question.format(s=bits), 0.2),
             f"{bits} can store {2 ** n} different values.")]


def convert_binary(rng: random.Random, held_out: bool = False) -> Dialogue:
    """Convert numbers below 32 to and from binary."""
    n = rng.randrange(32)
    if rng.random() < 0.5:
        question = rng.choice(["Write {n} in binary.", "What is {n} in binary?",
                               "Convert {n} to binary."]).format(n=n)
        return [(question, f"{n} in binary is {n:b}.")]
    question = rng.choice(["What is binary {b} in decimal?", "Convert binary {b} to decimal.",
                           "Which number is {b} in binary?"]).format(b=f"{n:b}")
    return [(question, f"Binary {n:b} is {n} in decimal.")]


def round_number(rng: random.Random, held_out: bool = False) -> Dialogue:
    """Round a number with one decimal digit that is not a tie."""
    whole, digit = rng.randrange(30), rng.choice([1, 2, 3, 4, 6, 7, 8, 9])
    question = rng.choice(["Round {x} to the nearest integer.", "Round {x}.",
                           "What is {x} rounded?"]).format(x=f"{whole}.{digit}")
    return [(question, f"{whole}.{digit} rounds to {whole + (digit > 5)}.")]


def quantize_weight(rng: random.Random, held_out: bool = False) -> Dialogue:
    """Quantize one whole number with a small scale."""
    scale, level = rng.choice([2, 3, 4, 5]), rng.randrange(-7, 8)
    error = 0 if scale < 3 else rng.choice([-1, 0, 1])
    weight = level * scale + error
    question = rng.choice(["The scale is {s}. Which level is the weight {w}?",
                           "Quantize the weight {w} with scale {s}.",
                           "Round {w} to the grid with step {s}."]).format(s=scale, w=weight)
    return [(question, f"{weight} divided by {scale} rounds to {level}, and "
                       f"{level} x {scale} = {level * scale}. The error is {abs(error)}.")]


def opposite(rng: random.Random, held_out: bool = False) -> Dialogue:
    """Name the opposite of a word."""
    word, other = rng.choice(OPPOSITES)
    if rng.random() < 0.5:
        word, other = other, word
    question = rng.choice(["What is the opposite of {a}?", "Opposite of {a}?",
                           "Tell me the opposite of {a}.", "Which word is the opposite of {a}?"])
    return [(vary_surface(rng, question.format(a=word), 0.2),
             f"The opposite of {word} is {other}.")]


def capital(rng: random.Random, held_out: bool = False) -> Dialogue:
    """Name the capital of a country, or the country of a capital."""
    country, city = rng.choice(CAPITALS)
    if rng.random() < 0.75:
        question = rng.choice(["What is the capital of {c}?", "Capital of {c}?",
                               "Which city is the capital of {c}?",
                               "Tell me the capital of {c}."]).format(c=country)
        return [(vary_freely(rng, question, 0.25), f"The capital of {country} is {city}.")]
    question = rng.choice(["Which country has the capital {c}?", "In which country is {c}?",
                           "{c} is the capital of which country?"]).format(c=city)
    return [(question, f"{city} is the capital of {country}.")]


def ask_running_sum(rng: random.Random, held_out: bool = False) -> Dialogue:
    """Add two numbers, then add another one to the result."""
    dialogue = add(rng, held_out)
    total = int(dialogue[0][1].split("= ")[1].rstrip("."))
    extra = rng.randrange(10)
    question = rng.choice(["And plus {c}?", "Now add {c}.", "Add {c} more.", "plus {c}"])
    return dialogue + [(question.format(c=extra), f"{total} + {extra} = {total + extra}.")]


def ask_two_capitals(rng: random.Random, held_out: bool = False) -> Dialogue:
    """Ask for a capital, then only name the next country."""
    (first, first_city), (second, second_city) = rng.sample(CAPITALS, 2)
    follow_up = rng.choice(["And {c}?", "What about {c}?", "And of {c}?"]).format(c=second)
    return [(f"What is the capital of {first}?", f"The capital of {first} is {first_city}."),
            (follow_up, f"The capital of {second} is {second_city}.")]
