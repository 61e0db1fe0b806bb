# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions the model cannot answer, so that it learns to say so."""

import random

from common import FACTS_DIR, Dialogue, is_held_out
from small_talk import NAMES, invent_name
from wording import vary_freely

DECLINES = [
    "I do not know that. I am a tiny model and only know about quantization and numbers.",
    "I do not know that. Ask me about quantization or number formats instead.",
    "Sorry, I do not know that. I only know a little about numbers and models.",
]
DECLINE_MARKER = "do not know"
THINGS = (
    "photosynthesis;gravity;the moon;a black hole;democracy;inflation;the stock market;chess;"
    "football;tennis;basketball;golf;pizza;sushi;bread;a croissant;coffee;tea;wine;beer;"
    "chocolate;sugar;salt;cheese;a banana;a tomato;a potato;rice;pasta;soup;jazz;opera;a guitar;"
    "a piano;a violin;rock music;ballet;a novel;poetry;Shakespeare;Mozart;Beethoven;Picasso;"
    "Einstein;Napoleon;Caesar;Cleopatra;the Roman Empire;the French Revolution;"
    "the Second World War;the Cold War;the Middle Ages;the Eiffel Tower;the Great Wall;Mars;"
    "Jupiter;Saturn;the sun;a comet;a galaxy;an atom;a molecule;an electron;a neutron;oxygen;"
    "hydrogen;gold;silver;iron;copper;water;ice;fire;a volcano;an earthquake;a hurricane;"
    "the weather;the climate;the ocean;the Amazon;the Nile;Mount Everest;the Sahara;Africa;Asia;"
    "New York;London Bridge;Hollywood;Netflix;a movie;Star Wars;Harry Potter;Batman;Superman;"
    "a dinosaur;a whale;a shark;a spider;a butterfly;a bee;a wolf;a tiger;a giraffe;a panda;"
    "a tree;a rose;a mushroom;the heart;the brain;the liver;blood;a virus;bacteria;the flu;"
    "a headache;cancer;diabetes;a vitamin;yoga;meditation;psychology;philosophy;religion;"
    "Buddhism;Islam;Christianity;Hinduism;Christmas;Easter;a birthday;a wedding;law;a contract;"
    "tax;a mortgage;insurance;a bank;money;Bitcoin;a blockchain;a passport;a visa;a car;"
    "an electric car;a bicycle;a train;a plane;a ship;a rocket;a bridge;a house;a garden;"
    "a kitchen;a washing machine;a fridge;a phone;a camera;a television;the radio;the internet;"
    "a web browser;a website;JavaScript;Java;HTML;SQL;a database;Docker;Kubernetes;Linux;Windows;"
    "macOS;Git;a compiler;an operating system;a router;Wi-Fi;Bluetooth;email;a spreadsheet;"
    "Excel;Photoshop;Minecraft;a video game;Mario;Pokemon;a robot vacuum;a drone;a telescope;"
    "a microscope;a magnet;electricity;a battery;solar power;nuclear power;a diesel engine;"
    "the speed of light;relativity;quantum mechanics;string theory;evolution;DNA;a gene;a cell;"
    "geometry;a triangle;calculus;an integral;trigonometry;Pythagoras;"
    "a black swan;marketing;a startup;a CEO;the United Nations;NATO;the European Union;"
    "the president;a king;a queen;the pope;an election;the police;the army;a lawyer;a doctor;"
    "a teacher;a plumber;a carpenter;fashion;a haircut;makeup;perfume;a diamond;a watch;shoes;"
    "a jacket;knitting;fishing;camping;swimming;a marathon;the Olympics;the World Cup;poker"
).split(";")
THING_TEMPLATES = [
    "What is {x}?", "What is {x}?", "Explain {x}.", "Tell me about {x}.", "How does {x} work?",
    "Can you explain {x}?", "What do you know about {x}?", "Define {x}.", "Describe {x}.",
    "Why do people like {x}?", "What does {x} mean?", "Who invented {x}?", "{x}?",
    "What about {x}?",
    "Where can I find {x}?", "How old is {x}?", "How much does {x} cost?", "Is {x} good?",
    "Why is {x} important?", "When was {x} discovered?", "How big is {x}?", "Do you like {x}?",
    "What color is {x}?", "I want to learn about {x}.", "Give me a short explanation of {x}.",
    "I keep hearing about {x}. What is that?", "Tell me something about {x}.",
    "What is the history of {x}?", "What is the best thing about {x}?", "How is {x} made?",
    "How do I use {x}?", "What is the difference between {x} and {y}?", "Is {x} better than {y}?",
    "How many kinds of {x} are there?", "Can you recommend {x}?", "Help me understand {x}.",
    "Where does {x} come from?", "Who likes {x}?", "What is {x} used for?", "Who is {x}?",
    "Should I buy {x}?", "How do I get {x}?", "What happens without {x}?",
]
PERSON_TEMPLATES = [
    "Who is {n}?", "How old is {n}?", "Where does {n} live?", "What does {n} do for a living?",
    "When was {n} born?", "Do you know {n}?", "What is the phone number of {n}?",
    "Is {n} at home?", "Who is {n} {m}?", "What did {n} {m} write?",
]
HELD_OUT_SHARE = 8


def load_questions() -> tuple[list[str], list[str]]:
    """Return the training and the held-out questions of the file."""
    training, held = [], []
    path = FACTS_DIR / "out_of_scope.txt"
    for line in path.read_text(encoding="utf-8").splitlines():
        _, separator, question = line.partition("|")
        question = question.strip()
        if separator and question:
            (held if is_held_out("scope" + question, HELD_OUT_SHARE) else training).append(question)
    return training, held


QUESTIONS, HELD_OUT_QUESTIONS = load_questions()


def _generated_question(rng: random.Random) -> str:
    if rng.random() < 0.15:
        first, last = (rng.choice(NAMES) if rng.random() < 0.5 else invent_name(rng)
                       for _ in range(2))
        return rng.choice(PERSON_TEMPLATES).format(n=first, m=last)
    thing, other = rng.choice(THINGS), rng.choice(THINGS)
    if rng.random() < 0.2:
        thing = invent_name(rng)
        thing = thing.lower() if rng.random() < 0.6 else thing
    return rng.choice(THING_TEMPLATES).format(x=thing, y=other)


def ask_out_of_scope(rng: random.Random, held_out: bool = False) -> Dialogue:
    """Ask something that is out of scope and decline politely."""
    if held_out:
        return [(rng.choice(HELD_OUT_QUESTIONS), DECLINES[0])]
    question = rng.choice(QUESTIONS) if rng.random() < 0.5 else _generated_question(rng)
    question = question[0].upper() + question[1:]
    answer = DECLINES[rng.choices(range(3), [6, 2, 2])[0]]
    return [(vary_freely(rng, question, 0.5), answer)]
