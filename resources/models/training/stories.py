# SPDX-License-Identifier: GPL-3.0-or-later
"""Very short stories put together from a few phrases."""

import random

from common import Dialogue, with_article
from wording import vary_surface

NAMES = "Anna Ben Clara David Emma Felix Greta Hugo Ida Jonas Kim Leo Mia Nora Oscar Paula Rosa " \
    "Sam Tina Willy Lily Max Otto Zoe".split()
ANIMALS = "fox cat dog rabbit bear owl mouse frog duck horse hedgehog squirrel turtle lion " \
    "elephant penguin goat crow".split()
ADJECTIVES = "little brave clever shy lazy curious friendly hungry kind noisy".split()
PLACES = ["in a dark forest", "near a small lake", "on a green hill", "in an old barn",
          "beside a river", "in a quiet village", "at the edge of a field", "under a tall oak"]
THINGS = [("a red ball", "ball"), ("a golden key", "key"), ("a warm hat", "hat"),
          ("a small bell", "bell"), ("a blue stone", "stone"), ("a shiny coin", "coin"),
          ("a wooden boat", "boat"), ("a soft blanket", "blanket")]
SPOTS = ["under a bush", "behind a rock", "in the tall grass", "inside a hollow tree",
         "at the bottom of a well", "between two roots", "in an empty nest"]
ENDINGS = ["From that day on they were best friends.",
           "In the evening they shared a big pie and laughed.",
           "They learned that asking for help is not hard.",
           "And they all slept well that night.", "After that, nobody was lonely any more."]
PLOTS = [
    "Once upon a time, {adjective} {animal} named {name} lived {place}. One day {name} lost "
    "{thing} and felt very sad. Then {other_animal} named {other} came by and asked what was "
    "wrong. Together they found the {short_thing} {spot}. {ending}",
    "There was once {adjective} {animal} called {name} who lived {place}. {name} wanted to find "
    "{thing}. On the way {name} met {other}, {other_animal}, who knew where to look. They saw the "
    "{short_thing} {spot}. {ending}",
    "{name} was {adjective} {animal}. Every morning {name} walked alone {place}. One morning "
    "{name} heard a cry {spot}. It was {other}, {other_animal}, who was stuck there with "
    "{thing}. {name} pulled until {other} was free. {ending}",
]
REQUESTS = ["Tell me a story about {a}.", "Can you tell me a story about {a}?",
            "Write a short story about {a}.", "I want a story about {a}.",
            "Please tell me a tale about {a}."]
NAMED_REQUESTS = ["Tell me a story about {a} named {n}.", "Write a story about {n} the {b}.",
                  "I want a story about {a} called {n}."]
OPEN_REQUESTS = ["Tell me a story.", "Do you know a story?", "Please tell me a short story.",
                 "Tell me a fairy tale.", "A story, please!"]


def write_story(rng: random.Random, animal: str, name: str) -> tuple[str, str]:
    """Return a story and the name and kind of its second animal."""
    other_animal = rng.choice([a for a in ANIMALS if a != animal])
    other = rng.choice([n for n in NAMES if n != name])
    thing, short_thing = rng.choice(THINGS)
    text = rng.choice(PLOTS).format(
        adjective=with_article(rng.choice(ADJECTIVES)), animal=animal, name=name,
        place=rng.choice(PLACES), thing=thing, short_thing=short_thing, spot=rng.choice(SPOTS),
        other=other, other_animal=with_article(other_animal), ending=rng.choice(ENDINGS))
    return text, f"{other} the {other_animal}"


def tell_story(rng: random.Random, held_out: bool = False) -> Dialogue:
    """Ask for a story and sometimes about its hero."""
    animal, name = rng.choice(ANIMALS), rng.choice(NAMES)
    requests = rng.choices([REQUESTS, NAMED_REQUESTS, OPEN_REQUESTS], [55, 25, 20])[0]
    question = rng.choice(requests).format(a=with_article(animal), n=name, b=animal)
    story, friend = write_story(rng, animal, name)
    dialogue = [(vary_surface(rng, question, 0.2), story)]
    if rng.random() < 0.4:
        dialogue.append(rng.choice([
            ("Who was the hero of the story?", f"The hero was {name} the {animal}."),
            ("Who else was in the story?", f"{friend} was in the story, too."),
            (f"What animal was {name}?", f"{name} was {with_article(animal)}.")]))
    return dialogue
